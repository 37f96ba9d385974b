import path from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { isSource, listFiles, partOf, textOf } from './fixtures/repository-files.ts';

interface Import {
  /** As written, or from the root when it is ours. */
  from: string;
  typesOnly: boolean;
}

interface Source {
  file: string;
  imports: Import[];
  /** Texts in quotes of any kind. */
  strings: string[];
  readsEnvironment: boolean;
}

function read(file: string, text: string): Source {
  const source: Source = { file, imports: [], strings: [], readsEnvironment: false };
  const add = (specifier: ts.Node | undefined, typesOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const ours = specifier.text.startsWith('.');
    const from = ours ? path.join(path.dirname(file), specifier.text) : specifier.text;
    source.imports.push({ from, typesOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsTypesOnly(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) source.strings.push(node.text);
    else if (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env')
      source.readsEnvironment = true;
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return source;
}

function importsTypesOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}

/** The parts of ours that each part of the service may import. The others, which nothing imports, may import all. */
const mayImport: Record<string, string[]> = {
  schemas: ['schemas'],
  lib: ['lib', 'schemas'],
  plugins: ['lib', 'schemas'],
  routes: ['lib', 'schemas'],
  exports: ['exports', 'lib', 'plugins', 'schemas'],
  'app.ts': ['lib', 'plugins'],
  'server.ts': ['embedded-postgres', 'lib', 'app.ts'],
  canary: ['canary', 'lib'],
  'embedded-postgres': ['embedded-postgres', 'lib'],
  'canary.ts': ['canary', 'lib'],
  'migrate.ts': ['lib'],
};

/** The folders of `lib` that are told everything: stores are handed in. */
const withoutStores = ['lib/auth/', 'lib/key-table/', 'lib/replication/'];

/** Files that may read the environment beside the configuration. */
const mayReadEnvironment = [
  'lib/config/config.ts',
  // Hands `PATH` on to the programs of PostgreSQL.
  'embedded-postgres/run-command.ts',
];

const mayHoldSql = [
  'lib/stores/',
  'lib/database/',
  'lib/replica/',
  // Makes the database itself, which the stores find there.
  'embedded-postgres/data-folder.ts',
];

const statement =
  /^\s*(SELECT|WITH|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|TRUNCATE|LOCK|LISTEN|NOTIFY|GRANT|BEGIN|COMMIT|ROLLBACK)\b/;

/** Which rules a source breaks, in words. */
function breaches({ file, imports, strings, readsEnvironment }: Source): string[] {
  const allowed = mayImport[partOf(file)];
  if (allowed === undefined) return [];
  const inLib = partOf(file) === 'lib';
  const wrong = imports.flatMap(({ from, typesOnly }) => {
    const ours = /\.(ts|mjs)$/.test(from);
    if (!ours) return (inLib || partOf(file) === 'schemas') && /^@?fastify\b/.test(from) ? [from] : [];
    if (!allowed.includes(partOf(from))) return [from];
    // Data without logic: the one value of `schemas` that lib needs.
    if (from === 'schemas/permissions.ts') return [];
    if (file.startsWith('lib/key-table/') && !from.startsWith('lib/key-table/')) return [from];
    if (file.startsWith('lib/stores/') && !typesOnly && !/^lib\/(stores|database)\//.test(from))
      return [from];
    if (inLib && partOf(from) === 'schemas' && !typesOnly) return [`${from}, and not only its types`];
    const storesForbidden = withoutStores.some((folder) => file.startsWith(folder));
    return storesForbidden && /^lib\/(stores|changes|database)\//.test(from) ? [from] : [];
  });
  const holdsSql = strings.some((text) => statement.test(text));
  return [
    ...wrong.map((from) => `${file} imports ${from}`),
    ...(holdsSql && !mayHoldSql.some((place) => file.startsWith(place)) ? [`${file} holds SQL`] : []),
    ...(readsEnvironment && !mayReadEnvironment.includes(file) ? [`${file} reads the environment`] : []),
  ];
}

t.test('the parts of the service import, ask and read only what they may', async (t) => {
  const files = (await listFiles()).filter((file) => isSource(file) && partOf(file) in mayImport);
  t.ok(files.includes('app.ts') && files.includes('lib/stores/key-store.ts'), 'the sources are found');
  for (const file of files) t.same(breaches(read(file, await textOf(file))), [], file);
});

t.test('a breach of the import map would be seen', async (t) => {
  const cases: [string, string, string[]][] = [
    ['schemas/a.ts', "import type { B } from '../lib/b.ts'", ['schemas/a.ts imports lib/b.ts']],
    [
      'lib/a.ts',
      "import { type B, C } from '../schemas/b.ts'",
      ['lib/a.ts imports schemas/b.ts, and not only its types'],
    ],
    ['lib/a.ts', "import { type B, type C } from '../schemas/b.ts'", []],
    [
      'lib/a.ts',
      "export * from '../schemas/b.ts'",
      ['lib/a.ts imports schemas/b.ts, and not only its types'],
    ],
    ['lib/a.ts', "import type { B } from '../plugins/b.ts'", ['lib/a.ts imports plugins/b.ts']],
    ['lib/a.ts', "import fp from 'fastify-plugin'", ['lib/a.ts imports fastify-plugin']],
    ['lib/a.ts', "import type { B } from '@fastify/postgres'", ['lib/a.ts imports @fastify/postgres']],
    ['lib/auth/a.ts', "import type { B } from '../stores/b.ts'", ['lib/auth/a.ts imports lib/stores/b.ts']],
    [
      'lib/replication/a.ts',
      "await import('../changes/b.ts')",
      ['lib/replication/a.ts imports lib/changes/b.ts'],
    ],
    [
      'lib/key-table/a.ts',
      "import type { B } from '../auth/b.ts'",
      ['lib/key-table/a.ts imports lib/auth/b.ts'],
    ],
    ['lib/stores/a.ts', "import { b } from '../auth/b.ts'", ['lib/stores/a.ts imports lib/auth/b.ts']],
    ['lib/stores/a.ts', "import type { B } from '../auth/b.ts'", []],
    ['plugins/a.ts', "import './b.ts'", ['plugins/a.ts imports plugins/b.ts']],
    ['plugins/a.ts', "import { build } from '../app.ts'", ['plugins/a.ts imports app.ts']],
    [
      'routes/v1/a/index.ts',
      "import b from '../../../plugins/b.ts'",
      ['routes/v1/a/index.ts imports plugins/b.ts'],
    ],
    ['routes/a/index.ts', "import { b } from '../../lib/stores/b.ts'", []],
    ['exports/a.ts', "import b from '../plugins/b.ts'", []],
    ['exports/a.ts', "import { build } from '../app.ts'", ['exports/a.ts imports app.ts']],
    ['app.ts', "import b from './exports/b.ts'", ['app.ts imports exports/b.ts']],
    ['server.ts', "import b from './plugins/b.ts'", ['server.ts imports plugins/b.ts']],
    ['app.ts', "import b from './test/helper.ts'", ['app.ts imports test/helper.ts']],
    ['lib/a.ts', 'query(`\n  SELECT 1`)', ['lib/a.ts holds SQL']],
    ['plugins/a.ts', 'query(`DELETE FROM keys WHERE id = $' + '{id}`)', ['plugins/a.ts holds SQL']],
    ['lib/stores/a.ts', "query('SELECT 1') // UPDATE", []],
    ['lib/a.ts', 'const { PORT } = process.env', ['lib/a.ts reads the environment']],
    ['lib/config/config.ts', "process.env['PORT']", []],
  ];
  for (const [file, text, expected] of cases)
    t.same(breaches(read(file, text)), expected, `${file}: ${text}`);
});

t.test('a test in test/lib lies where what it tests does', async (t) => {
  const files = await listFiles();
  const tests = files.filter((file) => /^test\/lib\/.*\.test\.ts$/.test(file));
  t.not(tests.length, 0);
  for (const test of tests) {
    // A second file about one thing is named after it: `key-table-model` is about `key-table`.
    const subject = test.replace(/^test\//, '').replace(/(-model)?\.test\.ts$/, '');
    t.ok(
      files.some((file) => file === `${subject}.ts` || file.startsWith(`${subject}/`)),
      `${test} tests ${subject}`,
    );
  }
});

t.test('no file names a place of the machine that it was written on', async (t) => {
  const places = new RegExp(
    ['work', 'root', 'home'].map((name) => `(^|[\\s'"\`(=:])/${name}/`).join('|'),
    'm',
  );
  t.match(`cp '/${'root'}/x' .`, places);
  t.notMatch('https://example.com/work/x', places);
  for (const file of await listFiles()) t.notOk(places.test(await textOf(file)), file);
});
