import type { Clock } from "../clock/clock.js";

/** Allows `capacity` events at once, and `perSecond` after that. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledMs: number;

  constructor(clock: Clock, capacity: number, perSecond: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#filledMs = clock.monotonicMs();
  }

  /** Takes a token; false when there is none. */
  take(): boolean {
    const now = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledMs) / 1000) * this.#perSecond);
    this.#filledMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
