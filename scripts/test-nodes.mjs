// Runs the fast tests on each Node that is supported: `node scripts/test-nodes.mjs [20 22 …]`. The npm package `node`
// brings the binaries, into a folder of the system that is kept for the next time.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const supported = ['20', '22', '24', '26'];
const given = process.argv.slice(2);
const versions = given.length > 0 ? given : supported;

/** Installs a version of Node once. Returns the folder of its binary. */
function install(version) {
  const folder = path.join(tmpdir(), `latchkey-node-${version}`);
  const binaries = path.join(folder, 'node_modules', 'node', 'bin');
  if (existsSync(path.join(binaries, 'node'))) return binaries;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${version}`], {
    cwd: folder,
    stdio: 'inherit',
  });
  return binaries;
}

/** Returns whether the fast tests pass on a version of Node. */
function passes(version) {
  const binaries = install(version);
  const PATH = `${binaries}${path.delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH };
  const exact = execFileSync(path.join(binaries, 'node'), ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\nNode ${exact}`);
  return spawnSync('npm', ['run', '--silent', 'test:fast'], { env, stdio: 'inherit' }).status === 0;
}

const results = versions.map((version) => ({ version, passed: passes(version) }));
for (const { version, passed } of results) console.log(`Node ${version}: ${passed ? 'passed' : 'FAILED'}`);
if (results.some(({ passed }) => !passed)) process.exitCode = 1;
