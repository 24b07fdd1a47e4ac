import type { Clock } from "../clock/clock.js";
import { growthPoolBytes, ownCancelsPerSecond, type SessionLimits } from "./limits.js";
import { IdSequence } from "./message-ids.js";
import { TokenBucket } from "./token-bucket.js";
import { Unfinished } from "./unfinished.js";

/**
 * What the connections of one session share: limits are the session's, so that a peer with more connections may not have
 * more of anything.
 */
export class Shared {
  readonly ids: IdSequence;
  readonly unfinished: Unfinished;
  /** Calls that the peer has opened: Requests that are not complete, calls that are live or whose handlers have not settled. */
  taken = 0;
  /** Bytes that windows may still grow by. */
  growthBytes: number = growthPoolBytes;
  /** The round trip measured last, in milliseconds. */
  rttMs: number | undefined;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #peerMaxCalls: number;
  // Made when they are first needed: many sessions never cancel.
  #received: TokenBucket | undefined;
  #sent: TokenBucket | undefined;

  constructor(side: "plugin" | "daemon", clock: Clock, limits: SessionLimits, peerMaxCalls: number) {
    this.ids = new IdSequence(side);
    this.unfinished = new Unfinished(limits.maxIncompleteBytes);
    this.#clock = clock;
    this.#limits = limits;
    this.#peerMaxCalls = peerMaxCalls;
  }

  /** Counts a Cancel of the peer; false when it has sent too many. */
  takeReceivedCancel(): boolean {
    this.#received ??= new TokenBucket(this.#clock, 2 * this.#limits.maxCalls, this.#limits.cancelsPerSecond);
    return this.#received.take();
  }

  /** Whether a Cancel may leave: half of what the peer takes at once, since Cancels may crowd on their way. */
  takeSentCancel(): boolean {
    this.#sent ??= new TokenBucket(this.#clock, this.#peerMaxCalls, ownCancelsPerSecond);
    return this.#sent.take();
  }
}
