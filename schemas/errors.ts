import { type Static, Type } from '@sinclair/typebox';

/** Machine codes: the closed list of what can be wrong. */
export const ErrorCode = Type.Union(
  [
    Type.Literal('permission_denied'),
    Type.Literal('validation_error'),
    Type.Literal('not_found'),
    Type.Literal('already_exists'),
    Type.Literal('too_many_requests'),
    Type.Literal('service_unavailable'),
    Type.Literal('system_error'),
  ],
  { description: 'Machine-readable code.' },
);
export type ErrorCode = Static<typeof ErrorCode>;

/** The one body of every error. */
export const ErrorBody = Type.Object({
  success: Type.Literal(false),
  error: Type.Object({
    message: Type.String(),
    internal_error: ErrorCode,
    details: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  }),
});
export type ErrorBody = Static<typeof ErrorBody>;

const described = (description: string, message: string, internal_error: ErrorCode) => ({
  ...ErrorBody,
  description,
  examples: [{ success: false, error: { message, internal_error } }],
});

/** Spread into the `response` of every route: all errors have one shape. */
export const errorResponses = {
  '4xx': described('The request was refused', 'API key required', 'permission_denied'),
  '5xx': described('The request failed', 'Authentication temporarily unavailable', 'service_unavailable'),
};
