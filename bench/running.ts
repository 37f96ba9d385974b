/** Everything that was started and must be stopped, however the bench ends. */
const running = new Set<() => Promise<void>>();
let interrupted = false;

/** Returns whether somebody stopped the bench: what fails then fails because of that. */
export const isInterrupted = (): boolean => interrupted;

/** @returns what stops it once, however often it is called, and forgets it then */
export function keepTrack(stop: () => Promise<void>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  const stopOnce = () => {
    stopped ??= stop().finally(() => running.delete(stopOnce));
    return stopped;
  };
  running.add(stopOnce);
  return stopOnce;
}

/** Stops everything, the last that was started first. */
export async function stopEverything(): Promise<void> {
  for (const stop of [...running].reverse()) {
    // What can't be stopped must not keep the rest running.
    await stop().catch((error: unknown) => console.error(error));
  }
}

/** Stops everything when the bench is interrupted. */
export function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      interrupted = true;
      console.error(`\n${signal}: stopping everything`);
      void stopEverything().then(() => process.exit(130));
    });
  }
}
