import { spawn } from 'node:child_process';
import { messageOf } from './embedded-postgres-error.ts';
import type { Identity } from './privileges.ts';

const outputMaxChars = 8_192;

/**
 * All that our child processes see of our environment: where commands are found. PostgreSQL reads many `PG…`
 * variables, and ours may hold secrets. The C locale keeps its messages in the English that we recognise.
 */
export const childEnvironment = { PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** The user to run as; this process's own if undefined. */
  readonly identity?: Identity | undefined;
  /** Written to its standard input. */
  readonly input?: string;
  /** Open folder that it gets as descriptor 3. */
  readonly folderFd?: number;
}

export interface CommandResult {
  readonly ok: boolean;
  /** The end of what it wrote to its output; if it failed, of its errors, and why it could not be run or was ended. */
  readonly output: string;
}

/** Runs a short command to its end, or kills it after `timeoutMs`. Never rejects. */
export function runCommand(command: Command): Promise<CommandResult> {
  return new Promise<CommandResult>((resolve) => {
    const written = { stdout: '', stderr: '' };
    const child = spawn(command.file, command.args, {
      ...command.identity,
      cwd: '/',
      env: childEnvironment,
      stdio: ['pipe', 'pipe', 'pipe', command.folderFd ?? 'ignore'],
    });
    // Node's own `timeout` would hold the process up after a command that could not be found.
    const timer = setTimeout(() => child.kill('SIGKILL'), command.timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        written[name] = (written[name] + chunk.toString()).slice(-outputMaxChars);
      });
    }
    // A command that ends without reading its input is judged by its exit code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(command.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, output: error.message });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const cutOff = signal === null ? '' : `\n${command.file} was ended by ${signal}`;
      const output = code === 0 ? written.stdout : (written.stderr || written.stdout) + cutOff;
      resolve({ ok: code === 0, output: output.trim() });
    });
  }).catch((error: unknown) => ({ ok: false, output: messageOf(error) }));
}
