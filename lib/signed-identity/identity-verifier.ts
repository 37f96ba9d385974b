import { Value } from '@sinclair/typebox/value';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Identity } from '../auth/identity.ts';
import { sha256Of } from './bound-request.ts';
import { algorithm, IdentityClaims, issuer, lifetimeSeconds, type } from './identity-token.ts';

/** A token is shorter. */
const maxLength = 2_000;

/** How far clocks may be apart. */
const clockToleranceSeconds = 5;

export type IdentityVerdict =
  | { kind: 'valid'; identity: Identity }
  /** The reason is for the log. */
  | { kind: 'invalid' | 'expired'; reason: string }
  | { kind: 'undecidable'; cause: unknown };

/** Verifies what `IdentitySigner` signs, by whatever knows the public keys. */
export class IdentityVerifier {
  readonly #keyOf: JWTVerifyGetKey;
  readonly #options: Parameters<typeof jwtVerify>[2];

  /** @param hosts that a request may have been sent to, in lower case */
  constructor(keyOf: JWTVerifyGetKey, hosts: readonly string[]) {
    this.#keyOf = keyOf;
    this.#options = {
      algorithms: [algorithm],
      typ: type,
      issuer,
      audience: [...hosts],
      maxTokenAge: lifetimeSeconds,
      clockTolerance: clockToleranceSeconds,
    };
  }

  /**
   * @param permissions what `X-Auth-Permissions` says
   * @param uri path and query of the request
   */
  async verify(token: string, permissions: string, method: string, uri: string): Promise<IdentityVerdict> {
    if (token.length > maxLength) return invalid('it is too long');
    try {
      const { payload } = await jwtVerify(token, this.#keyOf, this.#options);
      if (!Value.Check(IdentityClaims, payload)) return invalid('a claim is missing');
      if (payload.method !== method) return invalid('it is for another method');
      if (payload.uri_sha256 !== sha256Of(uri)) return invalid('it is for another path or query');
      if (payload.permissions_sha256 !== sha256Of(permissions))
        return invalid('X-Auth-Permissions has other permissions');
      return { kind: 'valid', identity: identityOf(payload, permissions) };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { kind: 'expired', reason: error.message };
      if (error instanceof errors.JOSEError) return invalid(error.message);
      return { kind: 'undecidable', cause: error };
    }
  }
}

const invalid = (reason: string): IdentityVerdict => ({ kind: 'invalid', reason });

const identityOf = (claims: IdentityClaims, permissions: string): Identity => ({
  tenantId: claims.tenant_id,
  environmentId: claims.environment_id,
  userId: claims.user_id,
  keyId: claims.sub,
  permissions: permissions === '' ? [] : permissions.split(','),
  rateLimit: null,
  isConfiguredKey: false,
  sunsetAtMs: null,
});
