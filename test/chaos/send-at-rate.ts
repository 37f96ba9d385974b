import { setTimeout as delay } from 'node:timers/promises';

const tickMs = 1;

/** Calls `send` so many times a second, with the number of the call, whatever becomes of those before. */
export async function sendAtRate(
  perSecond: number,
  isOver: () => boolean,
  send: (number: number) => void,
): Promise<void> {
  const startMs = performance.now();
  let sent = 0;
  while (!isOver()) {
    await delay(tickMs);
    const due = ((performance.now() - startMs) * perSecond) / 1_000;
    for (; sent < due; sent += 1) send(sent);
  }
}
