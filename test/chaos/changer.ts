import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '../model/random.ts';
import type { Cluster } from './cluster.ts';
import type { Faults } from './faults.ts';
import { type Answer, requestText } from './http-client.ts';
import {
  type KeyFacts,
  type Oracle,
  type Owner,
  sessionCustomer,
  type WatchedKey,
  type WatchedSession,
} from './oracle.ts';
import type { ChangeStatistics } from './statistics.ts';
import type { TestTenant } from './tenants.ts';
import type { Verifier } from './verifier.ts';

export interface ChangerOptions {
  cluster: Cluster;
  oracle: Oracle;
  verifier: Verifier;
  faults: Faults;
  random: SeededRandom;
  statistics: ChangeStatistics;
  tenant: TestTenant;
  /** Told of what the background load may present. */
  watch: { key: (key: WatchedKey) => void; session: (session: WatchedSession) => void };
  /** A key that may deactivate and activate the tenant. */
  operatorKey: string;
  /** From the beginning of a change to that of the next one, if it isn't answered later; 0: none waits. */
  intervalMs: number;
}

const minKeys = 3;
const maxKeys = 30;
const keysCheckedAtOnce = 4;
const minSessions = 3;
const retryMs = 100;
const maxAttempts = 600;
const keysPath = '/v1/secrets/api/keys';
const sessionsPath = `/v1/customers/portal/${sessionCustomer}`;
/** In the order of the answer. */
const choosablePermissions = ['customers:read', 'customers:write', 'environments:read', 'keys:read'];

/** One attempt at a change: each may say something else, such as an expiry in the future. */
interface Attempt {
  /** `null`: it changes nothing. */
  kind: 'key' | 'environment' | 'tenant' | 'user' | 'session' | null;
  method: string;
  path: string;
  key: string;
  body?: object;
  /** Called before it is sent. @returns what to call when it was made */
  begin(): () => void;
}

/** Changes the keys, the sessions and the user of one tenant, one after the other, through any replica, and has each change checked at once. */
export class Changer {
  readonly #options: ChangerOptions;
  readonly #keys: WatchedKey[] = [];
  readonly #sessions: WatchedSession[] = [];

  constructor(options: ChangerOptions) {
    this.#options = options;
  }

