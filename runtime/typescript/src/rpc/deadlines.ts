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

/** A job of a settled promise. */
const settled: Promise<void> = Promise.resolve();

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
  /** The first of them, whose deadlines are known; those of the others count from when that is next seen to. */
  #stamped = 0;
  #stamping = false;
  #timerMs = Infinity;
  #stop: Stop | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds an entry whose `deadlineMs` is set. */
  add(entry: Timed): void {
    if (this.#stamped < this.#entries.length) this.#stamp();
    entry.timedIndex = this.#stamped++;
    this.#entries.push(entry);
    if (entry.deadlineMs < this.#timerMs) this.#arm(entry.deadlineMs);
  }

  /**
   * Adds an entry that has `timeoutMs` from now on, and sets its deadline. Of many the clock is read once, when the promise
   * jobs that are due have run, so that none has less: reading takes 45 ns, 3 % of a call of a busy caller (Node 24).
   */
  addFromNow(entry: Timed, timeoutMs: number): void {
    const count = this.#entries.length;
    if (count === 0) {
      entry.deadlineMs = this.#clock.monotonicMs() + timeoutMs;
      this.add(entry);
      return;
    }
    entry.deadlineMs = timeoutMs;
    entry.timedIndex = count;
    this.#entries.push(entry);
    if (this.#stamping) return;
    this.#stamping = true;
    void settled.then(this.#stampDue);
  }

  readonly #stampDue = (): void => {
    this.#stamping = false;
    if (this.#stamped < this.#entries.length) this.#stamp();
  };

  #stamp(): void {
    const now = this.#clock.monotonicMs();
    const entries = this.#entries;
    let first = Infinity;
    for (let i = this.#stamped; i < entries.length; i++) {
      const entry = entries[i]!;
      const deadlineMs = (entry.deadlineMs += now);
      if (deadlineMs < first) first = deadlineMs;
    }
    this.#stamped = entries.length;
    if (first < this.#timerMs) this.#arm(first);
  }

  /** Takes an entry out; does nothing when it is not in. */
  remove(entry: Timed): void {
    const index = entry.timedIndex;
    if (index < 0) return;
    if (this.#stamped < this.#entries.length) this.#stamp();
    entry.timedIndex = -1;
    this.#stamped--;
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
    this.#stamped = 0;
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
    if (this.#stamped < this.#entries.length) this.#stamp();
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
