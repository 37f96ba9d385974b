import { createHash } from 'node:crypto';
import type { ServerProgram } from './server-process.ts';

/** A configured key of the bench's own, for changes: the development key is refused in production. */
export const operatorKey = 'be'.repeat(32);

const configuredKeys = {
  [createHash('sha256').update(operatorKey).digest('hex')]: {
    tenant_id: 'tenant_bench',
    user_id: 'user_bench',
    name: 'Bench',
    is_active: true,
    environment_id: 'development',
  },
};

/** Which requests get a line in the access log. Of failures and changes is the default. */
export const accessLog = {
  off: { ACCESS_LOG: 'off' },
  failures: { ACCESS_LOG: 'failures' },
  all: { ACCESS_LOG: 'all' },
};

/**
 * The service as production runs it, metrics included. Only the limit of refused keys is out of reach: everything
 * comes from one address, and what a refusal costs is to be measured, not the blocking of the address.
 */
export const latchkey = (databaseUrl: string, env: Record<string, string> = {}): ServerProgram => ({
  file: 'dist/bench/server/latchkey.js',
  readyPath: '/health/ready',
  env: {
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
    DATABASE_URL: databaseUrl,
    FAILED_AUTH_LIMIT: '1000000000',
    ...{ CHANGES_PER_SECOND: '0', LISTINGS_PER_SECOND: '0' },
    API_KEYS: JSON.stringify(configuredKeys),
    ...env,
  },
});

export const openPath = '/bench/open';
export const authenticatedPath = '/bench/authenticated';
export const forwardAuthPath = '/v1/auth/verify';
