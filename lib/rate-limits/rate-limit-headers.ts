import type { RequestCount } from './request-count.ts';

interface Reply {
  header(name: string, value: number): unknown;
}

/** Tells a client what is left of its limit, and how many seconds until it begins anew. */
export function setRateLimitHeaders(
  reply: Reply,
  { limit, remaining, resetMs }: Omit<RequestCount, 'exceeded'>,
): void {
  reply.header('x-ratelimit-limit', limit);
  reply.header('x-ratelimit-remaining', remaining);
  reply.header('x-ratelimit-reset', secondsOf(resetMs));
}

/** Seconds for clients: rounded up, so that none comes too early. */
export const secondsOf = (resetMs: number): number => Math.ceil(resetMs / 1000);