  /** Creates what the load can present from the beginning. */
  async prepare(): Promise<void> {
    while (this.#lacksKeys || this.#lacksSessions) await this.#makeAny();
  }

  /** Makes changes until `isOver` says so, and leaves nothing switched off. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const nextMs = performance.now() + this.#options.intervalMs;
      await this.#makeAny();
      const restMs = nextMs - performance.now();
      if (restMs > 0) await delay(restMs);
    }
  }

  get #lacksKeys(): boolean {
    return this.#keys.length < minKeys;
  }

  get #lacksSessions(): boolean {
    return this.#sessions.length < minSessions;
  }

  async #makeAny(): Promise<void> {
    const { random } = this.#options;
    if (this.#lacksKeys) return this.#create();
    if (this.#lacksSessions) return this.#issueSession();
    const key = random.pick(this.#keys);
    if (key === undefined) return;
    const dice = random.next();
    if (dice < 0.15) return this.#keys.length < maxKeys ? this.#create() : this.#delete(key);
    if (dice < 0.25) return this.#delete(key);
    if (dice < 0.45) return this.#patch(key, () => ({ active: !key.facts.latest.active }));
    if (dice < 0.55) return this.#patch(key, () => ({ permissions: this.#anyPermissions() }));
    if (dice < 0.65) return this.#changeExpiry(key);
    if (dice < 0.7) return this.#toggleEnvironment();
    if (dice < 0.75) return this.#toggleTenant();
    if (dice < 0.85) return this.#toggleUser();
    return dice < 0.95 ? this.#revokeSession() : this.#revokeAllSessions();
  }

  async #create(): Promise<void> {
    const { oracle, tenant, watch } = this.#options;
    const permissions = this.#anyPermissions();
    const isOfUser = this.#options.random.chance(0.5);
    const user = isOfUser ? { user_id: tenant.userId } : {};
    const answer = await this.#make(() => ({
      kind: 'key',
      method: 'POST',
      path: keysPath,
      key: tenant.operatorKey,
      body: { name: 'Chaos', permissions, ...user },
      begin: () => () => {}, // Nobody knows the key before the answer.
    }));
    const created = JSON.parse(answer.body);
    const facts = { exists: true, active: true, expiresAtMs: null, permissions };
    const owners = [tenant.active, tenant.environmentActive, ...(isOfUser ? [tenant.userActive] : [])];
    const key = oracle.watch(created.secret.id, created.api_key, facts, owners);
    this.#keys.push(key);
    watch.key(key);
    await this.#options.verifier.check([key]);
  }

  async #delete(key: WatchedKey): Promise<void> {
    this.#keys.splice(this.#keys.indexOf(key), 1);
    await this.#make(() => ({
      kind: 'key',
      method: 'DELETE',
      path: `${keysPath}/${key.id}`,
      key: this.#options.tenant.operatorKey,
      begin: () => key.facts.begin({ ...key.facts.latest, exists: false }),
    }));
    await this.#options.verifier.check([key]);
  }

  /** @param change asked for anew at each attempt */
  async #patch(key: WatchedKey, change: () => Partial<KeyFacts>): Promise<void> {
    const before = key.facts.latest;
    const wanted = change();
    await this.#make(() => {
      const state = { ...before, ...(wanted.expiresAtMs ? change() : wanted) };
      return {
        kind: 'key',
        method: 'PATCH',
        path: `${keysPath}/${key.id}`,
        key: this.#options.tenant.operatorKey,
        body: {
          status: state.active ? 'active' : 'inactive',
          permissions: state.permissions,
          // One that has passed can't be set again, and stands anyway.
          ...('expiresAtMs' in wanted && { expires_at: timeOf(state.expiresAtMs) }),
        },
        begin: () => key.facts.begin(state),
      };
    });
    await this.#options.verifier.check([key]);
  }

  async #changeExpiry(key: WatchedKey): Promise<void> {
    if (key.facts.latest.expiresAtMs !== null) return this.#patch(key, () => ({ expiresAtMs: null }));
    const inMs = Math.round(this.#options.random.between(200, 1_500));
    return this.#patch(key, () => ({ expiresAtMs: Date.now() + inMs }));
  }

  async #toggleEnvironment(): Promise<void> {
    const { operatorKey, environmentId, environmentActive } = this.#options.tenant;
    await this.#toggle('environment', environmentActive, `/v1/environments/${environmentId}`, operatorKey);
  }

  async #toggleTenant(): Promise<void> {
    const { id, active } = this.#options.tenant;
    await this.#toggle('tenant', active, `/v1/tenants/${id}`, this.#options.operatorKey);
  }

  async #toggleUser(): Promise<void> {
    const { operatorKey, userId, userActive } = this.#options.tenant;
    await this.#toggle('user', userActive, `/v1/users/${userId}`, operatorKey);
  }

  /** Off and on again: nothing else can be changed meanwhile. */
  async #toggle(kind: Attempt['kind'], owner: Owner, path: string, key: string): Promise<void> {
    for (const active of [false, true]) {
      const body = { status: active ? 'active' : 'inactive' };
      await this.#make(() => ({
        kind,
        method: 'PATCH',
        path,
        key,
        body,
        begin: () => owner.begin(active),
      }));
      await this.#options.verifier.check([...this.#someKeys(), ...this.#sessions]);
    }
  }

  async #issueSession(): Promise<void> {
    const { oracle, tenant, watch, verifier } = this.#options;
    const answer = await this.#make(() => ({
      kind: null,
      method: 'GET',
      path: sessionsPath,
      key: tenant.operatorKey,
      begin: () => () => {}, // Nobody knows the session before the answer.
    }));
    const { session_id, token } = JSON.parse(answer.body);
    const session = oracle.watchSession(session_id, token, [tenant.active, tenant.environmentActive]);
    this.#sessions.push(session);
    watch.session(session);
    await verifier.check([session]);
  }

  async #revokeSession(): Promise<void> {
    const session = this.#options.random.pick(this.#sessions);
    if (session !== undefined) await this.#revoke([session], `${sessionsPath}/sessions/${session.id}`);
  }

  async #revokeAllSessions(): Promise<void> {
    await this.#revoke([...this.#sessions], `${sessionsPath}/sessions`);
  }

  async #revoke(sessions: WatchedSession[], path: string): Promise<void> {
    for (const session of sessions) this.#sessions.splice(this.#sessions.indexOf(session), 1);
    await this.#make(() => ({
      kind: 'session',
      method: 'DELETE',
      path,
      key: this.#options.tenant.operatorKey,
      begin: () => {
        const made = sessions.map(({ revoked }) => revoked.begin(true));
        return () => {
          for (const done of made) done();
        };
      },
    }));
    await this.#options.verifier.check([...sessions, ...this.#sessions]);
  }

  #someKeys(): WatchedKey[] {
    const start = this.#options.random.below(this.#keys.length);
    return this.#keys.slice(start, start + keysCheckedAtOnce);
  }

  #anyPermissions(): string[] {
    const { random } = this.#options;
    const chosen = choosablePermissions.filter(() => random.chance(0.5));
    return chosen.length > 0 ? chosen : ['customers:read'];
  }

  /** Tries, each time through another replica, until the change is answered as made. */
  async #make(attempt: () => Attempt): Promise<Answer> {
    for (let attempts = 1; attempts <= maxAttempts; attempts += 1) {
      const answer = await this.#try(attempt());
      if (answer !== null) return answer;
      await delay(retryMs);
    }
    throw new Error(`A change was not made in ${maxAttempts} attempts`);
  }

  async #try({ kind, method, path, key, body, begin }: Attempt): Promise<Answer | null> {
    const { cluster, faults, random, statistics } = this.#options;
    const replica = random.pick(cluster.replicas);
    if (replica === undefined) return null;
    const text = requestText(method, path, key, body);
    const weather = faults.watch(replica);
    const made = begin();
    const sentMs = performance.now();
    const answer = await replica.control.request(text).catch(() => null);
    const latencyMs = performance.now() - sentMs;
    const succeeded = answer !== null && answer.status >= 200 && answer.status < 300;
    if (succeeded) made();
    statistics.count(kind, `${method} ${path}`, weather(), latencyMs, answer);
    return succeeded ? answer : null;
  }
}

const timeOf = (instantMs: number | null): string | null =>
  instantMs === null ? null : new Date(instantMs).toISOString();
