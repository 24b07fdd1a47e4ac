import type { Clock, Stop } from "../clock/clock.js";

/** Something that must end in time; it lives in at most one `Deadlines`. */
export interface Timed {
  /** When, on the monotonic clock. */
  deadlineMs: number;
  /** Where it stands in the heap; -1 when it does not. */
  heapIndex: number;
  /** The time has come. Called once, after it has been taken out. */
  onDeadline(): void;
}

/**
 * The deadlines of a session behind one timer: a binary heap that knows where each entry stands, so that the usual case,
 * a call that ends in time, is an append and a removal near the end, with no timer made or cleared.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #heap: Timed[] = [];
  #timerMs = Infinity;
  #stop: Stop | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(entry: Timed): void {
    const heap = this.#heap;
    entry.heapIndex = heap.length;
    heap.push(entry);
    this.#rise(entry);
    if (entry.deadlineMs < this.#timerMs) this.#arm(entry.deadlineMs);
  }

  /** Takes an entry out; does nothing when it is not in. */
  remove(entry: Timed): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const heap = this.#heap;
    const last = heap.pop()!;
    if (last === entry) return;
    heap[index] = last;
    last.heapIndex = index;
    this.#rise(last);
    this.#sink(last);
  }

  /** Stops the timer; nothing more is told. */
  close(): void {
    this.#stop?.();
    for (const entry of this.#heap) entry.heapIndex = -1;
    this.#heap.length = 0;
  }

  #arm(atMs: number): void {
    this.#stop?.();
    this.#timerMs = atMs;
    // Platform timers take 31 bits of milliseconds.
    const delayMs = Math.min(Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs())), 0x7fffffff);
    this.#stop = this.#clock.after(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#timerMs = Infinity;
    this.#stop = undefined;
    const now = this.#clock.monotonicMs();
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.deadlineMs > now) {
        this.#arm(first.deadlineMs);
        return;
      }
      this.remove(first);
      first.onDeadline();
    }
  }

  #rise(entry: Timed): void {
    const heap = this.#heap;
    let index = entry.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (parent.deadlineMs <= entry.deadlineMs) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    heap[index] = entry;
    entry.heapIndex = index;
  }

  #sink(entry: Timed): void {
    const heap = this.#heap;
    let index = entry.heapIndex;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      let child = heap[childIndex]!;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.deadlineMs < child.deadlineMs) {
        child = right;
        childIndex++;
      }
      if (child.deadlineMs >= entry.deadlineMs) break;
      heap[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    heap[index] = entry;
    entry.heapIndex = index;
  }
}
