/** Sends what it is told, until it is told to stop; then it says what came of it, and ends. */
import { constants, setPriority } from 'node:os';
import type { BackgroundCounts, BackgroundPlan } from './background-load.ts';
import { HttpClient } from './http-client.ts';
import { sendAtRate } from './send-at-rate.ts';

const maxConnections = 256;

// Requests come from other machines where it matters: what serves them comes first here.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const counts: BackgroundCounts = { answered: 0, lost: 0 };
let stopped = false;

async function run({ ports, requests, perSecond }: BackgroundPlan): Promise<void> {
  const clients = ports.map((port) => new HttpClient(port, maxConnections));
  await sendAtRate(
    perSecond,
    () => stopped,
    (number) => send(clients[number % clients.length], requests[number % requests.length]),
  );
  process.send?.(counts, () => process.exit());
}

function send(client: HttpClient | undefined, request: string | undefined): void {
  if (client === undefined || request === undefined || !client.isFree) {
    counts.lost += 1;
    return;
  }
  client.request(request).then(
    () => {
      counts.answered += 1;
    },
    () => {
      counts.lost += 1;
    },
  );
}

process.on('message', (message: BackgroundPlan | 'stop') => {
  if (message === 'stop') stopped = true;
  else void run(message);
});
process.once('disconnect', () => process.exit());
