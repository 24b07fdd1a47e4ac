import type { Codec } from "../../codec/codec.js";
import { CrucibleError } from "../../error/index.js";
import { Flag } from "../../frame/frame.js";
import { envelope } from "../../session/envelope.js";
import { head, writeRequestHead } from "../../session/head.js";
import { type AbortListener, ignoreAbort, listenToAbort } from "../abort-listeners.js";
import { UnaryResponseCall } from "../client-call.js";
import { type Binding, cancelled, type ClientCore, deadlineExceeded, readResponse } from "../client-core.js";
import type { Timed } from "../deadlines.js";
import type { Method } from "../service.js";
import type { KeyedRequest } from "./keyed-request.js";

/** Told once how a flight has ended: with a valid answer, whose bytes are the listener's now, or without one. */
export type OnAnswer = (body: Uint8Array | undefined) => void;

/** Somebody who wants the answer. */
export interface Passenger {
  readonly resolve: (message: unknown) => void;
  readonly reject: (error: CrucibleError) => void;
  /** On the monotonic clock; undefined for none. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Writes a message that is encoded already. */
class EncodedCodec implements Codec<Uint8Array> {
  readonly typeName: string;

  constructor(typeName: string) {
    this.typeName = typeName;
  }

  write(message: Uint8Array, bytes: Uint8Array, offset: number): number {
    if (offset + message.length <= bytes.length) bytes.set(message, offset);
    return offset + message.length;
  }

  read(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return bytes.slice(start, end);
  }
}

/** The call on the wire: its answer stays as it came. */
class SharedCall extends UnaryResponseCall {
  protected override decode(): Uint8Array {
    return envelope.bytes.slice(envelope.bodyStart, envelope.bodyEnd);
  }
}

/**
 * One call for all who ask the same at the same time.
 *
 *   waiting ──answer or error──▶ ended
 *   waiting ──the last passenger has left──▶ ended, and the call is cancelled
 *   waiting ──its deadline has passed, some have longer──▶ waiting, with a new call
 */
export class Flight implements Timed {
  readonly #core: ClientCore;
  readonly #method: Method;
  readonly #binding: Binding;
  readonly #request: KeyedRequest;
  readonly #onAnswer: OnAnswer;
  readonly #seats: Set<Seat> = new Set();
  #call: SharedCall | undefined;
  deadlineMs: number = Infinity;
  timedIndex: number = -1;

  constructor(core: ClientCore, method: Method, binding: Binding, request: KeyedRequest, onAnswer: OnAnswer) {
    this.#core = core;
    this.#method = method;
    this.#binding = binding;
    this.#request = request;
    this.#onAnswer = onAnswer;
  }

  /** Takes one more, the first of whom it leaves for. */
  join(passenger: Passenger): void {
    const seat = new Seat(this, this.#core, this.#method, passenger);
    this.#seats.add(seat);
    seat.watch();
    if (this.#call === undefined) this.#open();
  }

  /** One leaves: its own deadline has passed, or its caller has no more use for the answer. */
  leave(seat: Seat, error: CrucibleError): void {
    if (!this.#seats.delete(seat)) return;
    seat.reject(error);
    if (this.#seats.size === 0) this.#cancel();
  }

  /** The call has had the time it was given. */
  onDeadline(): void {
    const now = this.#core.session.clock.monotonicMs();
    for (const seat of this.#seats) if (seat.deadlineMs <= now) this.leave(seat, deadlineExceeded(this.#method));
    if (this.#seats.size === 0) return;
    this.#call!.lane?.cancel(this.#call!);
    this.#open();
  }

  /** Makes the call, with the deadline of whoever waits longest. */
  #open(): void {
    const { session, deadlines } = this.#core;
    const call = new SharedCall(
      this.#core,
      this.#method,
      this.#binding,
      (body) => this.#arrived(body as Uint8Array),
      (error) => this.#failed(error),
    );
    this.#call = call;
    this.deadlineMs = 0;
    for (const { deadlineMs } of this.#seats) this.deadlineMs = Math.max(this.deadlineMs, deadlineMs);
    const finite = this.deadlineMs < Infinity;
    try {
      const leftMs = this.deadlineMs - session.clock.monotonicMs();
      writeRequestHead(this.#method.id, finite ? Math.ceil(leftMs * 1000) : undefined, this.#request.metadata);
      const codec = new EncodedCodec(this.#method.request.typeName);
      session.open(call, Flag.EndStream, head, codec, this.#request.body);
    } catch (error) {
      this.#fail(CrucibleError.from(error));
      return;
    }
    if (finite) deadlines.add(this);
  }

  #arrived(body: Uint8Array): void {
    let first: unknown;
    try {
      first = readResponse(this.#core, this.#method, body.slice(), 0, body.length);
    } catch (error) {
      this.#fail(CrucibleError.from(error, "DECODE_INVALID"));
      return;
    }
    const seats = this.#end();
    // Read before the bytes are given away: whoever keeps them may have no room.
    const messages = seats.map((_, i) => (i === 0 ? first : this.#method.response.read(body.slice(), 0, body.length)));
    this.#onAnswer(body);
    seats.forEach((seat, i) => seat.resolve(messages[i]));
  }

  #failed(error: CrucibleError): void {
    // The peer's timer was faster than ours: some may have longer.
    if (this.deadlineMs <= this.#core.session.clock.monotonicMs() && error.reason === "DEADLINE_EXCEEDED") {
      if (this.timedIndex >= 0) this.#core.deadlines.remove(this);
      this.onDeadline();
    } else {
      this.#fail(error);
    }
  }

  #fail(error: CrucibleError): void {
    const seats = this.#end();
    this.#onAnswer(undefined);
    for (const seat of seats) seat.reject(error);
  }

  #cancel(): void {
    this.#end();
    this.#onAnswer(undefined);
    if (this.#call !== undefined) this.#call.lane?.cancel(this.#call);
  }

  /** Those who waited, who wait no longer. */
  #end(): Seat[] {
    if (this.timedIndex >= 0) this.#core.deadlines.remove(this);
    const seats = [...this.#seats];
    this.#seats.clear();
    for (const seat of seats) seat.unwatch();
    return seats;
  }
}

/** One passenger, who may leave before the others. */
class Seat implements Timed, AbortListener {
  readonly #flight: Flight;
  readonly #core: ClientCore;
  readonly #method: Method;
  readonly #passenger: Passenger;
  readonly deadlineMs: number;
  timedIndex: number = -1;

  constructor(flight: Flight, core: ClientCore, method: Method, passenger: Passenger) {
    this.#flight = flight;
    this.#core = core;
    this.#method = method;
    this.#passenger = passenger;
    this.deadlineMs = passenger.deadlineMs ?? Infinity;
  }

  watch(): void {
    if (this.deadlineMs < Infinity) this.#core.deadlines.add(this);
    if (this.#passenger.signal !== undefined) listenToAbort(this.#passenger.signal, this);
  }

  unwatch(): void {
    if (this.timedIndex >= 0) this.#core.deadlines.remove(this);
    if (this.#passenger.signal !== undefined) ignoreAbort(this.#passenger.signal, this);
  }

  resolve(message: unknown): void {
    this.#passenger.resolve(message);
  }

  reject(error: CrucibleError): void {
    this.unwatch();
    this.#passenger.reject(error);
  }

  onDeadline(): void {
    this.#flight.leave(this, deadlineExceeded(this.#method));
  }

  onAbort(signal: AbortSignal): void {
    this.#flight.leave(this, cancelled(this.#method, signal));
  }
}
