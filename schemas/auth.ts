import { Type } from '@sinclair/typebox';
import { Nullable, RateLimit } from './common.ts';

/** The identity that a key speaks for. */
export const Me = Type.Object(
  {
    tenant_id: Type.String(),
    environment_id: Nullable(Type.String()),
    user_id: Type.String(),
    key_id: Type.String(),
    permissions: Type.Array(Type.String()),
    rate_limit: Nullable(RateLimit),
  },
  {
    examples: [
      {
        tenant_id: 'tenant_default',
        environment_id: 'env_01a205579d1c7729b2cb563bc47034d9',
        user_id: 'user_default',
        key_id: 'key_01a20557a16e731f8ab301630217ef18',
        permissions: ['customers:read'],
        rate_limit: null,
      },
    ],
  },
);
