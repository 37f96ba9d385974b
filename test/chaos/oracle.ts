import { History, Ticks } from './history.ts';
import type { Answer } from './http-client.ts';
import { requestText } from './http-client.ts';

/** The state that a key's own changes amount to. */
export interface KeyFacts {
  exists: boolean;
  active: boolean;
  expiresAtMs: number | null;
  permissions: readonly string[];
}

/** True if the tenant, the environment or the user of a key is active. */
export type Owner = History<boolean>;

/** The keys that verifications present. */
export interface Watched {
  id: string;
  /** The verification as it goes over the wire. */
  request: string;
  owners: readonly Owner[];
  /**
   * How it may be decided on in any of the states that its own changes may have left it in between two ticks.
   * @param ownersActive whether all of its owners are active
   */
  expected(beganAt: number, endedAt: number, ownersActive: boolean, nowMs: number): string[];
}

export interface WatchedKey extends Watched {
  facts: History<KeyFacts>;
}

export interface WatchedSession extends Watched {
  revoked: History<boolean>;
}

/** When a verification began. */
export interface Beginning {
  tick: number;
  wallMs: number;
}

export interface Violation {
  replica: string;
  id: string;
  found: string;
  allowed: string[];
}

export const verificationPath = '/v1/auth/me';
const sessionPath = '/v1/customer/portal/info';

/** The time of day is read here and in the replica, at different instants. */
const clockToleranceMs = 2;

const maxViolationsKept = 20;

/** The `external_id` of the customer whose the sessions are, in each tenant. */
export const sessionCustomer = 'customer_chaos';

/** Knows what was answered when, and so which decisions are right. */
export class Oracle {
  readonly ticks = new Ticks();
  readonly counts = { decided: 0, unavailable: 0, broken: 0, violations: 0 };
  /** The first few. */
  readonly violations: Violation[] = [];

  watch(id: string, key: string, facts: KeyFacts, owners: readonly Owner[]): WatchedKey {
    const history = new History(this.ticks, facts);
    return {
      id,
      request: requestText('GET', verificationPath, key),
      facts: history,
      owners,
      expected: (beganAt, endedAt, ownersActive, nowMs) =>
        history.possible(beganAt, endedAt).map((state) => expectedOfKey(state, ownersActive, nowMs)),
    };
  }

  /** A session that lives longer than the run. */
  watchSession(id: string, token: string, owners: readonly Owner[]): WatchedSession {
    const revoked = new History(this.ticks, false);
    return {
      id,
      request: requestText('GET', sessionPath, token, undefined, 'X-Session-Token'),
      revoked,
      owners,
      expected: (beganAt, endedAt, ownersActive) =>
        revoked.possible(beganAt, endedAt).map((isRevoked) => expectedOfSession(isRevoked, ownersActive)),
    };
  }

  owner(): Owner {
    return new History(this.ticks, true);
  }

  /** To be called before a verification is sent. */
  begin(): Beginning {
    return { tick: this.ticks.next(), wallMs: Date.now() };
  }

  /** To be called with the answer to a verification. @returns whether it is right, or says that it can't tell */
  judge(watched: Watched, beginning: Beginning, answer: Answer, replica: string): boolean {
    if (answer.status === 503) {
      this.counts.unavailable += 1;
      return true;
    }
    this.counts.decided += 1;
    const found = outcomeOf(answer);
    const allowed = this.#allowed(watched, beginning);
    if (allowed.has(found)) return true;
    this.counts.violations += 1;
    if (this.violations.length < maxViolationsKept) {
      this.violations.push({ replica, id: watched.id, found, allowed: [...allowed] });
    }
    return false;
  }

  #allowed({ owners, expected }: Watched, { tick, wallMs }: Beginning): Set<string> {
    const endTick = this.ticks.next();
    const instants = [wallMs - clockToleranceMs, Date.now() + clockToleranceMs];
    const ownerStates = owners.map((owner) => owner.possible(tick, endTick));
    // Independent things: any combination of what each may be found in.
    const activeOwners = [
      ...(ownerStates.every((states) => states.includes(true)) ? [true] : []),
      ...(ownerStates.some((states) => states.includes(false)) ? [false] : []),
    ];
    const allowed = new Set<string>();
    for (const ownersActive of activeOwners) {
      for (const nowMs of instants) {
        for (const outcome of expected(tick, endTick, ownersActive, nowMs)) allowed.add(outcome);
      }
    }
    return allowed;
  }
}

function expectedOfKey(key: KeyFacts, ownersActive: boolean, nowMs: number): string {
  if (!key.exists) return '401 Invalid API key';
  if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) return '401 API key has expired';
  if (!key.active || !ownersActive) return '403 API key is inactive';
  return `200 ${key.permissions.join()}`;
}

function expectedOfSession(isRevoked: boolean, ownersActive: boolean): string {
  if (isRevoked) return '401 Session has been revoked';
  return ownersActive ? `200 ${sessionCustomer}` : '403 Session is inactive';
}

function outcomeOf({ status, body }: Answer): string {
  if (status === 200) {
    const { permissions, external_id } = JSON.parse(body);
    return `200 ${permissions?.join() ?? external_id}`;
  }
  return `${status} ${/"message":"([^"]*)"/.exec(body)?.[1]}`;
}
