import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Sealer } from '../crypto/sealer.ts';
import { removeOldWebhookData } from './remove-old-deliveries.ts';
import { resealSecrets } from './sealed-secrets.ts';

export interface WebhookMaintenance {
  pool: Pool;
  sealer: Sealer;
  log: Pick<Logger, 'info' | 'error'>;
}

/** Seals secrets under the first master key, and removes deliveries that are older than their retention. */
export async function maintainWebhooks(
  { pool, sealer, log }: WebhookMaintenance,
  isStopping: () => boolean,
): Promise<void> {
  const { resealed, lost } = await resealSecrets(pool, sealer);
  if (resealed > 0) log.info({ secrets: resealed }, 'secrets resealed under the first master key');
  if (lost > 0) log.error({ secrets: lost }, 'MASTER_KEYS lacks keys that secrets are sealed under');
  await removeOldWebhookData(pool, () => !isStopping());
}
