import type { Clock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "../frame/frame.js";
import { encodeResponse } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { encodeError } from "./error-frame.js";
import { answersHeartbeat, heartbeatAnswer, heartbeatPayload } from "./heartbeat.js";
import type { Link } from "./link.js";
import type { Shared } from "./shared.js";

/**
 * Answers a control request of the peer: returns the encoded answer message, or throws a CrucibleError, which refuses
 * the request and nothing else. Heartbeats never come here.
 */
export type ControlHandler = (type: number, payload: Uint8Array) => Uint8Array;

/** Who waits for a round trip. */
interface Waiting {
  resolve(rttMs: number): void;
  reject(error: CrucibleError): void;
}

/** Control requests of one connection both ways: those of the peer, and this side's Heartbeats. */
export class Controls {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #handler: ControlHandler;
  readonly #shared: Shared;
  readonly #drawId: () => number;
  /** The Heartbeat that is not answered, of which a side may have one; 0 for none. */
  #heartbeatId = 0;
  #nonce = 0;
  #sentMs = 0;
  /** Made when somebody waits, and gone when nobody does: an idle session is smaller without. */
  #waiting: Waiting[] | undefined;
  #closed: CrucibleError | undefined;

  constructor(link: Link, clock: Clock, shared: Shared, handler: ControlHandler, drawId: () => number) {
    this.#link = link;
    this.#clock = clock;
    this.#shared = shared;
    this.#handler = handler;
    this.#drawId = drawId;
  }

  /**
   * Sends a Heartbeat unless one is unanswered. A refused one is as good an answer as any; a lost connection is told to
   * everyone by the session.
   */
  heartbeat(): void {
    try {
      this.#ask();
    } catch {
      // No id is left for it: whoever opens a call is told.
    }
  }

  #ask(): void {
    if (this.#heartbeatId !== 0) return;
    this.#heartbeatId = this.#drawId();
    this.#nonce = (this.#nonce + 1) >>> 0;
    this.#sentMs = this.#clock.monotonicMs();
    // The silence ends with it: there is nothing that it could leave with.
    this.#link.urgent = true;
    this.#link.sendControl(FrameType.Heartbeat, 0, this.#heartbeatId, heartbeatPayload(this.#nonce), false);
  }

  /**
   * Measures a round trip, in milliseconds; that of a Heartbeat which is under way, if there is one. Rejects with
   * DECODE_INVALID when the answer is not the question's.
   */
  ping(): Promise<number> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#ask();
      (this.#waiting ??= []).push({ resolve, reject });
    });
  }

  /** A control request of the peer. */
  onRequest(type: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    try {
      let payload: Uint8Array;
      if (type === FrameType.Heartbeat) {
        payload = heartbeatAnswer(bytes, start, end);
        this.#link.urgent = true;
      } else {
        payload = encodeResponse({ body: this.#handler(type, bytes.slice(start, end)) });
      }
      this.#link.sendControl(FrameType.Response, Flag.EndStream, id, payload, false);
    } catch (error) {
      this.#link.sendControl(FrameType.Error, Flag.EndStream, id, encodeError(CrucibleError.from(error)), false);
    }
  }

  /** Whether a control request with this id waits for its answer. */
  waits(id: number): boolean {
    return id === this.#heartbeatId;
  }

  /** The Response to a control request that waits for it. */
  onAnswer(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.More) !== 0)
      throw new CrucibleError("BAD_FRAGMENT", `the answer to control request ${id} is in fragments`);
    if ((flags & Flag.Handoff) !== 0)
      throw new CrucibleError("BAD_HANDOFF", `the answer to control request ${id} is handed off; send it in its frame`);
    this.#heartbeatId = 0;
    const waiting = this.#take();
    try {
      if (!answersHeartbeat(bytes, start, end, this.#nonce)) {
        throw new CrucibleError(
          "DECODE_INVALID",
          `peer ${this.#link.peer} answered another heartbeat than it was sent`,
        );
      }
    } catch (error) {
      for (const { reject } of waiting ?? []) reject(CrucibleError.from(error, "DECODE_INVALID"));
      return;
    }
    const rttMs = (this.#shared.rttMs = this.#clock.monotonicMs() - this.#sentMs);
    if (waiting !== undefined) for (const { resolve } of waiting) resolve(rttMs);
  }

  /** An Error that belongs to no call. */
  onError(id: number, error: CrucibleError): void {
    if (!this.waits(id)) return;
    this.#heartbeatId = 0;
    for (const { reject } of this.#take() ?? []) reject(error);
  }

  close(error: CrucibleError): void {
    this.#closed = error;
    for (const { reject } of this.#take() ?? []) reject(error);
  }

  #take(): Waiting[] | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
