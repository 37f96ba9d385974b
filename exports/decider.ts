import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiError } from '../lib/http/api-error.ts';
import type { LatchkeyReplica } from './replica-state.ts';

/** Decides on the keys of an app's requests. */
export interface Decider {
  /**
   * Decides on the key that a request presents, counts its limit, and leaves with the request whom it speaks for.
   * Calls `done` with what the request is refused with, if it is.
   * @param permission that it needs; `null`: none
   */
  admit(request: FastifyRequest, reply: FastifyReply, permission: string | null, done: Done): void;
  /** Decides once more when the body of the request is there, which may have taken its time. */
  readmit(request: FastifyRequest, reply: FastifyReply, permission: string | null, done: Done): void;
  /** Returns whether it can decide at this instant; waits for that for a bounded time. */
  ready(): Promise<boolean>;
  /** `null`: this process has no replica. */
  replica(): LatchkeyReplica | null;
  close(): Promise<void>;
}

export type Done = (refusal?: ApiError) => void;
