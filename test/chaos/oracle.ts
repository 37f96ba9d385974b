import { History, Ticks } from './history.ts';
import type { Answer } from './http-client.ts';
import { requestText } from './http-client.ts';

/** What a key's own changes amount to. */
export interface KeyFacts {
  exists: boolean;
  active: boolean;
  expiresAtMs: number | null;
  permissions: readonly string[];
}

/** Whether the tenant or the environment of a key is active. */
export type Owner = History<boolean>;

/** A key that verifications present. */
export interface WatchedKey {
  id: string;
  /** The verification as it goes over the wire. */
  request: string;
  facts: History<KeyFacts>;
  owners: readonly Owner[];
}

/** When a verification began. */
export interface Beginning {
  tick: number;
  wallMs: number;
}

export interface Violation {
  replica: string;
  keyId: string;
  found: string;
  allowed: string[];
}

export const verificationPath = '/v1/auth/me';

/** The time of day is read here and in the replica, at different instants. */
const clockToleranceMs = 2;

const maxViolationsKept = 20;

/** Knows what was answered when, and so which decisions are right. */
export class Oracle {
  readonly ticks = new Ticks();
  readonly counts = { decided: 0, unavailable: 0, broken: 0, violations: 0 };
  /** The first few. */
  readonly violations: Violation[] = [];

  watch(id: string, key: string, facts: KeyFacts, owners: readonly Owner[]): WatchedKey {
    return {
      id,
      request: requestText('GET', verificationPath, key),
      facts: new History(this.ticks, facts),
      owners,
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
  judge(key: WatchedKey, beginning: Beginning, answer: Answer, replica: string): boolean {
    if (answer.status === 503) {
      this.counts.unavailable += 1;
      return true;
    }
    this.counts.decided += 1;
    const found = outcomeOf(answer);
    const allowed = this.#allowed(key, beginning);
    if (allowed.has(found)) return true;
    this.counts.violations += 1;
    if (this.violations.length < maxViolationsKept) {
      this.violations.push({ replica, keyId: key.id, found, allowed: [...allowed] });
    }
    return false;
  }

  #allowed({ facts, owners }: WatchedKey, { tick, wallMs }: Beginning): Set<string> {
    const endTick = this.ticks.next();
    const instants = [wallMs - clockToleranceMs, Date.now() + clockToleranceMs];
    const ownerStates = owners.map((owner) => owner.possible(tick, endTick));
    // Independent things: any combination of what each may be found in.
    const activeOwners = [
      ...(ownerStates.every((states) => states.includes(true)) ? [true] : []),
      ...(ownerStates.some((states) => states.includes(false)) ? [false] : []),
    ];
    const allowed = new Set<string>();
    for (const state of facts.possible(tick, endTick)) {
      for (const ownersActive of activeOwners) {
        for (const nowMs of instants) allowed.add(expected(state, ownersActive, nowMs));
      }
    }
    return allowed;
  }
}

function expected(key: KeyFacts, ownersActive: boolean, nowMs: number): string {
  if (!key.exists) return '401 Invalid API key';
  if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) return '401 API key has expired';
  if (!key.active || !ownersActive) return '403 API key is inactive';
  return `200 ${key.permissions.join()}`;
}

function outcomeOf({ status, body }: Answer): string {
  if (status === 200) return `200 ${JSON.parse(body).permissions.join()}`;
  return `${status} ${/"message":"([^"]*)"/.exec(body)?.[1]}`;
}
