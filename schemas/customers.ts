import { type Static, Type } from '@sinclair/typebox';
import { Metadata, Nullable, Page, pageQuery, Text, Timestamp, textPattern } from './common.ts';

export const Customer = Type.Object({
  id: Type.String(),
  external_id: Type.String(),
  name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  metadata: Type.Record(Type.String(), Type.String()),
  tenant_id: Type.String(),
  environment_id: Type.String(),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Customer = Static<typeof Customer>;

const ExternalId = Text(255, {
  description: 'Your own id of the customer, unique within the environment',
  examples: ['acct_42'],
});
const Name = Nullable(Text(255, { examples: ['Ada Lovelace'] }));
const Email = Nullable(
  Type.String({ format: 'email', maxLength: 254, pattern: textPattern, examples: ['ada@example.com'] }),
);

export const CreateCustomer = Type.Object(
  {
    external_id: ExternalId,
    name: Type.Optional(Name),
    email: Type.Optional(Email),
    metadata: Type.Optional(Metadata),
  },
  { additionalProperties: false },
);
export type CreateCustomer = Static<typeof CreateCustomer>;

export const UpdateCustomer = Type.Object(
  {
    external_id: Type.Optional(ExternalId),
    name: Type.Optional(Name),
    email: Type.Optional(Email),
    metadata: Type.Optional(Metadata),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateCustomer = Static<typeof UpdateCustomer>;

export const ListCustomersQuery = Type.Object(
  { ...pageQuery, external_id: Type.Optional(ExternalId) },
  { additionalProperties: false },
);
export type ListCustomersQuery = Static<typeof ListCustomersQuery>;

export const CustomerPage = Page(Customer);
