import { type Static, Type } from '@sinclair/typebox';

/** A JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037). */
export const PublicKeys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.Literal('OKP'),
      crv: Type.Literal('Ed25519'),
      x: Type.String({ description: 'The public key: 32 bytes in base64url.' }),
      kid: Type.String({ description: 'Key id, which the header of a token names.' }),
      alg: Type.Literal('EdDSA'),
      use: Type.Literal('sig'),
    }),
  ),
});
export type PublicKeys = Static<typeof PublicKeys>;
