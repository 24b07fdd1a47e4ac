import type { Clock, Stop } from "../../runtime/typescript/src/clock/clock.js";

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #nowMs = 1_000;
  readonly #timers: Set<Timer> = new Set();

  monotonicMs(): number {
    return this.#nowMs;
  }

  unixMs(): number {
    return 1_767_225_600_000 + this.#nowMs;
  }

  after(delayMs: number, action: () => void): Stop {
    const timer = { atMs: this.#nowMs + delayMs, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass; timers run at their times, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.atMs <= endMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.action();
    }
    this.#nowMs = endMs;
  }

  /** Lets `ms` pass as a process that is stopped sees it: all timers that are due run afterwards, late. */
  jump(ms: number): void {
    this.#nowMs += ms;
    this.advance(0);
  }
}
