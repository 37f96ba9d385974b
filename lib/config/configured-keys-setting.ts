import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { digestOfHash, type KeyDigest } from '../auth/api-key.ts';
import { type ConfiguredKey, configuredKeyId } from '../auth/configured-keys.ts';
import { redact } from '../observability/redact.ts';

const Id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });

const Entry = Type.Object(
  {
    tenant_id: Id,
    user_id: Id,
    name: Type.String({ minLength: 1, maxLength: 255 }),
    is_active: Type.Boolean(),
    environment_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  { additionalProperties: false },
);

/**
 * Reads `API_KEYS`: JSON of `{"<sha256 hex>": {tenant_id, user_id, name, is_active, environment_id?}}`.
 * @param mistakes gets a line for each thing that is wrong. None repeats a value: it could be a key.
 * @returns the keys by their digest
 */
export function readConfiguredKeys(json: string, mistakes: string[]): Map<KeyDigest, ConfiguredKey> {
  const keys = new Map<KeyDigest, ConfiguredKey>();
  const entries = parseObject(json);
  if (entries === null) {
    mistakes.push('API_KEYS must be a JSON object: {"<sha256 of the key>": {"tenant_id": …}}');
    return keys;
  }
  Object.entries(entries).forEach(([hash, entry], index) => {
    const where = `API_KEYS, entry ${index + 1}`;
    if (!/^[0-9a-f]{64}$/.test(hash)) {
      mistakes.push(`${where}: its name must be the SHA-256 of the key, 64 lower-case hex characters`);
    }
    if (!Value.Check(Entry, entry)) {
      mistakes.push(...validationErrors(entry).map((mistake) => `${where}${mistake}`));
      return;
    }
    const digest = digestOfHash(Buffer.from(hash, 'hex'));
    keys.set(digest, {
      id: configuredKeyId(digest),
      tenantId: entry.tenant_id,
      userId: entry.user_id,
      name: entry.name,
      isActive: entry.is_active,
      environment: entry.environment_id ?? null,
    });
  });
  return keys;
}

/** The first mistake in each field. A field's name could be a key that was put in the wrong place. */
function validationErrors(entry: unknown): string[] {
  const messages = new Map<string, string>();
  for (const { path, message } of Value.Errors(Entry, entry)) {
    if (!messages.has(path)) messages.set(path, message);
  }
  return [...messages].map(([path, message]) => `${redact(path)}: ${message}`);
}

function parseObject(json: string): object | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
