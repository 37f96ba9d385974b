import { Type } from '@sinclair/typebox';
import { Nullable, RateLimit } from './common.ts';

/** Whom a key speaks for. */
export const Me = Type.Object({
  tenant_id: Type.String(),
  environment_id: Nullable(Type.String()),
  user_id: Type.String(),
  key_id: Type.String(),
  permissions: Type.Array(Type.String()),
  rate_limit: Nullable(RateLimit),
});
