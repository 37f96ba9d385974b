/** The shape of the code: where files lie and what they are named, how long functions are, how sentences begin. */
import path from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { isSource, listFiles, partOf, textOf } from './fixtures/repository-files.ts';

const production = ['lib', 'plugins', 'routes', 'schemas', 'exports', 'canary', 'embedded-postgres'];
const generated = ['exports/client-types.ts'];

const isProduction = (file: string): boolean =>
  isSource(file) && (production.includes(partOf(file)) || !file.includes('/'));

async function listSources(): Promise<string[]> {
  const files = (await listFiles()).filter((file) => isSource(file) && !generated.includes(file));
  t.ok(files.includes('app.ts') && files.includes('test/helper.ts'), 'the sources are found');
  return files;
}

const parse = (file: string, text: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

const lineOf = (node: ts.Node): number =>
  node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;

/** Returns the files that lie in `lib` itself, rather than in one of its folders. */
const looseFiles = (files: readonly string[]): string[] => files.filter((file) => /^lib\/[^/]+$/.test(file));

/** A plugin is named for the class of lib that it wraps; the programs, for their folder. */
const repeatedNames = new Set([
  ...['access-log', 'auth', 'authenticator', 'database', 'errors', 'event-streams', 'replica', 'tracing'],
  ...['canary', 'environments', 'key-import', 'permissions', 'sessions', 'events'],
]);

/** Returns the names that more than one production file has. */
function filesOfOneName(files: readonly string[]): string[] {
  const names = files.map((file) => path.basename(file).replace(/\.(ts|mjs)$/, ''));
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].filter(
    (name) => !repeatedNames.has(name),
  );
}

const maxFunctionLines = 70;
/** A subtest is a level of its own. */
const maxCallbackDepth = (file: string): number => (partOf(file) === 'test' ? 4 : 3);

