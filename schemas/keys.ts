import { type Static, Type } from '@sinclair/typebox';
import {
  idPattern,
  Labels,
  Metadata,
  Nullable,
  Page,
  pageQuery,
  RateLimit,
  Status,
  Text,
  Timestamp,
} from './common.ts';
import { UserType } from './users.ts';

export const KeyType = Type.Union([Type.Literal('private_key'), Type.Literal('publishable_key')], {
  description:
    'Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and ' +
    '`customers:write` only. Permissions of your own API are free.',
});
export type KeyType = Static<typeof KeyType>;

const Permission = Type.String({
  maxLength: 100,
  pattern: '^(?![\\s\\S]*[0-9a-f]{64})(\\*|[a-z][a-z0-9_-]*:(\\*|[a-z][a-z0-9_-]*))$',
  description: '`resource:action`, `resource:*` or `*`',
  examples: ['customers:read'],
});
const permissionsOptions = { maxItems: 100, uniqueItems: true };
const Permissions = Type.Array(Permission, permissionsOptions);

/** A key's metadata: everything but the key. */
export const KeyMetadata = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: Nullable(Type.String()),
    type: KeyType,
    provider: Type.String(),
    display_id: Nullable(
      Type.String({ description: 'First and last four characters of the key; `null` for an imported key.' }),
    ),
    tenant_id: Type.String(),
    environment_id: Type.String(),
    user_id: Type.String(),
    user_type: UserType,
    roles: Type.Array(Type.String(), { description: "Roles of the key's user." }),
    permissions: Type.Array(Type.String()),
    rate_limit: Nullable(RateLimit),
    metadata: Labels,
    status: Status,
    expires_at: Nullable(Timestamp),
    last_used_at: Nullable(
      Type.String({
        format: 'date-time',
        description: 'Time of the last accepted request, a few seconds behind; `null` if never used.',
      }),
    ),
    created_at: Timestamp,
    updated_at: Timestamp,
    rotated_to: Nullable(
      Type.String({ description: 'Id of the key that replaces this one; `null` if it was not rotated.' }),
    ),
    rotated_from: Nullable(
      Type.String({ description: 'Id of the key that this one replaces; `null` if it replaces none.' }),
    ),
  },
  {
    examples: [
      {
        id: 'key_01a20557a16e731f8ab301630217ef18',
        name: 'Production backend',
        description: null,
        type: 'private_key',
        provider: 'latchkey',
        display_id: '0cc5…68fe',
        tenant_id: 'tenant_default',
        environment_id: 'env_01a205579d1c7729b2cb563bc47034d9',
        user_id: 'user_default',
        user_type: 'user',
        roles: [],
        permissions: ['customers:read'],
        rate_limit: { limit: 100, window_seconds: 60 },
        metadata: { team: 'billing' },
        status: 'active',
        expires_at: null,
        last_used_at: null,
        created_at: '2026-11-20T12:00:00.000Z',
        updated_at: '2026-11-20T12:00:00.000Z',
        rotated_to: null,
        rotated_from: null,
      },
    ],
  },
);
export type KeyMetadata = Static<typeof KeyMetadata>;

const Name = Text(255, { examples: ['Production backend'] });
const Description = Nullable(Text(1000));
const ExpiresAt = Nullable(Timestamp);

export const CreateKey = Type.Object(
  {
    name: Name,
    description: Type.Optional(Description),
    type: Type.Optional(KeyType),
    user_id: Type.Optional(
      Type.String({
        pattern: idPattern,
        description:
          'Owner of the key, by default your own user. Issuing to another user requires ' +
          '`users:keys`, and to a service account `service_accounts:keys`.',
        examples: ['user_01a20557a16e731f8ab301630217ef18'],
      }),
    ),
    expires_at: Type.Optional(ExpiresAt),
    permissions: Type.Optional(
      Type.Array(Permission, {
        ...permissionsOptions,
        description:
          'Permissions of the key. By default all permissions of the calling key that the type ' + 'allows.',
      }),
    ),
    rate_limit: Type.Optional(Nullable(RateLimit)),
    metadata: Type.Optional(Metadata),
  },
  {
    additionalProperties: false,
    examples: [
      { name: 'Production backend', permissions: ['customers:read'], metadata: { team: 'billing' } },
    ],
  },
);
export type CreateKey = Static<typeof CreateKey>;

export const CreatedKey = Type.Object(
  {
    secret: KeyMetadata,
    api_key: Type.String({ description: 'The key itself. Shown only in this response and stored nowhere.' }),
  },
  { description: 'The key was created.' },
);

export const UpdateKey = Type.Object(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    status: Type.Optional(Status),
    expires_at: Type.Optional(ExpiresAt),
    permissions: Type.Optional(Permissions),
    rate_limit: Type.Optional(Nullable(RateLimit)),
    metadata: Type.Optional(Metadata),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ status: 'inactive' }] },
);
export type UpdateKey = Static<typeof UpdateKey>;

export const RotateKey = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        default: 0,
        minimum: 0,
        maximum: 30 * 86_400,
        description: 'Seconds for which the old key keeps working, at most 30 days.',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ overlap_seconds: 86_400 }] },
);
export type RotateKey = Static<typeof RotateKey>;

export const ListKeysQuery = Type.Object(
  {
    ...pageQuery,
    status: Type.Optional(
      Type.Union([Status, Type.Literal('published')], {
        description: 'Include keys of this status. `published` means `active`.',
      }),
    ),
    type: Type.Optional(KeyType),
    search: Type.Optional(
      Text(255, { description: 'Include keys whose name or display id contains this text.' }),
    ),
    order: Type.Union([Type.Literal('asc'), Type.Literal('desc')], {
      default: 'desc',
      description: 'Order by creation time.',
    }),
  },
  { additionalProperties: false },
);
export type ListKeysQuery = Static<typeof ListKeysQuery>;

export const KeyPage = Page(KeyMetadata);
