import { Confirmations } from '../../lib/replication/confirmations.ts';
import { Lease } from '../../lib/replication/lease.ts';
import { Replica } from '../../lib/replication/replica.ts';
import { DatabaseClient, type Statement, type Trip } from './database-client.ts';
import type { Parts } from './schedule.ts';
import type { DatabaseObserver, Edit } from './simulated-database.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { Timeline } from './timeline.ts';

const PROMPT: Trip = { fate: 'answered', requestMs: 1, answerMs: 1 };

/**
 * One schedule that is too rare to wait for. An announcement is given up by its sender, and a second one
 * succeeds. The first sync has read the feed and is held up before it renews; meanwhile a writer waits the
 * row out, deletes it and answers a change. Now the first announcement comes to the server after all and
 * inserts the row again, and the sync goes on and finds it.
 *
 * Returns whether the replica then decides by the state before the answered change.
 */
export async function lateAnnouncement(parts: Parts): Promise<boolean> {
  const timeline = new Timeline();
  const stalls = { renew: [1_500] };
  const observer: DatabaseObserver = {
    stallMs: (statement) => (statement === 'renew' ? (stalls.renew.shift() ?? 0) : 0),
    interleavingPoint: () => {},
    feedGrown: () => {},
    acknowledged: () => {},
    trace: () => {},
  };
  const database = parts.database(timeline, observer);
  const announcements: Trip[] = [
    { fate: 'answer lost', requestMs: 2_400, answerMs: 1 },
    { fate: 'answered', requestMs: 1, answerMs: 1_000 },
  ];
  const network = {
    trip: (statement: Statement) => (statement === 'announce' ? (announcements.shift() ?? PROMPT) : PROMPT),
    loadMs: () => 1,
  };
  const process = new SimulatedProcess(timeline, { rate: 1, wallOffsetMs: 0 }, () => {});
  const client = new DatabaseClient({
    timeline,
    network,
    database,
    process,
    keys: 1,
    release: 2,
    decode: parts.decode,
  });
  const common = { database: client, timers: process, random: () => 0, onError: () => {} };
  const lease = new Lease(process, { leaseMs: 2_000, marginMs: 200 });
  let known = -1;
  const state = { clear: () => {}, apply: ({ edit }: Edit) => (known = edit) };
  new Replica({ ...common, id: 'replica', state, lease, maxEventsPerSync: 10 }).start();

  const confirmations = new Confirmations({ ...common, clock: process, pollMs: 50 });
  let answered = 0;
  let guilty = false;
  const change = async (): Promise<void> => {
    const [committed] = await client.change([0], 'known');
    if (committed === undefined) return;
    const { confirmed } = await confirmations.confirm(committed.seq, 10_000);
    if (confirmed) answered = Math.max(answered, committed.edit);
  };
  timeline.after(100, () => void change());
  timeline.after(1_500, () => void change());
  while (timeline.advance(4_000)) {
    for (let round = 0; round < 16; round += 1) await undefined;
    guilty ||= lease.isValid() && known < answered;
  }
  return guilty;
}
