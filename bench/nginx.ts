import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../embedded-postgres/start-server.ts';
import { keepTrack } from './running.ts';
import { repository } from './server-process.ts';

/** nginx in front of an API that answers 200 at once, which nginx is itself. */
export interface Nginx {
  /** Asks Latchkey about each request, as `deploy/proxies/nginx.conf` has it. */
  decidingPort: number;
  /** Passes each request on. */
  plainPort: number;
  stop(): Promise<void>;
}

/** The version, or `null` if it isn't installed. */
export function nginxVersion(): string | null {
  const { stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return /nginx\/\S+/.exec(stderr ?? '')?.[0] ?? null;
}

/** Starts it with one worker, on the cores of the generator. @throws when it ends before it listens */
export async function startNginx(latchkeyPort: number): Promise<Nginx> {
  const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-bench-nginx-'));
  const decidingPort = await findFreePort();
  const plainPort = await findFreePort([decidingPort]);
  const apiPort = await findFreePort([decidingPort, plainPort]);
  const shipped = await readFile(path.join(repository, 'deploy/proxies/nginx.conf'), 'utf8');
  const site = shipped
    .replace('127.0.0.1:8080', `127.0.0.1:${latchkeyPort}`)
    .replace('localhost:3000', `127.0.0.1:${apiPort}`)
    .replace('listen 8000;', `listen 127.0.0.1:${decidingPort};`);
  await writeFile(path.join(folder, 'nginx.conf'), configuration(site, plainPort, apiPort));
  const args = ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf'];
  const child = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'close');
  const stop = keepTrack(async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${plainPort}/`;
  while ((await fetch(url).catch(() => null)) === null) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    await delay(5);
  }
  return { decidingPort, plainPort, stop };
}

const configuration = (site: string, plainPort: number, apiPort: number): string => `
daemon off;
pid nginx.pid;
worker_processes 1;
events {}
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  ${site}
  server {
    listen 127.0.0.1:${plainPort};
    location / {
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
  server {
    listen 127.0.0.1:${apiPort};
    location / {
      return 200;
    }
  }
}
`;
