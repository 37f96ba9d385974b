import { readFileSync } from 'node:fs';

/** `package.json` lies beside `lib/` in the sources and one folder up from the build. */
function readVersion(): string {
  const built = import.meta.url.endsWith('.js');
  const file = new URL(built ? '../../../package.json' : '../../package.json', import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json has no version');
}

export const version = readVersion();
