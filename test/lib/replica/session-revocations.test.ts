import fc from 'fast-check';
import t from 'tap';
import { type SessionRevocation, SessionRevocations } from '../../../lib/replica/session-revocations.ts';
import type { Session } from '../../../lib/sessions/session.ts';

const hourMs = 3_600_000;

const sessionOf = (n: number, expiresAtMs: number, generation = 0): Session => ({
  id: `sess_${n}`,
  customerId: 'cust_1',
  tenantId: 'tenant_1',
  environmentId: 'env_1',
  generation,
  expiresAtMs,
});

const revocationOf = ({ id, customerId, expiresAtMs }: Session): SessionRevocation => ({
  kind: 'session',
  customerId,
  sessionId: id,
  expiresAtMs,
});

t.test('memory is bounded by what has not expired', async (t) => {
  let nowMs = 0;
  const revocations = new SessionRevocations(() => nowMs);
  let largest = 0;
  for (let n = 0; n < 200_000; n++) {
    nowMs += 1_000;
    revocations.add(revocationOf(sessionOf(n, nowMs + hourMs)));
    largest = Math.max(largest, revocations.size);
  }
  t.ok(largest <= 2 * 3_600 + 1_000, `at most ${largest}`);
  for (let n = 200_000 - 3_600; n < 200_000; n++) {
    if (!revocations.isRevoked(sessionOf(n, 0))) t.fail(`session ${n} is forgotten`);
  }
});

t.test('what was forgotten has expired, whatever a clock says that was set back', async (t) => {
  let nowMs = 10 * hourMs;
  const revocations = new SessionRevocations(() => nowMs);
  const revoked = sessionOf(0, nowMs + 1);
  revocations.add(revocationOf(revoked));
  nowMs += 2;
  for (let n = 1; n <= 1_000; n++) revocations.add(revocationOf(sessionOf(n, nowMs + hourMs)));
  nowMs -= hourMs;
  t.notOk(revocations.isRevoked(revoked), 'it is forgotten');
  t.ok(revocations.hasForgotten(revoked.expiresAtMs));
  t.notOk(revocations.hasForgotten(nowMs + hourMs), 'and what may be valid yet is not');
});

/** Which sessions an event is about, and how they relate. */
const eventArbitrary = fc.record({
  customer: fc.nat(2),
  session: fc.option(fc.nat(3)),
  generation: fc.nat(4),
  lifetimeMs: fc.integer({ min: 1, max: 50 }),
});

t.test('it agrees with a list of all revocations, each once or twice', async () => {
  fc.assert(
    fc.property(fc.array(eventArbitrary, { maxLength: 60 }), fc.boolean(), (events, twice) => {
      const revocations = new SessionRevocations(() => 0);
      const all: { customer: number; session: number | null; generation: number }[] = [];
      for (const { customer, session, generation, lifetimeMs } of events) {
        all.push({ customer, session, generation });
        const common = { customerId: `cust_${customer}`, expiresAtMs: lifetimeMs };
        const revocation: SessionRevocation =
          session === null
            ? { kind: 'customer', generation, ...common }
            : { kind: 'session', sessionId: `sess_${session}`, ...common };
        revocations.add(revocation);
        if (twice) revocations.add(revocation);
      }
      for (const customer of [0, 1, 2]) {
        for (const id of [0, 1, 2, 3]) {
          for (const generation of [0, 1, 2, 3, 4]) {
            const expected = all.some(
              (one) =>
                one.customer === customer &&
                (one.session === null ? generation < one.generation : one.session === id),
            );
            const session = { ...sessionOf(id, 1, generation), customerId: `cust_${customer}` };
            if (revocations.isRevoked(session) !== expected) return false;
          }
        }
      }
      return true;
    }),
  );
});
