import { type Static, type TSchema, Type } from '@sinclair/typebox';

/**
 * The pattern of every text. PostgreSQL stores no NUL and no half of a surrogate pair, neither in text nor
 * in JSON; and a key, which is 64 hex characters, is stored nowhere, wherever somebody pastes it by mistake.
 */
export const textPattern = '^(?![\\s\\S]*[0-9A-Fa-f]{64})[^\\u0000\\ud800-\\udfff]*$';

/** A line of text of 1 to `maxLength` characters. */
export const Text = (maxLength: number, options: { description?: string; examples?: string[] } = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: textPattern, ...options });

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Timestamp = Type.String({
  format: 'date-time',
  description: 'A date-time of RFC 3339, in UTC.',
});

/** Labels as they are answered. TypeBox's own pattern for any name stops at a line break. */
export const Labels = Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.String());

/** Labels of the caller's own: at most 50, as at Stripe. */
export const Metadata = Type.Record(
  Type.String({ minLength: 1, maxLength: 40, pattern: '^[^\\u0000\\ud800-\\udfff]{1,40}$' }),
  Type.String({ maxLength: 500, pattern: textPattern }),
  {
    maxProperties: 50,
    additionalProperties: false,
    description: 'Labels of your own.',
    examples: [{ plan: 'pro' }],
  },
);

export const Status = Type.Union([Type.Literal('active'), Type.Literal('inactive')], {
  description: 'Requests with an inactive one are refused with 403.',
});
export type Status = Static<typeof Status>;

export const RateLimit = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Requests allowed in a window.' }),
    window_seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  { additionalProperties: false, examples: [{ limit: 100, window_seconds: 60 }] },
);
export type RateLimit = Static<typeof RateLimit>;

/** The pattern of every id; some come from the operator's configuration. */
export const idPattern = '^[A-Za-z0-9_-]{1,64}$';

export const IdParams = Type.Object(
  { id: Type.String({ pattern: idPattern }) },
  { additionalProperties: false },
);

/** For requests that a client may have to send again without knowing whether the first one arrived. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 16,
      maxLength: 255,
      pattern: '^[!-~]*$',
      description:
        'A random text of your own, such as a version 4 UUID, used for one request only. ' +
        'Repeating the same request within 24 hours returns the same answer.',
      examples: ['0b1d7a5e-6c0f-4f4e-9a58-3f1f8d1f4f0c'],
    }),
  ),
});

const Limit = Type.Integer({
  minimum: 1,
  maximum: 100,
  default: 50,
  description: 'Number of items in a page.',
});
const Offset = Type.Integer({
  minimum: 0,
  maximum: 1_000_000_000,
  default: 0,
  description: 'Number of items to skip.',
});

/** The query of every listing; spread into the query of a resource that filters as well. */
export const pageQuery = { limit: Limit, offset: Offset };

/** The answer of every listing. */
export const Page = <T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    pagination: Type.Object({ total: Type.Integer(), limit: Type.Integer(), offset: Type.Integer() }),
  });
