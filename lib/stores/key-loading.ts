import type { Client } from 'pg';
import type { KeyChange } from '../keys/key-change.ts';
import type { KeyRecord } from '../keys/key-table.ts';
import type { Position } from '../replication/ports.ts';
import { only } from './database.ts';
import {
  changeOfEnvironment,
  changeOfTenant,
  rateLimitOf,
  type StoredEnvironment,
  type StoredTenant,
} from './key-changes.ts';

/** How many keys are read at a time: a few milliseconds' work, so that the event loop isn't held up for long. */
const keysPerFetch = 5_000;

/**
 * Reads everything that decides on keys, as of one instant, and the position in the feed that it belongs to.
 * @param onChange is called for each tenant, environment and key
 */
export async function loadKeys(client: Client, onChange: (change: KeyChange) => void): Promise<Position> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const head = only(
    await client.query<{ seq: string; event_id: string }>('SELECT seq, event_id FROM key_event_counter'),
  );
  const tenants = await client.query<StoredTenant>('SELECT id, status FROM tenants');
  for (const tenant of tenants.rows) onChange(changeOfTenant(tenant));
  const environments = await client.query<StoredEnvironment>(
    'SELECT id, tenant_id, name, status, rate_limit FROM environments',
  );
  for (const environment of environments.rows) onChange(changeOfEnvironment(environment));
  await fetchKeys(client, onChange);
  await client.query('COMMIT');
  return { seq: Number(head.seq), eventId: head.event_id };
}

type KeyRow = [
  hash: Buffer,
  id: string,
  type: KeyRecord['type'],
  tenantId: string,
  environmentId: string,
  userId: string,
  userType: KeyRecord['userType'],
  permissions: string,
  rateLimit: string | null,
  active: boolean,
  expiresAtMs: number | null,
];

async function fetchKeys(client: Client, onChange: (change: KeyChange) => void): Promise<void> {
  // Lists and limits come as text, because most keys share theirs: each text is read once.
  await client.query(`DECLARE keys NO SCROLL CURSOR FOR
    SELECT hash, id, type, tenant_id, environment_id, user_id, user_type,
           array_to_json(permissions)::text, rate_limit::text, status = 'active',
           (extract(epoch FROM expires_at) * 1000)::float8
      FROM api_keys WHERE status <> 'deleted'`);
  const permissionsOf = readOnce((text) => JSON.parse(text) as string[]);
  const limitOf = readOnce((text) => rateLimitOf(JSON.parse(text)));
  for (;;) {
    const { rows } = await client.query<KeyRow>({
      text: `FETCH ${keysPerFetch} FROM keys`,
      rowMode: 'array',
    });
    for (const row of rows) {
      onChange({
        kind: 'key',
        key: {
          digest: row[0],
          id: row[1],
          type: row[2],
          tenantId: row[3],
          environmentId: row[4],
          userId: row[5],
          userType: row[6],
          permissions: permissionsOf(row[7]),
          rateLimit: row[8] === null ? null : limitOf(row[8]),
          active: row[9],
          expiresAtMs: row[10],
        },
      });
    }
    if (rows.length < keysPerFetch) return;
  }
}

/** Remembers what texts were read as, for up to 10,000 different ones. */
function readOnce<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = read(text);
    if (known.size < 10_000) known.set(text, value);
    return value;
  };
}
