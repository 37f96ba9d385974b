import type { NamedKey } from '../crypto/named-key.ts';

/**
 * The keys of a development setup that has none of its own. Everybody knows them, as they know its API key.
 * `null`: without a key, what it is for is off.
 */
const developmentKeys = {
  MASTER_KEYS: Buffer.from('latchkey development master key!'),
  SESSION_KEYS: Buffer.from('latchkey development session key'),
  IDENTITY_KEYS: null,
};
const developmentId = 'development';

/**
 * Reads a setting of the form `<id>:<32 bytes in base64>`, with commas between several.
 * @param mistakes gets a line for each thing that is wrong. None repeats a value: it could be a key.
 * @returns the keys in their order
 */
export function readNamedKeys(
  name: keyof typeof developmentKeys,
  environment: NodeJS.Dict<string>,
  isProduction: boolean,
  mistakes: string[],
): NamedKey[] {
  const developmentKey = developmentKeys[name];
  const entries = (environment[name] ?? '').split(',').flatMap((entry) => entry.trim() || []);
  if (entries.length === 0)
    return isProduction || developmentKey === null ? [] : [{ id: developmentId, key: developmentKey }];
  const keys = entries.flatMap((entry, index) => {
    const [, id, base64 = ''] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(entry) ?? [];
    if (id !== undefined) return { id, key: Buffer.from(base64, 'base64') };
    mistakes.push(`${name}, entry ${index + 1}: must be <id>:<32 bytes in base64>`);
    return [];
  });
  if (new Set(keys.map(({ id }) => id)).size < keys.length) mistakes.push(`${name} has an id twice`);
  const isKnown = ({ id, key }: NamedKey) =>
    id === developmentId || Object.values(developmentKeys).some((known) => known?.equals(key));
  if (isProduction && keys.some(isKnown))
    mistakes.push(
      `${name} has the development key, which everybody knows: \`openssl rand -base64 32\` makes one`,
    );
  return keys;
}
