import type { ImportedKeys, ImportKey } from '../../schemas/key-import.ts';
import { isWellKnownKey } from '../auth/well-known-keys.ts';
import { newId } from '../crypto/ids.ts';
import type { Queryable } from '../database/database.ts';
import { ApiError, type ErrorDetail } from '../http/api-error.ts';
import { appendInsertedKeysSql } from '../stores/key-event-store.ts';
import {
  findKnownHashes,
  type ImportedKey,
  insertImportedKeys,
  lockImports,
} from '../stores/key-import-store.ts';
import type { Author } from './author.ts';
import type { ChangeLog } from './change-log.ts';
import { normalized, permissionsFor, throwIfInvalid, validationErrors } from './key-checks.ts';

/**
 * Creates keys of which only the SHA-256 is known: all or none.
 * @param isConfigured whether a configured key has this SHA-256: it can't be imported
 * @throws ApiError `validation_error` or `already_exists` that names every wrong row by its index,
 * `permission_denied`, or `too_many_requests` while others import
 */
export async function importKeys(
  changeLog: ChangeLog,
  author: Author,
  rows: readonly ImportKey[],
  isConfigured: (hash: Buffer) => boolean,
): Promise<ImportedKeys> {
  const keys = keysOf(author, rows);
  return changeLog.commit(async (transaction) => {
    // One at a time: replicas take changes in faster than one import makes them, and so never fall behind.
    if (!(await lockImports(transaction.connection))) throw busy();
    const inserted = await insertImportedKeys(transaction.connection, author, keys);
    // A repeated import is refused only once the first one is in force.
    if (inserted.size < keys.length) await transaction.confirmUpToHead();
    throwIfAnyExists(keys, (key) => !inserted.has(key.id) || isConfigured(key.hash));
    const ids = keys.map(({ id }) => id);
    transaction.appendFrom('key.created', (form) => appendInsertedKeysSql(author, ids, author.actor, form));
    return { imported: ids.length, ids };
  });
}

/** Finds everything for which an import would be refused, and changes nothing. @throws ApiError as `importKeys` */
export async function checkImport(
  db: Queryable,
  author: Author,
  rows: readonly ImportKey[],
  isConfigured: (hash: Buffer) => boolean,
): Promise<void> {
  const keys = keysOf(author, rows);
  const known = await findKnownHashes(
    db,
    keys.map(({ hash }) => hash),
  );
  throwIfAnyExists(keys, ({ hash }) => known.has(hash.toString('hex')) || isConfigured(hash));
}

function keysOf(author: Author, rows: readonly ImportKey[]): ImportedKey[] {
  throwIfInvalid([...rows.flatMap(validationErrorsOfRow), ...wellKnownIn(rows), ...duplicatesIn(rows)]);
  return rows.map((row) => ({
    ...normalized(row),
    id: newId('key'),
    userId: author.actor.userId,
    hash: Buffer.from(row.hash, 'hex'),
    permissions: permissionsFor(row, author.permissions),
  }));
}

const validationErrorsOfRow = (row: ImportKey, index: number): ErrorDetail[] =>
  validationErrors(row.type ?? 'private_key', row).map(({ path, message }) => ({
    path: `/${index}${path}`,
    message,
  }));

const wellKnownIn = (rows: readonly ImportKey[]): ErrorDetail[] =>
  rows.flatMap(({ hash }, index) =>
    isWellKnownKey(hash) ? { path: `/${index}/hash`, message: 'is that of a key that everybody knows' } : [],
  );

function duplicatesIn(rows: readonly ImportKey[]): ErrorDetail[] {
  const firstOf = new Map<string, number>();
  return rows.flatMap(({ hash }, index) => {
    const first = firstOf.get(hash);
    if (first === undefined) firstOf.set(hash, index);
    return first === undefined ? [] : { path: `/${index}/hash`, message: `repeats the hash of row ${first}` };
  });
}

/** Says of keys that exist nothing else: they may be anybody's, and deleted. */
function throwIfAnyExists(keys: readonly ImportedKey[], isKnown: (key: ImportedKey) => boolean): void {
  const details = keys.flatMap((key, index) =>
    isKnown(key) ? { path: `/${index}/hash`, message: 'already exists' } : [],
  );
  if (details.length > 0) throw new ApiError('already_exists', 'Some of the keys already exist', { details });
}

const busy = (): ApiError =>
  new ApiError('too_many_requests', 'Another import is running', { headers: { 'retry-after': '1' } });
