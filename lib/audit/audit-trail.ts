import type { AuditEvent } from '../../schemas/audit.ts';
import { invalid } from '../http/api-error.ts';

export interface TrailPage {
  items: AuditEvent[];
  next_cursor: string | null;
}

/**
 * A page of a trail, the newest events first. What is added meanwhile comes before it, and moves nothing.
 * @param list the newest events before a number, at most so many
 * @throws ApiError `validation_error` for a cursor that is none
 */
export async function readPage(
  query: { cursor?: string; limit: number },
  list: (before: number, limit: number) => Promise<AuditEvent[]>,
): Promise<TrailPage> {
  const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : seqOfCursor(query.cursor);
  // One more than requested shows whether there is a next page.
  const events = await list(before, query.limit + 1);
  const items = events.slice(0, query.limit);
  const last = items.at(-1);
  return {
    items,
    next_cursor: last !== undefined && events.length > query.limit ? cursorOf(last.seq) : null,
  };
}

/** A place in a trail, as clients keep it: opaque, so that nobody counts on what is in it. */
const cursorOf = (seq: number): string => Buffer.from(`seq:${seq}`).toString('base64url');

function seqOfCursor(cursor: string): number {
  const [, digits] = /^seq:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (digits === undefined) throw invalid('querystring/cursor', 'is not a valid cursor');
  return Number(digits);
}
