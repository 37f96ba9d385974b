import type { Client } from 'pg';
import { bytesOfHex } from '../keys/hex.ts';
import type { KeyChange } from '../keys/key-change.ts';
import type { KeyProfile } from '../keys/key-profile.ts';
import type { Position } from '../replication/ports.ts';
import { only } from './database.ts';
import {
  changeOfEnvironment,
  changeOfTenant,
  changeOfUser,
  rateLimitOf,
  type StoredEnvironment,
  type StoredTenant,
  type StoredUser,
} from './key-changes.ts';

import { listRevocations, revocationOf } from './sessions.ts';

/** How many keys are read at a time: a few milliseconds' work, so that the event loop isn't held up for long. */
const keysPerFetch = 2_000;

/**
 * Reads everything that decides on keys, as of one instant, and the position in the feed that it belongs to.
 * @param onChange is called for each tenant, environment, inactive user, revoked session and key
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
  const inactiveUsers = await client.query<StoredUser>(
    "SELECT tenant_id, id, status FROM users WHERE status = 'inactive'",
  );
  for (const user of inactiveUsers.rows) onChange(changeOfUser(user));
  for (const revoked of await listRevocations(client)) {
    onChange({ kind: 'sessions-revoked', revocation: revocationOf(revoked) });
  }
  onChange({ kind: 'load', keys: only(await client.query<{ keys: number }>(estimatedKeys)).keys });
  const tenantIds = new Map(environments.rows.map(({ id, tenant_id }) => [id, tenant_id]));
  await fetchKeys(client, tenantIds, onChange);
  await client.query('COMMIT');
  return { seq: Number(head.seq), eventId: head.event_id };
}

/** As of the last ANALYZE: a hint. */
const estimatedKeys =
  "SELECT greatest(reltuples, 0)::int AS keys FROM pg_class WHERE oid = 'api_keys'::regclass";

/** Between the fields of a profile, and between permissions: no id and no permission has a control character. */
const separator = '\u001f';
const permissionSeparator = '\u001e';

type KeyRow = [
  hash: string,
  id: string,
  active: boolean,
  rotated: boolean,
  profile: string,
  expiresAtMs: number | null,
];

/** @param tenantIds whose each environment is */
async function fetchKeys(
  client: Client,
  tenantIds: ReadonlyMap<string, string>,
  onChange: (change: KeyChange) => void,
): Promise<void> {
  // What a key has beside its hash, id, status and expiry comes as one text, its profile: mostly the same as other
  // keys', and read once for all of them. (Building JSON would take the server twice as long.)
  await client.query(`DECLARE keys NO SCROLL CURSOR FOR
    SELECT encode(hash, 'hex'), id, status = 'active', rotated_to IS NOT NULL,
           concat_ws(chr(31), type, environment_id, user_id, user_type, array_to_string(permissions, chr(30)),
                     rate_limit),
           -- As expiryOf in key-changes.ts.
           CASE WHEN expires_at <= updated_at THEN 0 ELSE (extract(epoch FROM expires_at) * 1000)::float8 END
      FROM api_keys WHERE status <> 'deleted'`);
  const profileOf = readOnce(profileReader(tenantIds));
  const fetch = () => client.query<KeyRow>({ text: `FETCH ${keysPerFetch} FROM keys`, rowMode: 'array' });
  let fetching = fetch();
  for (;;) {
    const { rows } = await fetching;
    if (rows.length === 0) return;
    // The server reads on while these are taken in.
    fetching = fetch();
    for (const [hash, id, active, rotated, profile, expiresAtMs] of rows) {
      const digest = bytesOfHex(hash);
      onChange({
        kind: 'key',
        key: { digest, id, active, rotated, expiresAtMs, profile: profileOf(profile) },
      });
    }
  }
}

/** Few sets of permissions make many profiles. */
function profileReader(tenantIds: ReadonlyMap<string, string>): (text: string) => KeyProfile {
  const permissionsOf = readOnce((text) => (text === '' ? [] : text.split(permissionSeparator)));
  return (text) => {
    const [type, environmentId = '', userId = '', userType, permissions = '', rateLimit] =
      text.split(separator);
    return {
      type: type === 'publishable_key' ? type : 'private_key',
      tenantId: tenantIds.get(environmentId) ?? '',
      environmentId,
      userId,
      userType: userType === 'service_account' ? userType : 'user',
      permissions: permissionsOf(permissions),
      rateLimit: rateLimit === undefined ? null : rateLimitOf(JSON.parse(rateLimit)),
    };
  };
}

/** Remembers what texts were read as, for up to 100,000 different ones. */
function readOnce<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = read(text);
    if (known.size < 100_000) known.set(text, value);
    return value;
  };
}
