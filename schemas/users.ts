import { type Static, Type } from '@sinclair/typebox';
import { Nullable, Page, pageQuery, Status, Text, Timestamp, textPattern } from './common.ts';

export const UserType = Type.Union([Type.Literal('user'), Type.Literal('service_account')], {
  description: '`user`: a person. `service_account`: a program with keys of its own.',
});
export type UserType = Static<typeof UserType>;

export const User = Type.Object(
  {
    id: Type.String(),
    type: UserType,
    name: Type.String(),
    email: Nullable(Type.String()),
    roles: Type.Array(Type.String()),
    status: Status,
    tenant_id: Type.String(),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  {
    examples: [
      {
        id: 'user_01a20557a16e731f8ab301630217ef18',
        type: 'service_account',
        name: 'Nightly billing',
        email: null,
        roles: ['billing'],
        status: 'active',
        tenant_id: 'tenant_default',
        created_at: '2026-11-20T12:00:00.000Z',
        updated_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  },
);
export type User = Static<typeof User>;

const Name = Text(255, { examples: ['Nightly billing'] });
const Email = Nullable(
  Type.String({ format: 'email', maxLength: 254, pattern: textPattern, examples: ['ada@example.com'] }),
);
const Roles = Type.Array(Text(100, { examples: ['billing'] }), {
  maxItems: 50,
  uniqueItems: true,
  description: 'Names of your own, shown with the keys of the user. They grant nothing here.',
});

export const CreateUser = Type.Object(
  {
    name: Name,
    type: Type.Optional(UserType),
    email: Type.Optional(Email),
    roles: Type.Optional(Roles),
  },
  {
    additionalProperties: false,
    examples: [{ type: 'service_account', name: 'Nightly billing', roles: ['billing'] }],
  },
);
export type CreateUser = Static<typeof CreateUser>;

export const UpdateUser = Type.Object(
  {
    name: Type.Optional(Name),
    email: Type.Optional(Email),
    roles: Type.Optional(Roles),
    status: Type.Optional(Status),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ status: 'inactive' }] },
);
export type UpdateUser = Static<typeof UpdateUser>;

export const ListUsersQuery = Type.Object(
  { ...pageQuery, type: Type.Optional(UserType), status: Type.Optional(Status) },
  { additionalProperties: false },
);
export type ListUsersQuery = Static<typeof ListUsersQuery>;

export const UserPage = Page(User);
