import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { expectOneRow } from '../database/database.ts';
import {
  changeOfEnvironment,
  changeOfRevocation,
  changeOfTenant,
  changeOfUser,
  rateLimitOf,
} from '../events/decode-event.ts';
import type { StoredEnvironment, StoredTenant, StoredUser } from '../events/stored-forms.ts';
import type { KeyProfile } from '../key-table/key-profile.ts';
import type { Position } from '../replication/ports.ts';
import { listRevocations } from '../stores/session-store.ts';
import { BinaryCopy } from './binary-copy.ts';
import type { CopiedRow } from './copied-row.ts';
import type { StateChange } from './state-change.ts';

/** How many different profiles are remembered while keys are read. */
const knownProfilesMax = 100_000;

/**
 * Reads everything that decides on keys, as of one instant, and the position in the feed that it belongs to.
 * @param onChange is called for each tenant, environment, inactive user, revoked session and key
 */
export async function loadState(client: Client, onChange: (change: StateChange) => void): Promise<Position> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const head = expectOneRow(
    await client.query<{ seq: string; event_id: string }>('SELECT seq, event_id FROM key_event_counter'),
  );
  const tenants = await client.query<StoredTenant>('SELECT id, status FROM tenants');
  for (const tenant of tenants.rows) onChange(changeOfTenant(tenant));
  const environments = await client.query<StoredEnvironment>(
    'SELECT id, tenant_id, name, status, rate_limit FROM environments',
  );
  for (const environment of environments.rows) onChange(changeOfEnvironment(environment));
  const inactiveUsers = await client.query<StoredUser>(
    "SELECT tenant_id, id, status FROM users WHERE status = 'inactive'",
  );
  for (const user of inactiveUsers.rows) onChange(changeOfUser(user));
  for (const revoked of await listRevocations(client)) {
    onChange(changeOfRevocation(revoked, revoked.expires_at.getTime()));
  }
  onChange({ kind: 'load', keys: expectOneRow(await client.query<{ keys: number }>(estimatedKeys)).keys });
  const tenantIds = new Map(environments.rows.map(({ id, tenant_id }) => [id, tenant_id]));
  await copyKeys(client, tenantIds, onChange);
  await client.query('COMMIT');
  return { seq: Number(head.seq), eventId: head.event_id };
}

/** As of the last ANALYZE: a hint. */
const estimatedKeys =
  "SELECT greatest(reltuples, 0)::int AS keys FROM pg_class WHERE oid = 'api_keys'::regclass";

/** The columns of the copy, by their position. Those of a profile come together, at the end. */
const column = {
  ...{ hash: 0, id: 1, active: 2, rotated: 3, expiresAt: 4, expiredAtLastChange: 5 },
  ...{ environmentId: 6, userId: 7, permissions: 8, rateLimit: 9 },
};

const copyOfKeys = `COPY (
  SELECT hash, id, status = 'active', rotated_to IS NOT NULL, expires_at, expires_at <= updated_at,
         environment_id, user_id, permissions, rate_limit
    FROM api_keys WHERE status <> 'deleted'
) TO STDOUT (FORMAT binary)`;

/**
 * In the binary format of COPY, which takes the server a third of what a cursor takes, and this process a fifth.
 * @param tenantIds whose each environment is
 */
async function copyKeys(
  client: Client,
  tenantIds: ReadonlyMap<string, string>,
  onChange: (change: StateChange) => void,
): Promise<void> {
  const profileOf = profileReader(tenantIds);
  const copy = new BinaryCopy(Object.keys(column).length, (row) => {
    onChange({
      kind: 'key',
      key: {
        digest: row.bytes(column.hash),
        id: row.text(column.id),
        active: row.boolean(column.active),
        rotated: row.boolean(column.rotated),
        expiresAtMs: expiryOf(row),
        profile: profileOf(row),
      },
    });
  });
  for await (const piece of client.query(copyTo(copyOfKeys))) copy.read(piece);
  copy.end();
}

/** Like `expiryOf` in lib/events/decode-event.ts. */
function expiryOf(row: CopiedRow): number | null {
  if (row.isNull(column.expiresAt)) return null;
  return row.boolean(column.expiredAtLastChange) ? 0 : row.timestampMs(column.expiresAt);
}

/** Few keys have a profile of their own: one that was read before isn't read again. */
function profileReader(tenantIds: ReadonlyMap<string, string>): (row: CopiedRow) => KeyProfile {
  const known = new Map<string, KeyProfile>();
  return (row) => {
    const raw = row.raw(column.environmentId, column.rateLimit);
    const before = known.get(raw);
    if (before !== undefined) return before;
    const profile = readProfile(row, tenantIds);
    if (known.size < knownProfilesMax) known.set(raw, profile);
    return profile;
  };
}

function readProfile(row: CopiedRow, tenantIds: ReadonlyMap<string, string>): KeyProfile {
  const environmentId = row.text(column.environmentId);
  return {
    tenantId: tenantIds.get(environmentId) ?? '',
    environmentId,
    userId: row.text(column.userId),
    permissions: row.texts(column.permissions),
    rateLimit: row.isNull(column.rateLimit) ? null : rateLimitOf(JSON.parse(row.jsonText(column.rateLimit))),
  };
}
