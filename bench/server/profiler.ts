import { type Profiler, Session } from 'node:inspector/promises';

/** Finer than a millisecond, which is the default, and coarse enough to slow nothing down by much. */
const intervalMicros = 250;

/** Whose time a sample is: the share of all time in which the process did something. */
export type Profile = Record<string, number>;

/** Profiles this process, from one call to the next. */
export class ProcessProfiler {
  readonly #session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.setSamplingInterval', { interval: intervalMicros });
    await this.#session.post('Profiler.start');
  }

  async stop(): Promise<Profile> {
    const { profile } = await this.#session.post('Profiler.stop');
    this.#session.disconnect();
    return sharesOf(profile);
  }
}

function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Profile {
  const ownerOfNode = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  const micros: Profile = {};
  let total = 0;
  for (const [i, node] of samples.entries()) {
    const owner = ownerOfNode.get(node);
    if (owner === undefined || owner === idle) continue;
    const delta = timeDeltas[i] ?? 0;
    micros[owner] = (micros[owner] ?? 0) + delta;
    total += delta;
  }
  return Object.fromEntries(Object.entries(micros).map(([owner, sum]) => [owner, sum / total]));
}

const idle = '(idle)';

/** A part of the service by its file, all else in a few words. */
function ownerOf({ functionName, url }: Profiler.ProfileNode['callFrame']): string {
  if (functionName === idle) return idle;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === 'oneShotDigest') return 'SHA-256';
  if (functionName === 'writev') return 'writes to sockets, in the kernel';
  const own = /\/dist\/(?!bench\/)(.*)\.js$/.exec(url)?.[1];
  if (own !== undefined) return own;
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (library !== undefined) return library;
  if (url.includes('/dist/bench/')) return 'the handler';
  return url === '' ? 'other native code' : "Node's JavaScript";
}
