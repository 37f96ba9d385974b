import { type Static, Type } from '@sinclair/typebox';

/** RFC 8725: one algorithm, and a type and an issuer that no other token has (3.1, 3.8, 3.11). */
export const algorithm = 'EdDSA';
export const type = 'latchkey-identity+jwt';
export const issuer = 'latchkey';

/** As long as it may take a request from the decision to the service behind the proxy. */
export const lifetimeSeconds = 60;

/** How old the public keys may be that somebody verifies with. */
export const keysMaxAgeSeconds = 300;

/**
 * The claims of a signed identity, beside its issuer and its times; the host is its audience. Neither the path nor the
 * permissions can be bounded to what fits a header twice, so their digests are in it.
 */
export const IdentityClaims = Type.Object({
  /** The key. */
  sub: Type.String(),
  tenant_id: Type.String(),
  environment_id: Type.Union([Type.String(), Type.Null()]),
  user_id: Type.String(),
  /** SHA-256 of `X-Auth-Permissions` in base64url. */
  permissions_sha256: Type.String(),
  method: Type.String(),
  /** SHA-256 of path and query in base64url. */
  uri_sha256: Type.String(),
});
export type IdentityClaims = Static<typeof IdentityClaims>;
