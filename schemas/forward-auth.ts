import { Type } from '@sinclair/typebox';

/** The options of a proxy. Anything else in the query is ignored. */
export const ForwardAuthQuery = Type.Object({
  permission: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Require this permission. If it is given several times, all of them are required.',
      examples: [['orders:read']],
    }),
  ),
  deny: Type.Optional(
    Type.Literal('403', { description: 'Answer 403 with `X-Auth-Status: 429` in place of 429, for nginx.' }),
  ),
});

const header = (description: string, example: string) => ({ type: 'string', description, example });

/** An empty body, and whom the request speaks for. */
export const IdentityHeaders = Type.Null({
  description: "The request may pass. Replace the request's headers of the same names with these.",
  headers: {
    'X-Auth-Tenant-ID': header('The tenant', 'tenant_default'),
    'X-Auth-Environment-ID': header('The environment; empty: none', 'env_01a205579d1c7729b2cb563bc47034d9'),
    'X-Auth-User-ID': header('The user', 'user_default'),
    'X-Auth-Key-ID': header('The key', 'key_01a20557a16e731f8ab301630217ef18'),
    'X-Auth-Permissions': header('What the key holds, with commas between; empty: nothing', 'orders:read'),
    'X-Auth-Context': header(
      'All of this for this one request, signed: a JWT of a minute. Only where `IDENTITY_KEYS` is set, and to a proxy ' +
        'that is trusted and says which request it is',
      'eyJhbGciOiJFZERTQSIsInR5cCI6ImxhdGNoa2V5LWlkZW50aXR5K2p3dCIsImtpZCI6IjEifQ.e30.AA',
    ),
  },
});
