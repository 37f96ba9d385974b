import { type Answer, send } from './canary-client.ts';
import type { Target } from './canary-targets.ts';

/** The canary's keys are known by it. */
const keyName = 'Latchkey canary';

/** A key that could not be deleted ends by itself. */
const lifetimeMs = 600_000;

/** How many leftovers are deleted at once; the others, the next time. */
const maxLeftovers = 100;

const keysPath = '/v1/secrets/api/keys';

export interface CanaryKey {
  id: string;
  plaintext: string;
}

export type Decision = 'accepted' | 'refused' | 'undecided';

/** Something else came than what was asked for. It doesn't say what: the answer may hold a key. */
class UnexpectedAnswerError extends Error {
  constructor(what: string, { status }: Answer) {
    super(`${what} was answered with ${status}`);
    this.name = 'UnexpectedAnswerError';
  }
}

/**
 * A key that permits nothing, for ten minutes at most.
 * @throws UnexpectedAnswerError, or when there is no answer
 */
export async function createKey(target: Target, apiKey: string): Promise<CanaryKey> {
  const body = {
    name: keyName,
    permissions: [],
    expires_at: new Date(Date.now() + lifetimeMs).toISOString(),
  };
  const answer = await send(target, { method: 'POST', path: keysPath, key: apiKey, body });
  if (answer.status !== 201) throw new UnexpectedAnswerError('The creation of a key', answer);
  const { secret, api_key } = JSON.parse(answer.body);
  return { id: secret.id, plaintext: api_key };
}

/** @throws UnexpectedAnswerError, or when there is no answer */
export async function deleteKey(target: Target, apiKey: string, id: string): Promise<void> {
  const answer = await send(target, { method: 'DELETE', path: `${keysPath}/${id}`, key: apiKey });
  if (answer.status !== 204) throw new UnexpectedAnswerError('The deletion of a key', answer);
}

/**
 * Deletes keys that earlier rounds left behind and that have expired: another canary may still use the others.
 * @returns whether there are others, or may be
 * @throws UnexpectedAnswerError, or when there is no answer
 */
export async function deleteLeftovers(target: Target, apiKey: string): Promise<boolean> {
  const query = new URLSearchParams({ search: keyName, order: 'asc', limit: String(maxLeftovers) });
  const answer = await send(target, { method: 'GET', path: `${keysPath}?${query}`, key: apiKey });
  if (answer.status !== 200) throw new UnexpectedAnswerError('The list of keys', answer);
  const { items }: { items: { id: string; name: string; expires_at: string | null }[] } = JSON.parse(
    answer.body,
  );
  const leftovers = items.flatMap(({ id, name, expires_at }) =>
    name === keyName && expires_at !== null ? { id, endsAtMs: Date.parse(expires_at) } : [],
  );
  const expired = leftovers.filter(({ endsAtMs }) => endsAtMs < Date.now());
  for (const { id } of expired) await deleteKey(target, apiKey, id);
  return expired.length < leftovers.length || items.length === maxLeftovers;
}

/**
 * A replica's answer to a key. An answer about something else, such as a limit, is `undecided`.
 * @throws when there is no answer
 */
export async function useKey(target: Target, { plaintext }: CanaryKey): Promise<Decision> {
  const { status } = await send(target, { method: 'GET', path: '/v1/auth/me', key: plaintext });
  if (status === 200) return 'accepted';
  return status === 401 || status === 403 ? 'refused' : 'undecided';
}
