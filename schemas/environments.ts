import { type Static, Type } from '@sinclair/typebox';
import { Nullable, Page, pageQuery, RateLimit, Status, Text, Timestamp } from './common.ts';

export const Environment = Type.Object(
  {
    id: Type.String(),
    tenant_id: Type.String(),
    name: Type.String(),
    status: Status,
    rate_limit: Nullable(RateLimit),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  {
    examples: [
      {
        id: 'env_01a205579d1c7729b2cb563bc47034d9',
        tenant_id: 'tenant_default',
        name: 'staging',
        status: 'active',
        rate_limit: { limit: 100, window_seconds: 60 },
        created_at: '2026-11-20T12:00:00.000Z',
        updated_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  },
);
export type Environment = Static<typeof Environment>;

const Name = Text(100, { description: 'Unique within the tenant.', examples: ['staging'] });
const DefaultRateLimit = Nullable(RateLimit);

export const CreateEnvironment = Type.Object(
  { name: Name, rate_limit: Type.Optional(DefaultRateLimit) },
  {
    additionalProperties: false,
    examples: [{ name: 'staging', rate_limit: { limit: 100, window_seconds: 60 } }],
  },
);
export type CreateEnvironment = Static<typeof CreateEnvironment>;

export const UpdateEnvironment = Type.Object(
  {
    name: Type.Optional(Name),
    status: Type.Optional(Status),
    rate_limit: Type.Optional(DefaultRateLimit),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ status: 'inactive' }] },
);
export type UpdateEnvironment = Static<typeof UpdateEnvironment>;

export const ListEnvironmentsQuery = Type.Object(pageQuery, { additionalProperties: false });
export const EnvironmentPage = Page(Environment);
