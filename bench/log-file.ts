import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keepTrack } from './running.ts';

/** A file for the log of a server: to write to `/dev/null` would cost less than it does in production. */
export async function openLogFile(): Promise<{ descriptor: number; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-bench-log-'));
  const file = await open(path.join(folder, 'log'), 'w');
  const remove = keepTrack(async () => {
    await file.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { descriptor: file.fd, remove };
}
