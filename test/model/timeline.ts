interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: a queue of what happens when. Entries for the same instant run in the order of their entry. */
export class Timeline {
  nowMs = 0;
  readonly #heap: Entry[] = [];
  #entered = 0;

  /** Has `run` called once, `delayMs` from now. */
  after(delayMs: number, run: () => void): void {
    const entry = { atMs: this.nowMs + delayMs, order: this.#entered++, run };
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isEarlier(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  /** Goes on to the next entry that is due by `untilMs` and runs it. False, with the time at `untilMs`, if there is none. */
  advance(untilMs: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) {
      this.nowMs = untilMs;
      return false;
    }
    this.#removeFirst();
    this.nowMs = next.atMs;
    next.run();
    return true;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const sibling = heap[childIndex + 1];
      if (sibling !== undefined && isEarlier(sibling, child)) {
        childIndex += 1;
        child = sibling;
      }
      if (!isEarlier(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}

function isEarlier(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