/** Returns the functions that are too long, and the callbacks that are nested too deep. */
function shapeBreaches(file: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node, depth: number): void => {
    const isCallback =
      (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && ts.isCallExpression(node.parent);
    const inner = isCallback ? depth + 1 : depth;
    if (isCallback && inner > maxCallbackDepth(file))
      found.push(`${file}:${lineOf(node)} nests ${inner} callbacks`);
    if (ts.isFunctionLike(node)) {
      const lines = node.getText().split('\n').length;
      if (lines > maxFunctionLines) found.push(`${file}:${lineOf(node)} has ${lines} lines`);
    }
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(parse(file, text), 0);
  return found;
}

const opener = /^(What|Whoever|Whom|That|Whether|Where)\b/;

/** Returns the doc comments and API texts that begin with a word that makes the reader wait for the subject. */
function wordBreaches(file: string, text: string): string[] {
  const comments = [...text.matchAll(/\/\*\*\s+(?:\* )?(\w+)/g)].map(([, word]) => word ?? '');
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && /^(description|summary)$/.test(node.name.getText()))
      texts.push(/['"`](\w+)/.exec(node.initializer.getText())?.[1] ?? '');
    ts.forEachChild(node, visit);
  };
  visit(parse(file, text));
  return [...comments, ...texts].filter((word) => opener.test(word)).map((word) => `${file}: ${word} …`);
}

/** Returns the test titles that need the title above them to be understood. */
function titleBreaches(file: string, text: string): string[] {
  const titles = text.matchAll(/\btest\(\s*['"`](\w+)/g);
  return [...titles].flatMap(([, word = '']) =>
    /^(and|or|but|if|that|which|nor)$/.test(word) ? [`${file}: ${word} …`] : [],
  );
}

interface Plugin {
  file: string;
  text: string;
  name: string;
  dependencies: string[];
  /** The names that it decorates the app or its requests with. */
  decorators: string[];
}

function readPlugin(file: string, text: string): Plugin {
  // The last ones, after the plugin's function.
  const options = [...text.matchAll(/\{\s*name: '([a-z-]+)'(?:,\s*dependencies: \[([^\]]*)\])?,?\s*\}/g)].at(
    -1,
  );
  const decorators = [...text.matchAll(/\.decorate(?:Request|Reply)?\(\s*'(\w+)'/g)].map(
    ([, name = '']) => name,
  );
  return {
    ...{ file, text, name: options?.[1] ?? '', decorators },
    dependencies: [...(options?.[2] ?? '').matchAll(/'([^']+)'/g)].map(([, name = '']) => name),
  };
}

/** Their hooks are added first, and read what later plugins have decorated a request with by then. */
const readsLater: Record<string, string[]> = {
  tracing: ['auth', 'sessions'],
  'tenant-queues': ['auth', 'sessions'],
};

/** Decorators of other packages, by the plugin of ours that registers them. */
const ofPackages: Record<string, string> = { pg: 'database', swagger: 'openapi' };

/** Returns what is wrong with the names of plugins, and the dependencies that they use and don't declare. */
function pluginBreaches(plugins: readonly Plugin[]): string[] {
  const owners = new Map(Object.entries(ofPackages));
  for (const { name, decorators } of plugins) for (const decorator of decorators) owners.set(decorator, name);
  return plugins.flatMap(({ file, text, name, dependencies }) => {
    const used = [...owners].filter(([decorator]) =>
      new RegExp(
        `\\b(app|scope|request|reply)\\.${decorator}\\b|\\{[^{}]*\\b${decorator}\\b[^{}]*\\} = (app|request)\\b`,
      ).test(text),
    );
    const needed = new Set(used.map(([, owner]) => owner).filter((owner) => owner !== name));
    const missing = [...needed].filter(
      (owner) => !dependencies.includes(owner) && !readsLater[name]?.includes(owner),
    );
    return [
      ...(path.basename(file, '.ts') === name ? [] : [`${file} is named ${name}`]),
      ...missing.map((owner) => `${file} uses ${owner} and does not declare it`),
    ];
  });
}

t.test('every file of lib lies in a folder, and no two have one name', async (t) => {
  const files = (await listSources()).filter(isProduction);
  t.same(looseFiles(files), []);
  t.same(filesOfOneName(files), []);
});

t.test('no function is long, and no callback is nested deep', async (t) => {
  for (const file of await listSources()) t.same(shapeBreaches(file, await textOf(file)), [], file);
});

t.test('comments, API texts and test titles begin with their subject or verb', async (t) => {
  for (const file of await listSources()) {
    const text = await textOf(file);
    t.same(wordBreaches(file, text), [], file);
    if (partOf(file) === 'test') t.same(titleBreaches(file, text), [], file);
  }
});

t.test('every plugin has the name of its file and declares what it uses', async (t) => {
  const files = (await listSources()).filter((file) => partOf(file) === 'plugins');
  const plugins = await Promise.all(files.map(async (file) => readPlugin(file, await textOf(file))));
  t.ok(plugins.some(({ decorators }) => decorators.includes('authenticator')));
  t.same(pluginBreaches(plugins), []);
});

t.test('a breach of each rule would be seen', async (t) => {
  t.same(looseFiles(['lib/a.ts', 'lib/a/b.ts']), ['lib/a.ts']);
  t.same(filesOfOneName(['lib/a/b.ts', 'routes/b.ts', 'lib/a/c.ts']), ['b']);
  const long = `function a() {\n${'  b();\n'.repeat(69)}}`;
  t.same(shapeBreaches('a.ts', long), ['a.ts:1 has 71 lines']);
  t.same(shapeBreaches('a.ts', long.replace('  b();\n', '')), []);
  t.same(shapeBreaches('a.ts', 'a(() => b(() => c(() => d(() => 1))))'), ['a.ts:1 nests 4 callbacks']);
  t.same(shapeBreaches('a.ts', 'a(() => b(() => c(() => 1)))'), []);
  const wrongWords = `/** ${'What'} it is. */ const a = { description: ${"'Whether it is'"} };`;
  t.same(wordBreaches('a.ts', wrongWords), ['a.ts: What …', 'a.ts: Whether …']);
  t.same(wordBreaches('a.ts', '/** Returns what it is. */'), []);
  t.same(titleBreaches('a.ts', 't.te' + "st('and works', f); t.test('android works', f);"), ['a.ts: and …']);
  const owner = readPlugin('plugins/a.ts', "app.decorate('one', 1); }, { name: 'a' })");
  const user = "async (app) => { const { one } = app; }, { name: 'b', dependencies: [] }";
  t.same(pluginBreaches([owner, readPlugin('plugins/c.ts', user)]), [
    'plugins/c.ts is named b',
    'plugins/c.ts uses a and does not declare it',
  ]);
  const declared = user.replace('[]', "['a']");
  t.same(pluginBreaches([owner, readPlugin('plugins/b.ts', declared)]), []);
});
