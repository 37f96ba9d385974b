import { type Static, Type } from '@sinclair/typebox';
import { Nullable, Text, Timestamp } from './common.ts';

const State = Nullable(Type.Object({}, { additionalProperties: true }));

/** One change, and who made it. */
export const AuditEvent = Type.Object(
  {
    seq: Type.Integer({
      description:
        'Number of the event. Grows with every change; numbers in between belong to events of ' + 'others.',
    }),
    kind: Type.String({ description: 'The resource and the action, such as `key.deactivated`.' }),
    tenant_id: Type.String(),
    environment_id: Nullable(
      Type.String({ description: '`null` if the event concerns the tenant as a whole.' }),
    ),
    subject_id: Type.String({ description: 'Id of the changed resource.' }),
    before: { ...State, description: 'State before the change; `null` if the resource is new.' },
    after: { ...State, description: 'State after the change; `null` if the resource was deleted.' },
    actor: Type.Object(
      {
        key_id: Nullable(Type.String()),
        user_id: Nullable(Type.String()),
        address: Nullable(Type.String()),
      },
      {
        description:
          'Author of the change. All fields are `null` if it was the operator or the service ' + 'itself.',
      },
    ),
    request_id: Nullable(Type.String({ description: 'The `X-Request-Id` of the response to the change.' })),
    created_at: Timestamp,
  },
  {
    examples: [
      {
        seq: 4711,
        kind: 'key.deactivated',
        tenant_id: 'tenant_default',
        environment_id: 'env_01a205579d1c7729b2cb563bc47034d9',
        subject_id: 'key_01a20557a16e731f8ab301630217ef18',
        before: { id: 'key_01a20557a16e731f8ab301630217ef18', status: 'active' },
        after: { id: 'key_01a20557a16e731f8ab301630217ef18', status: 'inactive' },
        actor: { key_id: 'key_01a20557a16e731f8ab301630217ef17', user_id: 'user_1', address: '192.0.2.7' },
        request_id: 'req_01a20557a16e731f8ab301630217ef19',
        created_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  },
);
export type AuditEvent = Static<typeof AuditEvent>;

/** The query of every trail. A place in it stays the same while events are added. */
const trailQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Number of events in a page.' }),
  cursor: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9_-]{1,40}$', description: 'The `next_cursor` of the previous page.' }),
  ),
};

const Id = (description: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description });

export const ListAuditEventsQuery = Type.Object(
  {
    ...trailQuery,
    kind: Type.Optional(
      Type.String({ maxLength: 64, pattern: '^[a-z_]+\\.[a-z_]+$', examples: ['key.deactivated'] }),
    ),
    actor_key_id: Type.Optional(Id('The key that made the change')),
    actor_user_id: Type.Optional(Text(255, { description: 'Include changes made with keys of this user.' })),
    subject_id: Type.Optional(Id('What was changed: a key, an environment, a tenant, …')),
    from: Type.Optional(
      Type.String({ format: 'date-time', description: 'Include events at or after this time.' }),
    ),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Include events before this time.' })),
  },
  { additionalProperties: false },
);

export const ListKeyEventsQuery = Type.Object(trailQuery, { additionalProperties: false });

export const AuditEventPage = Type.Object({
  items: Type.Array(AuditEvent, { description: 'Newest first.' }),
  next_cursor: Nullable(Type.String({ description: 'Cursor of the next page; `null` on the last page.' })),
});

export const EventStreamHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      pattern: '^[0-9]{0,15}$',
      description:
        'The last `id` received, or the `seq` of an event. Without it, the stream begins with the ' +
        'next change.',
    }),
  ),
});

export const EventStream = {
  description:
    'The events as they happen, each in the form of the list, with comments and bare ids in ' + 'between.',
  content: { 'text/event-stream': { schema: Type.String() } },
};
