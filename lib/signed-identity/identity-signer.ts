import { createPublicKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { PublicKeys } from '../../schemas/public-keys.ts';
import type { Identity } from '../auth/identity.ts';
import { privateKeyOf } from '../crypto/ed25519.ts';
import type { NamedKey } from '../crypto/named-key.ts';
import { type BoundRequest, sha256Of } from './bound-request.ts';
import { algorithm, type IdentityClaims, issuer, lifetimeSeconds, type } from './identity-token.ts';

/** Signs whom a request speaks for with the first of the keys, each the seed of an Ed25519 key. */
export class IdentitySigner {
  /** The public part of each key. */
  readonly publicKeys: PublicKeys;
  readonly #id: string;
  readonly #key: KeyObject;

  constructor(keys: readonly [NamedKey, ...NamedKey[]]) {
    const [current] = keys;
    this.#id = current.id;
    this.#key = privateKeyOf(current.key);
    this.publicKeys = { keys: keys.map(publicKeyOf) };
  }

  /**
   * @param permissions as `X-Auth-Permissions` has them
   * @returns a token for this one request; it has about 700 characters, and never 2,000
   */
  sign({ tenantId, environmentId, userId, keyId }: Identity, permissions: string, bound: BoundRequest) {
    const claims: IdentityClaims = {
      sub: keyId,
      tenant_id: tenantId,
      environment_id: environmentId,
      user_id: userId,
      permissions_sha256: sha256Of(permissions),
      method: bound.method,
      uri_sha256: sha256Of(bound.uri),
    };
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: algorithm, typ: type, kid: this.#id })
      .setIssuer(issuer)
      .setAudience(bound.host)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(this.#key);
  }
}

/** A key as RFC 8037 writes it, of which only what everybody may know is named here. */
function publicKeyOf({ id, key }: NamedKey): PublicKeys['keys'][number] {
  const { x = '' } = createPublicKey(privateKeyOf(key)).export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x, kid: id, alg: algorithm, use: 'sig' };
}
