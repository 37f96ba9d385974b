import type { Pool, PoolClient } from 'pg';
import type { Tracing } from './tracing.ts';

/**
 * Gives a span to each statement that is sent through a pool, or on a connection of it. Only what returns a promise is
 * looked at: the pool calls its connections with callbacks, and would have each statement counted twice.
 */
export function traceStatements(pool: Pool, tracing: Tracing): void {
  const traced = new WeakSet<PoolClient>();
  const connect = pool.connect;
  traceQueries(pool, tracing);
  replaceMethod(pool, 'connect', (...args: unknown[]) =>
    isCallback(args.at(-1)) ? Reflect.apply(connect, pool, args) : tracedConnection(),
  );

  async function tracedConnection(): Promise<PoolClient> {
    const connection: PoolClient = await Reflect.apply(connect, pool, []);
    if (!traced.has(connection)) traceQueries(connection, tracing);
    traced.add(connection);
    return connection;
  }
}

function traceQueries(target: Pool | PoolClient, tracing: Tracing): void {
  const query: (...args: unknown[]) => unknown = target.query;
  replaceMethod(target, 'query', (...args: unknown[]) => {
    const [text] = args;
    const run = () => Reflect.apply(query, target, args);
    return typeof text === 'string' && !isCallback(args.at(-1)) ? tracing.statement(text, run) : run();
  });
}

const isCallback = (value: unknown): boolean => typeof value === 'function';

function replaceMethod(target: object, name: string, value: (...args: unknown[]) => unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
