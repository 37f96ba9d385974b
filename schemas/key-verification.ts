import { type Static, Type } from '@sinclair/typebox';
import { Nullable, RateLimit, Text } from './common.ts';

const AskedKey = Type.Object(
  {
    api_key: Type.String({ description: 'What was presented, whatever it looks like' }),
    permission: Type.Optional(Text(100, { description: 'What the key must hold' })),
    cost: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description:
          'What counts against the limit of the key, 1 if not said: all of it; or nothing, if less is left. 0 only ' +
          'looks at what is left',
      }),
    ),
  },
  { additionalProperties: false },
);
type AskedKey = Static<typeof AskedKey>;

const askedKey: AskedKey = { api_key: 'c0ffee'.repeat(10), permission: 'orders:read' };

/** One key, or a batch. */
export const VerifyKeys = Type.Union(
  [AskedKey, Type.Array(AskedKey, { minItems: 1, maxItems: 100, description: 'A batch' })],
  { examples: [askedKey] },
);

const RateLimitState = Type.Object({
  ...RateLimit.properties,
  remaining: Type.Integer({ description: 'What is left of the limit in this window' }),
  reset_seconds: Type.Integer({ description: 'Until the window ends; 0: none is running, and all is left' }),
});

export const KeyVerdict = Type.Object({
  valid: Type.Boolean({ description: 'Whether the request that presented the key may go on' }),
  code: Type.Union(
    [
      Type.Literal('valid'),
      Type.Literal('not_found'),
      Type.Literal('expired'),
      Type.Literal('inactive'),
      Type.Literal('insufficient_permissions'),
      Type.Literal('rate_limited'),
    ],
    { description: 'Why, or why not. Keys of other tenants are not found' },
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
