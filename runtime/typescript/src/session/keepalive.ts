import type { Clock, Stop } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import type { Link } from "./link.js";

/**
 * Notices a dead peer. Nothing is sent while frames arrive: a Heartbeat goes out only after a silent interval, one at a
 * time, and `misses` silent intervals in a row end the link.
 */
export class Keepalive {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #misses: number;
  readonly #ask: () => void;
  #stop: Stop | undefined;

  /** `ask` sends a Heartbeat unless one is unanswered. */
  constructor(link: Link, clock: Clock, intervalMs: number, misses: number, ask: () => void) {
    this.#link = link;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#misses = misses;
    this.#ask = ask;
    this.#schedule(intervalMs);
  }

  stop(): void {
    this.#stop?.();
  }

  #schedule(delayMs: number): void {
    this.#stop = this.#clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    if (this.#link.closed) return;
    const silentMs = this.#clock.monotonicMs() - this.#link.lastBytesMs;
    if (silentMs >= this.#intervalMs * this.#misses) {
      this.#link.abort(
        new CrucibleError(
          "PEER_LOST",
          `peer ${this.#link.peer} has been silent for ${Math.round(silentMs)} ms; it counts as dead`,
        ),
      );
      return;
    }
    if (silentMs >= this.#intervalMs) {
      this.#ask();
      this.#schedule(this.#intervalMs);
    } else {
      this.#schedule(this.#intervalMs - silentMs);
    }
  }
}
