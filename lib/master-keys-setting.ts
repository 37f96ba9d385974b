import type { MasterKey } from './sealing.ts';

/** The key of a development setup that has none of its own. Everybody knows it, as they know its API key. */
const developmentMasterKey: MasterKey = {
  id: 'development',
  key: Buffer.from('latchkey development master key!'),
};

/**
 * Reads `MASTER_KEYS`: `<id>:<32 bytes in base64>`, with commas between several.
 * @param mistakes gets a line for each thing that is wrong. None repeats a value: it could be a key.
 * @returns the keys in their order
 */
export function readMasterKeys(setting: string, isProduction: boolean, mistakes: string[]): MasterKey[] {
  const entries = setting.split(',').flatMap((entry) => entry.trim() || []);
  if (entries.length === 0) return isProduction ? [] : [developmentMasterKey];
  const keys = entries.flatMap((entry, index) => {
    const [, id, base64 = ''] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(entry) ?? [];
    if (id !== undefined) return { id, key: Buffer.from(base64, 'base64') };
    mistakes.push(`MASTER_KEYS, entry ${index + 1}: must be <id>:<32 bytes in base64>`);
    return [];
  });
  if (new Set(keys.map(({ id }) => id)).size < keys.length) mistakes.push('MASTER_KEYS has an id twice');
  const isKnown = ({ id, key }: MasterKey) =>
    id === developmentMasterKey.id || key.equals(developmentMasterKey.key);
  if (isProduction && keys.some(isKnown))
    mistakes.push(
      'MASTER_KEYS has the development key, which everybody knows: `openssl rand -base64 32` makes one',
    );
  return keys;
}
