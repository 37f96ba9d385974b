import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { alternate, atLeast, type Contender, ratioFigure } from '../alternate.ts';
import { execute } from '../databases.ts';
import { uniform } from '../generator.ts';
import { plaintextOf } from '../population.ts';
import type { Scenario } from '../scenario.ts';
import { repository, type ServerProcess, type ServerProgram, startServer } from '../server-process.ts';
import { authenticatedPath, latchkey } from '../settings.ts';
import { smallPopulation } from './populations.ts';

const keyCount = 100_000;
const folder = path.join(repository, 'bench/peers');
const bearerHeader = 'Authorization: Bearer ';

const ours = 'Latchkey, 100 k keys';
const hook = 'a Fastify hook that asks PostgreSQL, 100 k keys';
const betterAuth = 'better-auth with its API-key plugin, 100 k keys';
const passport = 'Express with passport-headerapikey and PostgreSQL, 100 k keys';
const bearerOne = '@fastify/bearer-auth, 1 key';
const bearerHundred = '@fastify/bearer-auth, 100 keys';

/** The same work by others: authenticate this request, and answer 200 with the tenant. */
export const peers: Scenario = async ({ databases, placement, rounds }) => {
  install();
  const databaseUrl = await databases.withKeys(smallPopulation);
  const betterAuthUrl = await databases.empty('better_auth');
  await fillBetterAuth(betterAuthUrl);
  const started: ServerProcess[] = [];
  const start = async (program: ServerProgram): Promise<ServerProcess> => {
    const server = await startServer(program, placement);
    started.push(server);
    return server;
  };
  try {
    const sources = [uniform(keyCount)];
    const asPeer = async (label: string, file: string, env: Record<string, string>): Promise<Contender> => {
      return { label, server: await start(peer(file, env)), path: '/tenant', sources };
    };
    const asBearer = async (label: string, keys: number): Promise<Contender> => ({
      ...(await asPeer(label, 'bearer-auth.mjs', { KEYS: String(keys) })),
      header: bearerHeader,
      sources: [uniform(keys)],
    });
    const comparison = await alternate(
      'peers',
      [
        { label: ours, server: await start(latchkey(databaseUrl)), path: authenticatedPath, sources },
        await asBearer(bearerOne, 1),
        await asBearer(bearerHundred, 100),
        await asPeer(hook, 'postgres-hook.mjs', { DATABASE_URL: databaseUrl }),
        await asPeer(passport, 'express-passport.mjs', { DATABASE_URL: databaseUrl }),
        await asPeer(betterAuth, 'better-auth.mjs', { DATABASE_URL: betterAuthUrl }),
      ],
      rounds,
    );
    const against = (label: string, goal: number | null) =>
      ratioFigure(comparison, `hot / ${label}`, ours, label, goal === null ? null : atLeast(goal));
    return {
      figures: [
        against(hook, 3),
        against(betterAuth, 20),
        against(bearerOne, 0.95),
        against(bearerHundred, 1),
        against(passport, null),
      ],
      comparisons: [comparison],
      curves: [],
      notes: [
        'PostgreSQL runs beside the generator, not on the core of the server: it helps those who ask it.',
        'Versions: bench/peers/package.json. No peer writes a log line.',
      ],
    };
  } finally {
    for (const server of started.reverse()) await server.stop();
  }
};

const peer = (file: string, env: Record<string, string>): ServerProgram => ({
  file: `bench/peers/${file}`,
  env,
  readyPath: '/tenant',
  readyHeaders: { 'x-api-key': plaintextOf(0), authorization: `Bearer ${plaintextOf(0)}` },
});

/** Installs the peers if that hasn't been done since their versions were last changed. */
function install(): void {
  if (existsSync(path.join(folder, 'node_modules/.package-lock.json'))) return;
  console.log('  installing the peers into bench/peers/node_modules');
  execFileSync('npm', ['ci', '--no-progress', '--loglevel=error'], { cwd: folder, stdio: 'inherit' });
}

/** Makes its tables as it does itself, and fills in keys as it hashes them: SHA-256 in base64url. */
async function fillBetterAuth(databaseUrl: string): Promise<void> {
  const program = path.join(folder, 'better-auth-migrate.mjs');
  execFileSync(process.execPath, [program], {
    env: { ...process.env, NODE_ENV: 'production', DATABASE_URL: databaseUrl },
    stdio: 'inherit',
  });
  await execute(
    databaseUrl,
    `INSERT INTO apikey (id, "configId", "referenceId", prefix, name, start, key, enabled, "rateLimitEnabled",
                         "rateLimitTimeWindow", "rateLimitMax", "requestCount", "createdAt", "updatedAt")
     SELECT md5(i::text), 'default', 'tenant_' || md5((i / 500)::text), 'env_' || md5(i::text),
            'user_' || md5(i::text), '000000',
            translate(trim(trailing '=' FROM encode(sha256(lpad(to_hex(i), 64, '0')::bytea), 'base64')), '+/', '-_'),
            true, true, 86400000, 1000000000, 0, now(), now()
       FROM generate_series(0, ${keyCount - 1}) i;
     ANALYZE`,
  );
}
