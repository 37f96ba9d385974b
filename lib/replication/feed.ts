import type { FeedEvent, Position } from './ports.ts';

/** The state that the events of the feed add up to. The table of keys implements it. */
export interface ReplicatedState<Change> {
  /** Forgets everything: a load begins. */
  clear(): void;
  /** Takes in one change. Taking it in twice is the same as once. Must not throw. */
  apply(change: Change): void;
}

/**
 * Applies the events that follow `position` to `state`, in order, and returns the position reached, or null if
 * an event is missing: then the state has to be loaded anew. Events that were applied before are skipped. It
 * runs to its end without giving way, so no decision sees half of it.
 */
export function applyEvents<Change>(
  state: ReplicatedState<Change>,
  position: Position,
  events: readonly FeedEvent<Change>[],
): Position | null {
  let reached = position;
  for (const event of events) {
    if (event.seq <= reached.seq) continue;
    if (event.seq !== reached.seq + 1) return null;
    state.apply(event.change);
    reached = event;
  }
  return { seq: reached.seq, eventId: reached.eventId };
}
