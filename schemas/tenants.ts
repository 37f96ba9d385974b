import { type Static, Type } from '@sinclair/typebox';
import { Status, Text, Timestamp } from './common.ts';
import { Environment } from './environments.ts';
import { CreatedKey } from './keys.ts';

export const Tenant = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    status: Status,
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  {
    examples: [
      {
        id: 'tenant_01a205579d1c7729b2cb563bc47034d8',
        name: 'Acme',
        status: 'active',
        created_at: '2026-11-20T12:00:00.000Z',
        updated_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  },
);
export type Tenant = Static<typeof Tenant>;

const Name = Text(255, { examples: ['Acme'] });

export const CreateTenant = Type.Object(
  { name: Name },
  { additionalProperties: false, examples: [{ name: 'Acme' }] },
);

export const CreatedTenant = Type.Object(
  {
    tenant: Tenant,
    environments: Type.Array(Environment),
    ...CreatedKey.properties,
  },
  { description: 'The tenant, its environments and its first key, which is shown only in this response.' },
);

export const UpdateTenant = Type.Object(
  { name: Type.Optional(Name), status: Type.Optional(Status) },
  { additionalProperties: false, minProperties: 1, examples: [{ name: 'Acme Ltd' }] },
);
export type UpdateTenant = Static<typeof UpdateTenant>;
