import { Type } from '@sinclair/typebox';
import { Timestamp, textPattern } from './common.ts';
import { Customer, CustomerEmail, CustomerName } from './customers.ts';

const ExternalId = Type.String({ minLength: 1, maxLength: 255, pattern: textPattern });

export const ExternalIdParams = Type.Object({ external_id: ExternalId }, { additionalProperties: false });

export const SessionParams = Type.Object(
  { external_id: ExternalId, session_id: Type.String({ pattern: '^sess_[0-9a-f]{32}$' }) },
  { additionalProperties: false },
);

/** A new session: the only answer with its token. */
export const IssuedSession = Type.Object(
  {
    url: Type.String({
      description: 'URL of the portal with the token after `#`, so that no server receives it.',
    }),
    token: Type.String({ description: 'The token to send as `X-Session-Token`.' }),
    expires_at: Timestamp,
    session_id: Type.String({ description: 'Id by which the session can be revoked.' }),
  },
  {
    examples: [
      {
        url: 'https://portal.example.com#token=eyJhbGciOiJFZERTQSJ9…',
        token: 'eyJhbGciOiJFZERTQSJ9…',
        expires_at: '2026-11-20T13:00:00.000Z',
        session_id: 'sess_01a20557a16e731f8ab301630217ef18',
      },
    ],
  },
);

const { id, external_id, name, email, created_at, updated_at } = Customer.properties;

/** The customer's own data, without the labels, which belong to its provider. */
export const PortalInfo = Type.Object(
  { id, external_id, name, email, created_at, updated_at },
  {
    examples: [
      {
        id: 'cust_01a20557a16e731f8ab301630217ef18',
        external_id: 'acct_42',
        name: 'Ada Lovelace',
        email: 'ada@example.com',
        created_at: '2026-11-20T12:00:00.000Z',
        updated_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  },
);

export const UpdatePortalInfo = Type.Object(
  {
    name: CustomerName,
    email: CustomerEmail,
  },
  { additionalProperties: false, examples: [{ name: 'Ada King', email: 'ada@example.com' }] },
);
