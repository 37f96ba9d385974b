import type { HmacSettings, Provider, WebhookSecret } from '../../schemas/webhooks.ts';
import type { Scope } from '../auth/scope.ts';
import type { Sealed } from '../crypto/sealer.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

interface Row extends Omit<WebhookSecret, 'created_at'> {
  created_at: Date;
}

interface SealedRow {
  id: string;
  provider: Provider;
  hmac: HmacSettings | null;
  tenant_id: string;
  environment_id: string;
  master_key_id: string;
  sealed: Buffer;
}

/** A secret as it can be opened. */
export interface SealedSecret {
  id: string;
  provider: Provider;
  hmac: HmacSettings | null;
  scope: Scope;
  sealed: Sealed;
}

const columns = 'id, provider, hmac, tenant_id, environment_id, created_at';
const sealedColumns = 'id, provider, hmac, tenant_id, environment_id, master_key_id, sealed';

const secretOf = (row: Row): WebhookSecret => ({ ...row, created_at: row.created_at.toISOString() });

const sealedSecretOf = (row: SealedRow): SealedSecret => ({
  id: row.id,
  provider: row.provider,
  hmac: row.hmac,
  scope: { tenantId: row.tenant_id, environmentId: row.environment_id },
  sealed: { masterKeyId: row.master_key_id, bytes: row.sealed },
});

export async function insertWebhookSecret(
  db: Queryable,
  { id, provider, hmac, scope, sealed }: SealedSecret,
): Promise<WebhookSecret> {
  const result = await db.query<Row>(
    `INSERT INTO webhook_secrets (id, tenant_id, environment_id, provider, hmac, master_key_id, sealed)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     RETURNING ${columns}`,
    [id, scope.tenantId, scope.environmentId, provider, hmac, sealed.masterKeyId, sealed.bytes],
  );
  return secretOf(expectOneRow(result));
}

export async function listWebhookSecrets(db: Queryable, scope: Scope): Promise<WebhookSecret[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM webhook_secrets WHERE tenant_id = $1 AND environment_id = $2 ORDER BY id`,
    [scope.tenantId, scope.environmentId],
  );
  return rows.map(secretOf);
}

export async function countWebhookSecrets(db: Queryable, scope: Scope, provider: Provider): Promise<number> {
  const result = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM webhook_secrets
      WHERE tenant_id = $1 AND environment_id = $2 AND provider = $3`,
    [scope.tenantId, scope.environmentId, provider],
  );
  return expectOneRow(result).count;
}

/** @returns what was deleted; `null`: nothing */
export async function deleteWebhookSecret(
  db: Queryable,
  scope: Scope,
  id: string,
): Promise<WebhookSecret | null> {
  const { rows } = await db.query<Row>(
    `DELETE FROM webhook_secrets WHERE tenant_id = $1 AND environment_id = $2 AND id = $3 RETURNING ${columns}`,
    [scope.tenantId, scope.environmentId, id],
  );
  return rows[0] ? secretOf(rows[0]) : null;
}

/**
 * The secrets in force at this instant for a provider's deliveries to an environment; none if it or its tenant is
 * deactivated. One statement whatever is asked for, which takes no longer for what there is than for what there isn't.
 */
export async function secretsInForce(db: Queryable, scope: Scope, provider: string): Promise<SealedSecret[]> {
  const { rows } = await db.query<SealedRow>(
    `SELECT ${sealedColumns} FROM webhook_secrets
      WHERE tenant_id = $1 AND environment_id = $2 AND provider = $3
        AND EXISTS (SELECT FROM tenants WHERE id = $1 AND status = 'active')
        AND EXISTS (SELECT FROM environments WHERE tenant_id = $1 AND id = $2 AND status = 'active')
      ORDER BY id`,
    [scope.tenantId, scope.environmentId, provider],
  );
  return rows.map(sealedSecretOf);
}

/** Secrets of all environments that are sealed under other keys than this one, in the order of their ids. */
export async function secretsNotSealedUnder(
  db: Queryable,
  masterKeyId: string,
  afterId: string,
  limit: number,
): Promise<SealedSecret[]> {
  const { rows } = await db.query<SealedRow>(
    `SELECT ${sealedColumns} FROM webhook_secrets WHERE master_key_id <> $1 AND id > $2 ORDER BY id LIMIT $3`,
    [masterKeyId, afterId, limit],
  );
  return rows.map(sealedSecretOf);
}

/** Stores a secret sealed anew, unless it is gone or another process was faster. */
export async function replaceSealing(
  db: Queryable,
  { id, scope, sealed: before }: SealedSecret,
  after: Sealed,
): Promise<void> {
  await db.query(
    `UPDATE webhook_secrets SET master_key_id = $4, sealed = $5
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3 AND master_key_id = $6`,
    [scope.tenantId, scope.environmentId, id, after.masterKeyId, after.bytes, before.masterKeyId],
  );
}
