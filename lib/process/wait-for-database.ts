import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import type { BaseLogger } from 'pino';
import { handleConnectionErrors } from '../database/database.ts';
import { retryWhileUnavailable } from '../database/retry.ts';
import { errorBody } from '../http/api-error.ts';

interface WaitOptions {
  databaseUrl: string;
  host: string;
  port: number;
  /** How long nobody is told, in milliseconds: most databases answer at once. */
  silentMs: number;
  log: Pick<BaseLogger, 'info' | 'warn'>;
}

/** A wait for the database, which may be stopped. */
export interface DatabaseWait {
  /** Resolves with `true` when the database answers, or with `false` when the wait was stopped. */
  readonly answers: Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * Waits for a database that is away, as long as it takes. Supervisors and balancers are told meanwhile, at the address
 * of the service: it lives, it isn't ready, and every other request is answered 503.
 * The promise rejects with DatabaseUnreachableError when the database lets nobody in: no wait helps against that.
 */
export function waitForDatabase(options: WaitOptions): DatabaseWait {
  const stopped = new AbortController();
  return {
    answers: wait(options, stopped.signal),
    stop: async () => stopped.abort(),
  };
}

async function wait(options: WaitOptions, stopped: AbortSignal): Promise<boolean> {
  const { databaseUrl, host, port, silentMs, log } = options;
  let reason = 'The database has not answered yet';
  const ended = new AbortController();
  const either = AbortSignal.any([stopped, ended.signal]);
  const telling = delay(silentMs, undefined, { signal: either }).then(
    async () => {
      const server = await serveWaiting(host, port, () => reason);
      log.warn({ host, port }, 'listening without the database: every request is answered 503');
      return server;
    },
    () => null,
  );
  // A port that is in use ends the wait.
  const failed = telling.then(() => new Promise<never>(() => {}));
  try {
    const answering = untilAnswers(databaseUrl, stopped, (error) => {
      reason = `The database is away (${codeOf(error)})`;
      log.warn({ err: error }, 'waiting for the database');
    });
    return await Promise.race([answering, failed]);
  } finally {
    ended.abort();
    const server = await telling.catch(() => null);
    server?.close();
    server?.closeAllConnections();
  }
}

async function untilAnswers(
  databaseUrl: string,
  stopped: AbortSignal,
  onUnavailable: (error: Error) => void,
): Promise<boolean> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: 2_000 });
  handleConnectionErrors(pool, () => {});
  const ask = async () => {
    if (stopped.aborted) return false;
    const connection = await pool.connect();
    connection.release();
    return true;
  };
  try {
    return await retryWhileUnavailable(ask, {
      timeoutMs: Number.POSITIVE_INFINITY,
      onUnavailable: (error) => onUnavailable(error instanceof Error ? error : new Error(String(error))),
    });
  } finally {
    await pool.end();
  }
}

/** Strangers read it: it names no address. */
const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.name;

/** Serves what there is to say without a database. @param reasonOf a sentence */
async function serveWaiting(host: string, port: number, reasonOf: () => string): Promise<Server> {
  const server = createServer({ requestTimeout: 5_000 }, ({ url = '' }, response) => {
    const isAlive = /^\/health(\/live)?\/?$/.test(url);
    const isReadiness = /^\/health\/ready\/?$/.test(url);
    const body = isAlive ? { status: 'ok' } : isReadiness ? notReady(reasonOf()) : refusal;
    response.writeHead(isAlive ? 200 : 503, {
      'content-type': 'application/json; charset=utf-8',
      ...(!isAlive && { 'retry-after': '1' }),
    });
    response.end(JSON.stringify(body));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

const refusal = errorBody('service_unavailable', 'Service temporarily unavailable');

/** The body of `/health/ready` before there is a replica. */
const notReady = (reason: string) => ({
  status: 'unavailable',
  reason,
  checks: { database: 'unavailable', keys: 'loading', rate_limits: 'process', proxies: 'ok' },
  replica: {
    ...{ keys: 0, key_table_bytes: 0, lease_valid: false, applied_seq: null, lag_events: 0 },
    ...{ times_fenced: 0, notifications: null, last_propagation_ms: null },
  },
});
