import { type Static, Type } from '@sinclair/typebox';
import { Nullable, RateLimit, Text } from './common.ts';

const AskedKey = Type.Object(
  {
    api_key: Type.String({ description: 'The key exactly as it was presented, in any form.' }),
    permission: Type.Optional(Text(100, { description: 'Permission that the key must hold.' })),
    cost: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description:
          'Number of requests to count against the limit of the key, 1 by default. Nothing is ' +
          'counted if less is left. 0 only reads the limit.',
      }),
    ),
  },
  { additionalProperties: false },
);
type AskedKey = Static<typeof AskedKey>;

const askedKey: AskedKey = { api_key: 'c0ffee'.repeat(10), permission: 'orders:read' };

/** One key, or a batch. */
export const VerifyKeys = Type.Union(
  [AskedKey, Type.Array(AskedKey, { minItems: 1, maxItems: 100, description: 'A batch of up to 100 keys.' })],
  { examples: [askedKey] },
);

const RateLimitState = Type.Object({
  ...RateLimit.properties,
  remaining: Type.Integer({ description: 'Requests left in this window.' }),
  reset_seconds: Type.Integer({
    description: 'Seconds until the window ends; 0 if no window is running and the whole limit is left.',
  }),
});

export const KeyVerdict = Type.Object({
  valid: Type.Boolean({ description: '`true` if the request that presented the key may proceed.' }),
  code: Type.Union(
    [
      Type.Literal('valid'),
      Type.Literal('not_found'),
      Type.Literal('expired'),
      Type.Literal('inactive'),
      Type.Literal('insufficient_permissions'),
      Type.Literal('rate_limited'),
    ],
    { description: 'Reason for the verdict. Keys of other tenants are `not_found`.' },
  ),
  key_id: Nullable(Type.String()),
  tenant_id: Nullable(Type.String()),
  environment_id: Nullable(Type.String()),
  user_id: Nullable(Type.String()),
  permissions: Type.Array(Type.String()),
  rate_limit: Nullable(RateLimitState),
});
export type KeyVerdict = Static<typeof KeyVerdict>;

const valid: KeyVerdict = {
  valid: true,
  code: 'valid',
  key_id: 'key_01a20557a16e731f8ab301630217ef18',
  tenant_id: 'tenant_default',
  environment_id: 'env_01a205579d1c7729b2cb563bc47034d9',
  user_id: 'user_default',
  permissions: ['orders:read'],
  rate_limit: { limit: 100, window_seconds: 60, remaining: 99, reset_seconds: 60 },
};

/** A verdict, or one on each key of a batch, in its order. */
export const KeyVerdicts = Type.Union([KeyVerdict, Type.Array(KeyVerdict)], { examples: [valid] });
