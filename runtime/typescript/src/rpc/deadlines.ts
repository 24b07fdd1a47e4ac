import type { Clock, Stop } from "../clock/clock.js";

/** Something that must end in time; it lives in at most one `Deadlines`. */
export interface Timed {
  /** When, on the monotonic clock. */
  deadlineMs: number;
  /** Where it stands among the others; -1 when it does not. */
  timedIndex: number;
  /** The time has come. Called once, after it has been taken out. */
  onDeadline(): void;
}

/** What platform timers take, in milliseconds. */
const longestDelayMs = 0x7fffffff;

/**
 * The deadlines of a session behind one timer, in no order: nearly every call ends in time, so what has to be cheap is to
 * come and to go, an append and a swap. Only when the timer fires, for the earliest deadline that was seen since it fired
 * last, are all looked at; a session bounds how many there are. (A heap took 6.5 % of the time of a busy caller.)
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #entries: Timed[] = [];
  #timerMs = Infinity;
  #stop: Stop | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(entry: Timed): void {
    entry.timedIndex = this.#entries.length;
    this.#entries.push(entry);
    if (entry.deadlineMs < this.#timerMs) this.#arm(entry.deadlineMs);
  }

  /** Takes an entry out; does nothing when it is not in. */
  remove(entry: Timed): void {
    const index = entry.timedIndex;
    if (index < 0) return;
    entry.timedIndex = -1;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    this.#entries[index] = last;
    last.timedIndex = index;
  }

  /** Stops the timer; nothing more is told. */
  close(): void {
    this.#stop?.();
    for (const entry of this.#entries) entry.timedIndex = -1;
    this.#entries.length = 0;
  }

  #arm(atMs: number): void {
    this.#stop?.();
    this.#timerMs = atMs;
    const delayMs = Math.min(Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs())), longestDelayMs);
    this.#stop = this.#clock.after(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#timerMs = Infinity;
    this.#stop = undefined;
    const now = this.#clock.monotonicMs();
    const due = this.#entries.filter(({ deadlineMs }) => deadlineMs <= now);
    for (const entry of due.toSorted((a, b) => a.deadlineMs - b.deadlineMs)) {
      // What one leads to may have taken another out.
      if (entry.timedIndex < 0) continue;
      this.remove(entry);
      entry.onDeadline();
    }
    let next = Infinity;
    for (const { deadlineMs } of this.#entries) if (deadlineMs < next) next = deadlineMs;
    if (next < this.#timerMs) this.#arm(next);
  }
}
