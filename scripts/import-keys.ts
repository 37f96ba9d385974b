/**
 * Imports keys of another system by their SHA-256, in requests of up to 10,000, with a progress bar: see
 * docs/import.md. A request that can't be answered now is repeated, and keys that exist already are passed over,
 * so that an import that was interrupted is just started again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const usage = `Usage: LATCHKEY_API_KEY=… npm run import-keys -- [options] FILE
  FILE                  lines of JSON as the API takes them, or of CSV: hash,name
  --permissions=A,B     of the keys whose line names none, such as customers:read; none, if not said
  --demo=COUNT          instead of a file, makes up so many keys that nobody has
  --url=URL             where Latchkey is (http://localhost:8080)
  --batch=COUNT         keys in a request, up to 10000, which is what is taken if not said
  --dry-run             only says what would be wrong`;

interface Row {
  hash: string;
  name: string;
  permissions: string[];
}

/** A key to import, and the line that it stands in, from 1. */
interface Entry {
  line: number;
  row: Row;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    permissions: { type: 'string', default: '' },
    demo: { type: 'string' },
    url: { type: 'string', default: 'http://localhost:8080' },
    batch: { type: 'string', default: '10000' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const [file] = positionals;
const apiKey = process.env['LATCHKEY_API_KEY'] ?? '';
const batchSize = Number(options.batch);
/** Never those of the calling key, which the API gives to a key that comes without: it may do much more. */
const permissions = options.permissions.split(',').filter((permission) => permission !== '');
const demoCount = options.demo === undefined ? null : Number(options.demo);
if (
  apiKey === '' ||
  !(batchSize >= 1 && batchSize <= 10_000) ||
  (file === undefined) === (demoCount === null)
) {
  console.error(usage);
  process.exit(2);
}

const endpoint = new URL(`/v1/secrets/api/keys/import?dry_run=${options['dry-run']}`, options.url);

/** How long one answer is waited for, and how often a request is repeated, a second apart. */
const answerTimeoutMs = 30_000;
const maxAttempts = 60;

function* demoEntries(count: number): Generator<Entry> {
  for (let line = 1; line <= count; line += 1) {
    const hash = createHash('sha256').update(randomBytes(32)).digest('hex');
    yield { line, row: { name: `Demo key ${line}`, hash, permissions } };
  }
}

async function* fileEntries(lines: AsyncIterable<string>): AsyncGenerator<Entry> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() !== '')
      yield { line, row: text.startsWith('{') ? rowOfJson(text, line) : rowOfCsv(text) };
  }
}

function rowOfJson(text: string, line: number): Row {
  try {
    return { permissions, ...JSON.parse(text) };
  } catch {
    throw new Error(`line ${line} is not valid JSON`);
  }
}

/** A name with a comma in it may stand in quotes, as in RFC 4180, or not. */
function rowOfCsv(line: string): Row {
  const [hash = ''] = line.split(',', 1);
  const name = line.slice(hash.length + 1);
  const quoted = /^"(.*)"$/.exec(name)?.[1];
  return { hash, name: quoted?.replaceAll('""', '"') ?? name, permissions };
}

async function* batchesOf(entries: Source['entries']): AsyncGenerator<Entry[]> {
  let batch: Entry[] = [];
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

interface Mistake {
  path: string;
  message: string;
}

/** @returns how many of the keys existed already */
async function send(batch: Entry[]): Promise<number> {
  const { status, mistakes, text } = await post(batch.map(({ row }) => row));
  if (status < 300) return 0;
  const known = new Set(mistakes.map(({ path }) => Number(path.split('/')[1])));
  if (status === 409 && known.size > 0) {
    const rest = batch.filter((_, index) => !known.has(index));
    if (rest.length > 0) await send(rest);
    return known.size;
  }
  for (const { path, message } of mistakes) {
    const [, index, ...field] = path.split('/');
    console.error(`\nline ${batch[Number(index)]?.line}: ${field.join('/')} ${message}`);
  }
  const count = batch.length.toLocaleString('en');
  if (mistakes.length > 0) throw new Error(`None of these ${count} keys was imported.`);
  throw new Error(`Latchkey answered ${status}: ${text.slice(0, 300)}`);
}

async function post(rows: Row[]): Promise<{ status: number; mistakes: Mistake[]; text: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
        body: JSON.stringify(rows),
        signal: AbortSignal.timeout(answerTimeoutMs),
      });
      const text = await response.text();
      const mayPass = response.status === 429 || response.status === 503;
      if (!mayPass || attempt === maxAttempts) {
        return { status: response.status, mistakes: mistakesIn(response, text), text };
      }
    } catch {
      if (attempt === maxAttempts) throw new Error(`${endpoint.origin} does not answer`);
      if (attempt === 1) console.error(`\n${endpoint.origin} does not answer: trying again for a minute`);
    }
    await delay(1_000);
  }
}

/** A proxy that refuses for us may have said anything. */
function mistakesIn({ ok, headers }: Response, text: string): Mistake[] {
  const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
  return ok || !isJson ? [] : (JSON.parse(text).error?.details ?? []);
}

/** The source of the keys, and the share of it that has been read: 0 to 1. */
interface Source {
  entries: AsyncIterable<Entry> | Iterable<Entry>;
  shareRead(done: number): number;
}

const demoSource = (count: number): Source => ({
  entries: demoEntries(count),
  shareRead: (done) => done / count,
});

function fileSource(path: string): Source {
  const { size } = statSync(path);
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  return { entries: fileEntries(lines), shareRead: () => input.bytesRead / size };
}

const barLength = 40;

function showProgress(done: number, share: number, elapsedMs: number): void {
  const bar = '#'.repeat(Math.round(share * barLength)).padEnd(barLength, '.');
  const perSecond = Math.round(done / (elapsedMs / 1_000));
  const leftSeconds = Math.ceil((elapsedMs / 1_000) * (1 / share - 1));
  const rate = `${done.toLocaleString('en')} keys, ${perSecond.toLocaleString('en')} a second`;
  process.stderr.write(`\r[${bar}] ${rate}, ${leftSeconds} s left   `);
}

async function importAll(): Promise<void> {
  const startMs = performance.now();
  const source = demoCount === null ? fileSource(file ?? '') : demoSource(demoCount);
  let done = 0;
  let known = 0;
  for await (const batch of batchesOf(source.entries)) {
    known += await send(batch);
    done += batch.length;
    showProgress(done, source.shareRead(done), performance.now() - startMs);
  }
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  const imported = options['dry-run'] ? `${done - known} could be imported` : `${done - known} imported`;
  console.error(`\n${imported} in ${seconds} s, ${known} existed already`);
}

try {
  await importAll();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
