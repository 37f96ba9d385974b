import { type Static, Type } from '@sinclair/typebox';
import { Status, Text, Timestamp } from './common.ts';
import { Environment } from './environments.ts';
import { CreatedKey } from './keys.ts';

export const Tenant = Type.Object({
  id: Type.String(),
  name: Type.String(),
  status: Status,
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Tenant = Static<typeof Tenant>;

const Name = Text(255, { examples: ['Acme'] });

export const CreateTenant = Type.Object({ name: Name }, { additionalProperties: false });

export const CreatedTenant = Type.Object(
  {
    tenant: Tenant,
    environments: Type.Array(Environment),
    ...CreatedKey.properties,
  },
  { description: 'The tenant, its environments, and its first key: shown this once' },
);

export const UpdateTenant = Type.Object(
  { name: Type.Optional(Name), status: Type.Optional(Status) },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateTenant = Static<typeof UpdateTenant>;
