import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { privateKeyOf } from '../crypto/ed25519.ts';
import type { NamedKey } from '../crypto/named-key.ts';
import { unavailable } from '../http/api-error.ts';
import type { Session } from './session.ts';

/** RFC 8725: one algorithm, and a type, an issuer and an audience that no other token has (3.1, 3.8, 3.9, 3.11). */
const algorithm = 'EdDSA';
const type = 'latchkey-session+jwt';
const issuer = 'latchkey';
const audience = 'latchkey-customer-portal';

/** A token has about 500. */
const maxLength = 2_000;

/** How many genuine tokens are known at once, in some 5 MB. */
const maxVerified = 10_000;

const Claims = Type.Object({
  jti: Type.String(),
  sub: Type.String(),
  tenant_id: Type.String(),
  environment_id: Type.String(),
  generation: Type.Integer(),
  exp: Type.Integer(),
});

/** Signs session tokens with the first key, and reads those that any of the keys has signed. */
export class SessionTokens {
  readonly #current: { id: string; key: KeyObject } | undefined;
  readonly #publicKeys: ReadonlyMap<string, KeyObject>;
  /**
   * By the SHA-256 of the token: what a signature says of it never changes, and takes ten times as long to verify as a
   * decision. Only of tokens that are genuine, so that no flood of others displaces them.
   */
  readonly #verified = new LRUCache<string, Session>({ max: maxVerified });

  constructor(keys: readonly NamedKey[]) {
    const pairs = keys.map(({ id, key }) => ({ id, key: privateKeyOf(key) }));
    this.#current = pairs[0];
    this.#publicKeys = new Map(pairs.map(({ id, key }) => [id, createPublicKey(key)]));
  }

  /** @throws ApiError `service_unavailable` when the configuration has no key */
  async issue({
    id,
    customerId,
    tenantId,
    environmentId,
    generation,
    expiresAtMs,
  }: Session): Promise<string> {
    if (this.#current === undefined) {
      throw unavailable(
        'Sessions can be issued once SESSION_KEYS is set',
        new Error('SESSION_KEYS is not set'),
      );
    }
    const claims: Static<typeof Claims> = {
      jti: id,
      sub: customerId,
      tenant_id: tenantId,
      environment_id: environmentId,
      generation,
      exp: expiresAtMs / 1000,
    };
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: algorithm, typ: type, kid: this.#current.id })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .sign(this.#current.key);
  }

  /**
   * Reads a token. Whether it has expired, like all else that time or a change decides, is not asked here.
   * @returns `null` for anything but a session token that one of the keys has signed
   */
  async read(token: string): Promise<Session | null> {
    if (token.length > maxLength) return null;
    const digest = hash('sha256', token);
    const known = this.#verified.get(digest);
    if (known !== undefined) return known;
    const session = await this.#verify(token);
    if (session !== null) this.#verified.set(digest, session);
    return session;
  }

  async #verify(token: string): Promise<Session | null> {
    const keyOf = ({ kid = '' }: JWTHeaderParameters) => this.#publicKeyOf(kid);
    const options = { algorithms: [algorithm], typ: type, issuer, audience, currentDate: new Date(0) };
    try {
      const { payload } = await jwtVerify(token, keyOf, options);
      return Value.Check(Claims, payload) ? sessionOf(payload) : null;
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  #publicKeyOf(id: string): KeyObject {
    const key = this.#publicKeys.get(id);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  }
}

const sessionOf = (claims: Static<typeof Claims>): Session => ({
  id: claims.jti,
  customerId: claims.sub,
  tenantId: claims.tenant_id,
  environmentId: claims.environment_id,
  generation: claims.generation,
  expiresAtMs: claims.exp * 1000,
});
