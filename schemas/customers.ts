import { type Static, Type } from '@sinclair/typebox';
import {
  Labels,
  Metadata,
  Nullable,
  Page,
  pageQuery,
  Status,
  Text,
  Timestamp,
  textPattern,
} from './common.ts';

export const Customer = Type.Object(
  {
    id: Type.String(),
    external_id: Type.String(),
    name: Nullable(Type.String()),
    email: Nullable(Type.String()),
    metadata: Labels,
    status: Status,
    tenant_id: Type.String(),
    environment_id: Type.String(),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  {
    examples: [
      {
        id: 'cust_01a20557a16e731f8ab301630217ef18',
        external_id: 'acct_42',
        name: 'Ada Lovelace',
        email: 'ada@example.com',
        metadata: { plan: 'pro' },
        status: 'active',
        tenant_id: 'tenant_default',
        environment_id: 'env_01a205579d1c7729b2cb563bc47034d9',
        created_at: '2026-11-20T12:00:00.000Z',
        updated_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  },
);
export type Customer = Static<typeof Customer>;

const ExternalId = Text(255, {
  description: 'Your own id of the customer, unique within the environment.',
  examples: ['acct_42'],
});
export const CustomerName = Nullable(Text(255, { examples: ['Ada Lovelace'] }));
export const CustomerEmail = Nullable(
  Type.String({ format: 'email', maxLength: 254, pattern: textPattern, examples: ['ada@example.com'] }),
);

export const CreateCustomer = Type.Object(
  {
    external_id: ExternalId,
    name: Type.Optional(CustomerName),
    email: Type.Optional(CustomerEmail),
    metadata: Type.Optional(Metadata),
  },
  {
    additionalProperties: false,
    examples: [
      { external_id: 'acct_42', name: 'Ada Lovelace', email: 'ada@example.com', metadata: { plan: 'pro' } },
    ],
  },
);
export type CreateCustomer = Static<typeof CreateCustomer>;

export const UpdateCustomer = Type.Object(
  {
    external_id: Type.Optional(ExternalId),
    name: Type.Optional(CustomerName),
    email: Type.Optional(CustomerEmail),
    metadata: Type.Optional(Metadata),
    status: Type.Optional(Status),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    examples: [{ name: 'Ada King', metadata: { plan: 'enterprise' } }],
  },
);
export type UpdateCustomer = Static<typeof UpdateCustomer>;

export const ListCustomersQuery = Type.Object(
  { ...pageQuery, external_id: Type.Optional(ExternalId) },
  { additionalProperties: false },
);
export type ListCustomersQuery = Static<typeof ListCustomersQuery>;

export const CustomerPage = Page(Customer);
