import type { Clock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "../frame/frame.js";
import { encodeHeartbeat, decodeHeartbeat } from "../gen/crucible/ipc/v1/control_codec.js";
import { encodeResponse, decodeResponse } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { encodeError } from "./error-frame.js";
import { maxPendingControls } from "./limits.js";
import type { Link } from "./link.js";
import type { Shared } from "./shared.js";

/**
 * Answers a control request of the peer: returns the encoded answer message, or throws a CrucibleError, which refuses
 * the request and nothing else. Heartbeats never come here.
 */
export type ControlHandler = (type: number, payload: Uint8Array) => Uint8Array;

interface Pending {
  resolve(body: Uint8Array): void;
  reject(error: CrucibleError): void;
}

/** Control requests of one connection both ways, at most 16 unanswered each. */
export class Controls {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #handler: ControlHandler;
  readonly #shared: Shared;
  readonly #drawId: () => number;
  /** By id. Made when something waits, and gone when nothing does: an idle session is smaller without. */
  #pending: Map<number, Pending> | undefined;
  #nonce = 0n;
  /** The Heartbeat that is not answered; a side may have one. */
  #heartbeat: Promise<number> | undefined;
  #closed: CrucibleError | undefined;

  constructor(link: Link, clock: Clock, shared: Shared, handler: ControlHandler, drawId: () => number) {
    this.#link = link;
    this.#clock = clock;
    this.#shared = shared;
    this.#handler = handler;
    this.#drawId = drawId;
  }

  /** Sends a control request; resolves with the body of its answer. */
  request(type: number, payload: Uint8Array): Promise<Uint8Array> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#pending !== undefined && this.#pending.size >= maxPendingControls) {
      return Promise.reject(
        new CrucibleError(
          "CONTROL_FLOOD",
          `${maxPendingControls} control requests wait for an answer; wait for one of them`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const id = this.#drawId();
      (this.#pending ??= new Map()).set(id, { resolve, reject });
      this.#link.sendControl(type, 0, id, payload, false);
    });
  }

  /** Sends a Heartbeat unless one is unanswered. */
  heartbeat(): void {
    // A refused heartbeat is as good an answer as any; a lost connection is told to everyone by the session.
    this.ping().catch(() => {});
  }

  /**
   * Measures a round trip, in milliseconds; that of a Heartbeat which is under way, if there is one. Rejects with
   * DECODE_INVALID when the answer is not the question's.
   */
  ping(): Promise<number> {
    this.#heartbeat ??= this.#measure().finally(() => {
      this.#heartbeat = undefined;
    });
    return this.#heartbeat;
  }

  async #measure(): Promise<number> {
    const nonce = ++this.#nonce;
    const sent = this.#clock.monotonicMs();
    const body = await this.request(FrameType.Heartbeat, encodeHeartbeat({ nonce }));
    if (decodeHeartbeat(body).nonce !== nonce) {
      throw new CrucibleError("DECODE_INVALID", `peer ${this.#link.peer} answered another heartbeat than it was sent`);
    }
    return (this.#shared.rttMs = this.#clock.monotonicMs() - sent);
  }

  /** A control request of the peer. */
  onRequest(type: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const payload = bytes.slice(start, end);
    try {
      const body =
        type === FrameType.Heartbeat
          ? encodeHeartbeat({ nonce: decodeHeartbeat(payload).nonce })
          : this.#handler(type, payload);
      this.#link.sendControl(FrameType.Response, Flag.EndStream, id, encodeResponse({ body }), false);
    } catch (error) {
      this.#link.sendControl(FrameType.Error, Flag.EndStream, id, encodeError(CrucibleError.from(error)), false);
    }
  }

  /** Whether a control request with this id waits for its answer. */
  waits(id: number): boolean {
    return this.#pending?.has(id) === true;
  }

  /** A Response that belongs to no call. One that answers nothing is late, and dropped. */
  onAnswer(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.More) !== 0)
      throw new CrucibleError("BAD_FRAGMENT", `the answer to control request ${id} is in fragments`);
    if ((flags & Flag.Handoff) !== 0)
      throw new CrucibleError("BAD_HANDOFF", `the answer to control request ${id} is handed off; send it in its frame`);
    const pending = this.#take(id);
    if (pending === undefined) return;
    try {
      pending.resolve(decodeResponse(bytes.slice(start, end)).body ?? new Uint8Array(0));
    } catch (error) {
      pending.reject(CrucibleError.from(error, "DECODE_INVALID"));
    }
  }

  /** An Error that belongs to no call. */
  onError(id: number, error: CrucibleError): void {
    this.#take(id)?.reject(error);
  }

  close(error: CrucibleError): void {
    this.#closed = error;
    for (const pending of this.#pending?.values() ?? []) pending.reject(error);
    this.#pending = undefined;
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending?.get(id);
    this.#pending?.delete(id);
    if (this.#pending?.size === 0) this.#pending = undefined;
    return pending;
  }
}
