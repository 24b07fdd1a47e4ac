import type { Clock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import type { Link } from "./link.js";
import { type Due, type Rounds, roundsOf } from "./rounds.js";

/**
 * Notices a dead peer. Nothing is sent while frames arrive: a Heartbeat goes out only after a silent interval, one at a
 * time, and `misses` silent intervals in a row end the link. Intervals are counted, not measured: after a process was
 * stopped for a while, what the peer sent meanwhile still waits to be read.
 */
export class Keepalive implements Due {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #rounds: Rounds;
  readonly #intervalMs: number;
  readonly #misses: number;
  readonly #ask: () => void;
  #missed = 0;
  /** When the bytes that the last check saw had arrived. */
  #seenMs = 0;
  next: Due | undefined = undefined;
  previous: Due | undefined = undefined;
  place = -1;

  /** `ask` sends a Heartbeat unless one is unanswered. */
  constructor(link: Link, clock: Clock, intervalMs: number, misses: number, ask: () => void) {
    this.#link = link;
    this.#clock = clock;
    this.#rounds = roundsOf(clock, intervalMs);
    this.#intervalMs = intervalMs;
    this.#misses = misses;
    this.#ask = ask;
    this.#rounds.add(this, intervalMs);
  }

  stop(): void {
    this.#rounds.remove(this);
  }

  onDue(): void {
    if (this.#link.closed) return;
    if (this.#link.lastBytesMs !== this.#seenMs) {
      this.#seenMs = this.#link.lastBytesMs;
      this.#missed = 0;
    }
    const silentMs = this.#clock.monotonicMs() - this.#link.lastBytesMs;
    if (silentMs < this.#intervalMs) {
      this.#rounds.add(this, this.#intervalMs - silentMs);
      return;
    }
    if (++this.#missed >= this.#misses) {
      this.#link.abort(
        new CrucibleError(
          "PEER_LOST",
          `peer ${this.#link.peer} has been silent for ${Math.round(silentMs)} ms; it counts as dead`,
        ),
      );
      return;
    }
    // What is sent may end the link, which then waits for nothing.
    this.#rounds.add(this, this.#intervalMs);
    this.#link.rest();
    this.#ask();
  }
}
