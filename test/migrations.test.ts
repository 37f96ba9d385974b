/** While a version is rolled out, replicas of the one before go on, on the schema of the new one. */
import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';
import t from 'tap';
import { createEmptyDatabase } from './helper.ts';

/** The last migration of the time before the first release, when columns could be dropped. */
const lastFree = '009-usage.sql';

/**
 * Exceptions, in which migrations may remove or tighten something, because no version before the last release uses it: an entry for each, as
 * a failure of the test below says it, with the release that stopped using it as its value.
 */
const contracted: Readonly<Record<string, string>> = {};

const folder = new URL('../migrations/', import.meta.url);

interface Column {
  type: string;
  /** True if a row may leave it out. */
  optional: boolean;
}

/** Every column of the service's tables, by `table.column`. */
async function columnsOf(client: Client): Promise<Map<string, Column>> {
  const { rows } = await client.query<{ name: string } & Column>(`
    SELECT format('%s.%s', relname, attname) AS name, format_type(atttypid, atttypmod) AS type,
           NOT attnotnull OR atthasdef OR attidentity <> '' AS optional
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped`);
  return new Map(rows.map(({ name, ...column }) => [name, column]));
}

const tableOf = (name: string): string => name.slice(0, name.indexOf('.'));

/** Returns what a replica that knows only the schema before would fail on, in words. */
function breaksOf(before: ReadonlyMap<string, Column>, after: ReadonlyMap<string, Column>): string[] {
  const tables = new Set([...before.keys()].map(tableOf));
  const taken = [...before].flatMap(([name, { type, optional }]) => {
    const now = after.get(name);
    if (now === undefined) return [`${name} is gone`];
    if (now.type !== type) return [`${name} is ${now.type}, and was ${type}`];
    return optional && !now.optional ? [`${name} must be given, and needn't before`] : [];
  });
  const demanded = [...after].flatMap(([name, { optional }]) =>
    !optional && !before.has(name) && tables.has(tableOf(name)) ? [`${name} is new, and must be given`] : [],
  );
  return [...taken, ...demanded];
}

async function openDatabase(): Promise<Client> {
  const client = new Client({ connectionString: await createEmptyDatabase(t) });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

t.test('a migration takes nothing away that the version before uses', async (t) => {
  const client = await openDatabase();
  const names = (await readdir(folder)).sort();
  t.ok(names.includes(lastFree));
  for (const name of names) {
    const before = await columnsOf(client);
    await client.query(await readFile(new URL(name, folder), 'utf8'));
    if (name <= lastFree) continue;
    const breaks = breaksOf(before, await columnsOf(client)).filter((text) => !(text in contracted));
    t.same(breaks, [], `${name}: expand first, and contract a release later (CONTRIBUTING.md)`);
  }
});

t.test('a migration that breaks the rule would be seen', async (t) => {
  const client = await openDatabase();
  await client.query('CREATE TABLE keys (id text PRIMARY KEY, name text, uses integer DEFAULT 0 NOT NULL)');
  const cases: [string, string[]][] = [
    ['ALTER TABLE keys DROP COLUMN name', ['keys.name is gone']],
    ['ALTER TABLE keys RENAME COLUMN name TO title', ['keys.name is gone']],
    ['ALTER TABLE keys RENAME TO secrets', ['keys.id is gone', 'keys.name is gone', 'keys.uses is gone']],
    ['DROP TABLE keys', ['keys.id is gone', 'keys.name is gone', 'keys.uses is gone']],
    ['ALTER TABLE keys ALTER COLUMN uses TYPE bigint', ['keys.uses is bigint, and was integer']],
    ['ALTER TABLE keys ALTER COLUMN name SET NOT NULL', ["keys.name must be given, and needn't before"]],
    ['ALTER TABLE keys ALTER COLUMN uses DROP DEFAULT', ["keys.uses must be given, and needn't before"]],
    ['ALTER TABLE keys ADD COLUMN owner text NOT NULL', ['keys.owner is new, and must be given']],
    ["ALTER TABLE keys ADD COLUMN owner text NOT NULL DEFAULT ''", []],
    ['ALTER TABLE keys ADD COLUMN owner text', []],
    ['CREATE TABLE owners (id text PRIMARY KEY)', []],
  ];
  const before = await columnsOf(client);
  for (const [statement, expected] of cases) {
    await client.query(`BEGIN; ${statement}`);
    t.same(breaksOf(before, await columnsOf(client)), expected, statement);
    await client.query('ROLLBACK');
  }
});
