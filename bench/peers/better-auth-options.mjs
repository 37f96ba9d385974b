import { apiKey } from '@better-auth/api-key';
import pg from 'pg';

/**
 * Keys in PostgreSQL, hashed, each with its rate limit counted: the plugin's defaults, but for a limit that is
 * out of reach (10 requests a day by default). Switching the counting off would save no statement. What could be
 * deferred (`deferUpdates`) is not with keys in the database.
 */
export const options = {
  baseURL: 'http://127.0.0.1',
  secret: 'for the bench alone, and for nothing that is worth a secret',
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL }),
  telemetry: { enabled: false },
  plugins: [apiKey({ rateLimit: { enabled: true, timeWindow: 86_400_000, maxRequests: 1_000_000_000 } })],
};
