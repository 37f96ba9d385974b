import type { ImportedKeys, ImportKey } from '../../schemas/key-import.ts';
import { newId } from '../crypto/ids.ts';
import type { Queryable } from '../database/database.ts';
import { ApiError, type ErrorDetail } from '../http/api-error.ts';
import { recordingOfInserted } from '../stores/key-event-store.ts';
import {
  findKnownHashes,
  type ImportedKey,
  insertImportedKeys,
  lockImports,
} from '../stores/key-import-store.ts';
import type { Changes } from './change-log.ts';
import type { KeyChanger } from './key-changes.ts';
import { mistakesIn, normalized, permissionsFor, refuseMistakes } from './key-checks.ts';

/** Who imports keys, and which they can't import. */
export interface KeyImporter extends KeyChanger {
  /** Whether the operator has configured a key of this SHA-256. */
  isConfigured(hash: Buffer): boolean;
}

/**
 * Creates keys of which only the SHA-256 is known: all or none.
 * @throws ApiError `validation_error` or `already_exists` that names every wrong row by its index,
 * `permission_denied`, or `too_many_requests` while others import
 */
export async function importKeys(
  changes: Changes,
  importer: KeyImporter,
  rows: readonly ImportKey[],
): Promise<ImportedKeys> {
  const keys = keysOf(importer, rows);
  return changes.make(async (change) => {
    // One at a time: replicas take changes in faster than one import makes them, and so never fall behind.
    if (!(await lockImports(change.connection))) throw busy();
    const inserted = await insertImportedKeys(change.connection, importer, keys);
    // Whoever sends again what may have been imported is told so when it is in force.
    if (inserted.size < keys.length) await change.repeat();
    refuseKnown(keys, (key) => !inserted.has(key.id) || importer.isConfigured(key.hash));
    const ids = keys.map(({ id }) => id);
    change.recordBy(recordingOfInserted(importer, ids, importer.actor));
    return { imported: ids.length, ids };
  });
}

/** Finds everything for which an import would be refused, and changes nothing. @throws ApiError as `importKeys` */
export async function checkImport(
  db: Queryable,
  importer: KeyImporter,
  rows: readonly ImportKey[],
): Promise<void> {
  const keys = keysOf(importer, rows);
  const known = await findKnownHashes(
    db,
    keys.map(({ hash }) => hash),
  );
  refuseKnown(keys, ({ hash }) => known.has(hash.toString('hex')) || importer.isConfigured(hash));
}

function keysOf(importer: KeyImporter, rows: readonly ImportKey[]): ImportedKey[] {
  refuseMistakes([...rows.flatMap(mistakesInRow), ...repetitionsIn(rows)]);
  return rows.map((row) => ({
    ...normalized(row),
    id: newId('key'),
    userId: importer.actor.userId,
    hash: Buffer.from(row.hash, 'hex'),
    permissions: permissionsFor(row, importer.permissions),
  }));
}

const mistakesInRow = (row: ImportKey, index: number): ErrorDetail[] =>
  mistakesIn(row.type ?? 'private_key', row).map(({ path, message }) => ({
    path: `/${index}${path}`,
    message,
  }));

function repetitionsIn(rows: readonly ImportKey[]): ErrorDetail[] {
  const firstOf = new Map<string, number>();
  return rows.flatMap(({ hash }, index) => {
    const first = firstOf.get(hash);
    if (first === undefined) firstOf.set(hash, index);
    return first === undefined ? [] : { path: `/${index}/hash`, message: `is the same as that of ${first}` };
  });
}

/** Says of keys that exist nothing else: they may be anybody's, and deleted. */
function refuseKnown(keys: readonly ImportedKey[], isKnown: (key: ImportedKey) => boolean): void {
  const details = keys.flatMap((key, index) =>
    isKnown(key) ? { path: `/${index}/hash`, message: 'exists already' } : [],
  );
  if (details.length > 0) throw new ApiError('already_exists', 'Some of the keys exist already', { details });
}

const busy = (): ApiError =>
  new ApiError('too_many_requests', 'Another import is being made', { headers: { 'retry-after': '1' } });
