import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { isPublic } from '../../lib/auth/route-policy.ts';
import { DatabaseProbe } from '../../lib/database/database-probe.ts';
import { Nullable } from '../../schemas/common.ts';
import { errorResponses } from '../../schemas/errors.ts';

const Alive = Type.Object({ status: Type.Literal('ok') });

const State = Type.Union([Type.Literal('ok'), Type.Literal('unavailable')]);

const KeysNotReady = [
  Type.Literal('loading'),
  Type.Literal('unavailable'),
  Type.Literal('outdated'),
] as const;

/** The name of each phase while the replica can't decide. */
const notDeciding = {
  loading: 'loading',
  outdated: 'outdated',
  announcing: undefined,
  syncing: undefined,
} as const;

const Readiness = Type.Object({
  status: Type.Union(State.anyOf, {
    description:
      '`ok`: the process decides on keys, whatever else the checks say. `unavailable`: it does not, or it is stopping.',
  }),
  reason: Type.Optional(
    Type.String({
      description:
        'The reason why the process decides nothing: it must be upgraded, or waits for the database at its start. ' +
        'Absent otherwise.',
    }),
  ),
  checks: Type.Object({
    database: Type.Union(State.anyOf, {
      description:
        '`unavailable`: the database has not answered within 250 ms. Keys are decided on all the same, while the ' +
        'lease is valid.',
    }),
    keys: Type.Union([Type.Literal('ok'), ...KeysNotReady], {
      description:
        '`loading`: the replica is loading the keys. `unavailable`: all keys are in memory, but ' +
        'the lease to decide by them has run out. `outdated`: the database holds changes that ' +
        'need a newer release.',
    }),
    rate_limits: Type.Union([Type.Literal('shared'), Type.Literal('process')], {
      description:
        '`shared`: all processes count limits together, in Redis. `process`: each process counts ' +
        'for itself, because Redis is not configured or unreachable.',
    }),
    proxies: Type.Union([Type.Literal('ok'), Type.Literal('untrusted')], {
      description:
        '`untrusted`: a proxy that `TRUSTED_PROXIES` does not name has sent `X-Forwarded-For`. All of its clients ' +
        'count as one address.',
    }),
  }),
  replica: Type.Object({
    keys: Type.Integer({ description: 'Keys in memory. Grows while they are loaded.' }),
    key_table_bytes: Type.Integer(),
    lease_valid: Type.Boolean(),
    applied_seq: Nullable(
      Type.Integer({ description: 'Number of the last change applied by this process.' }),
    ),
    lag_events: Type.Integer({ description: 'Changes that are known but not yet applied.' }),
    times_fenced: Type.Integer({
      description: 'How often other processes stopped waiting for this one because it was too slow.',
    }),
    notifications: Nullable(
      Type.Boolean({
        description:
          '`true`: notifications of the database arrive. `false`: changes are read at each sync. ' +
          '`null`: not known yet.',
      }),
    ),
    last_propagation_ms: Nullable(
      Type.Number({
        description: 'Milliseconds until the last change made by this process was in force everywhere.',
      }),
    ),
  }),
});

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const probe = new DatabaseProbe(app.pg.pool);
  const alive = (operationId: string) => ({
    schema: {
      operationId,
      summary: 'Check that the process runs',
      tags: ['Operations'],
      response: { 200: Alive, ...errorResponses },
    },
    config: { access: isPublic },
    handler: async () => ({ status: 'ok' as const }),
  });
  app.get('', alive('health'));
  app.get('/live', alive('live'));

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'ready',
        summary: 'Check that the process can serve requests',
        tags: ['Operations'],
        response: { 200: Readiness, 503: Readiness, ...errorResponses },
      },
      config: { access: isPublic },
    },
    async (_request, reply) => {
      const database = (await probe.answers()) ? 'ok' : 'unavailable';
      const { state } = app.replica;
      const { appliedSeq, phase, leaseValid, ...replica } = app.replica.status();
      const keys = app.replica.canDecide() ? 'ok' : (notDeciding[phase] ?? 'unavailable');
      const ready = keys === 'ok' && !app.isStopping();
      return reply.code(ready ? 200 : 503).send({
        status: ready ? 'ok' : 'unavailable',
        ...(replica.outdatedReason === null ? {} : { reason: replica.outdatedReason }),
        checks: {
          database,
          keys,
          rate_limits: app.authenticator.rateLimiter.mode,
          proxies: app.untrustedProxy.isSeen ? 'untrusted' : 'ok',
        },
        replica: {
          keys: state.keys.size,
          key_table_bytes: state.keys.bytes,
          lease_valid: leaseValid,
          applied_seq: appliedSeq,
          lag_events: replica.lagEvents,
          times_fenced: replica.timesFenced,
          notifications: replica.notifications,
          last_propagation_ms: replica.lastPropagationMs,
        },
      });
    },
  );
};
export default routes;
