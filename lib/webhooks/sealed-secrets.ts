import type { Sealer } from '../crypto/sealer.ts';
import type { Queryable } from '../database/database.ts';
import { replaceSealing, type SealedSecret, secretsNotSealedUnder } from '../stores/webhook-secret-store.ts';

/** Secrets of a provider in an environment: one, and its successor while it is replaced. */
export const maxSecrets = 2;

const batchSize = 100;

/** The context that a secret is sealed to: moved to another row, it doesn't open. */
export const contextOf = ({ id, provider, scope }: Omit<SealedSecret, 'sealed' | 'hmac'>): string[] => [
  'webhook secret',
  scope.tenantId,
  scope.environmentId,
  provider,
  id,
];

/**
 * Seals everything under the first master key that lies under another, so that the others can be removed.
 * @returns how many were sealed anew, and how many can't be opened
 */
export async function resealSecrets(
  db: Queryable,
  sealer: Sealer,
): Promise<{ resealed: number; lost: number }> {
  const { currentKeyId } = sealer;
  const result = { resealed: 0, lost: 0 };
  if (currentKeyId === null) return result;
  for (let afterId = ''; ; ) {
    const secrets = await secretsNotSealedUnder(db, currentKeyId, afterId, batchSize);
    for (const secret of secrets) {
      const text = sealer.open(secret.sealed, contextOf(secret));
      if (text === null) result.lost += 1;
      else {
        await replaceSealing(db, secret, sealer.seal(text, contextOf(secret)));
        result.resealed += 1;
      }
    }
    const last = secrets.at(-1);
    if (last === undefined) return result;
    afterId = last.id;
  }
}
