import { type Static, Type } from '@sinclair/typebox';
import { Nullable, Page, pageQuery, RateLimit, Status, Text, Timestamp } from './common.ts';

export const Environment = Type.Object({
  id: Type.String(),
  tenant_id: Type.String(),
  name: Type.String(),
  status: Status,
  rate_limit: Nullable(RateLimit),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Environment = Static<typeof Environment>;

const Name = Text(100, { description: 'Unique within the tenant', examples: ['staging'] });
const DefaultRateLimit = Nullable(RateLimit);

export const CreateEnvironment = Type.Object(
  { name: Name, rate_limit: Type.Optional(DefaultRateLimit) },
  { additionalProperties: false },
);
export type CreateEnvironment = Static<typeof CreateEnvironment>;

export const UpdateEnvironment = Type.Object(
  {
    name: Type.Optional(Name),
    status: Type.Optional(Status),
    rate_limit: Type.Optional(DefaultRateLimit),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateEnvironment = Static<typeof UpdateEnvironment>;

export const ListEnvironmentsQuery = Type.Object(pageQuery, { additionalProperties: false });
export const EnvironmentPage = Page(Environment);
