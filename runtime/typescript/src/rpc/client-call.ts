import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "../frame/frame.js";
import { Call } from "../session/call.js";
import { envelope, readEnvelope } from "../session/envelope.js";
import { noHead } from "../session/head.js";
import { type AbortListener, ignoreAbort, listenToAbort } from "./abort-listeners.js";
import {
  type Binding,
  cancelled,
  checkRequest,
  type ClientCore,
  deadlineExceeded,
  readResponse,
} from "./client-core.js";
import type { Timed } from "./deadlines.js";
import { MessageQueue } from "./message-queue.js";
import type { Method } from "./service.js";

/** A method that has moved much once will again; after so many calls that have not it is taken for a small one. */
const bulkCalls = 16;

/** What all calls opened here have in common: a deadline, a signal that may cancel them, an end. */
export abstract class ClientCall extends Call implements Timed, AbortListener {
  declare readonly core: ClientCore;
  declare readonly method: Method;
  declare deadlineMs: number;
  declare timedIndex: number;
  declare private readonly binding: Binding;
  declare private signal: AbortSignal | undefined;

  constructor(core: ClientCore, method: Method, binding: Binding) {
    super();
    this.core = core;
    this.method = method;
    this.deadlineMs = Infinity;
    this.timedIndex = -1;
    this.binding = binding;
    this.signal = undefined;
    this.sealed = binding.sealed;
    if (binding.bulkCalls > 0) {
      binding.bulkCalls--;
      this.bulk = true;
    }
    this.shrinker = binding.shrinker;
  }

  /** The call has ended with `error`, or well when there is none. */
  protected abstract settle(error: CrucibleError | undefined): void;

  /** Watches the deadline and the signal; both stop with the call. */
  watch(timeLeftMs: number | undefined, signal: AbortSignal | undefined): void {
    if (timeLeftMs !== undefined) this.core.deadlines.addFromNow(this, timeLeftMs);
    if (signal !== undefined) {
      this.signal = signal;
      listenToAbort(signal, this);
    }
  }

  onDeadline(): void {
    this.giveUp(deadlineExceeded(this.method));
  }

  onAbort(signal: AbortSignal): void {
    this.giveUp(cancelled(this.method, signal));
  }

  override onLarge(): void {
    this.binding.bulkCalls = bulkCalls;
  }

  override onFailed(error: CrucibleError): void {
    this.unwatch();
    this.settle(error);
  }

  /** Ends the call from this side. */
  giveUp(error: CrucibleError): void {
    if (this.ended) return;
    this.lane?.cancel(this);
    this.unwatch();
    this.settle(error);
  }

  /** The call is over, whatever comes of it. */
  protected unwatch(): void {
    if (this.timedIndex >= 0) this.core.deadlines.remove(this);
    if (this.signal !== undefined) ignoreAbort(this.signal, this);
    // Also when it has failed: how far its handler came is not known.
    const { invalidates } = this.method;
    if (invalidates !== undefined) this.core.answers.invalidate(invalidates);
  }

  /** Decodes and checks the response in `envelope`. */
  protected decode(): unknown {
    return readResponse(this.core, this.method, envelope.bytes, envelope.bodyStart, envelope.bodyEnd);
  }
}

/** A call with one response. */
export class UnaryResponseCall extends ClientCall {
  declare private readonly resolve: (message: unknown) => void;
  declare private readonly reject: (error: CrucibleError) => void;
  /** Told when the call is over, so that a stream of requests stops. */
  declare onEnded: (() => void) | undefined;
  declare onRoom: (() => void) | undefined;

  constructor(
    core: ClientCore,
    method: Method,
    binding: Binding,
    resolve: (message: unknown) => void,
    reject: (error: CrucibleError) => void,
  ) {
    super(core, method, binding);
    this.resolve = resolve;
    this.reject = reject;
    this.onEnded = undefined;
    this.onRoom = undefined;
  }

  override onMessage(type: number, flags: number, bytes: Uint8Array, start: number, end: number): void {
    if (type !== FrameType.Response) {
      this.giveUp(
        new CrucibleError("STREAM_MISUSE", `${this.method.name} answered a stream where one response was due`),
      );
      return;
    }
    this.unwatch();
    let message: unknown;
    try {
      readEnvelope(bytes, start, end);
      if (envelope.bodyStart < 0)
        throw new CrucibleError("BAD_ENVELOPE", `response of ${this.method.name} has no body`);
      if ((flags & Flag.Handoff) !== 0) this.core.session.sharing.fetchBody(this.method.name);
      message = this.decode();
    } catch (error) {
      this.settle(CrucibleError.from(error, "DECODE_INVALID"));
      return;
    }
    this.onEnded?.();
    this.resolve(message);
  }

  override onSent(): void {
    this.onRoom?.();
  }

  protected override settle(error: CrucibleError): void {
    this.onEnded?.();
    this.reject(error);
  }
}

/** A call with a stream of responses. */
export class StreamResponseCall extends ClientCall {
  readonly responses: MessageQueue<unknown>;
  onEnded: (() => void) | undefined;
  onRoom: (() => void) | undefined;

  constructor(core: ClientCore, method: Method, binding: Binding) {
    super(core, method, binding);
    this.responses = new MessageQueue<unknown>(
      (cost) => this.lane!.consumed(this, cost),
      () => this.giveUp(new CrucibleError("CANCELLED", `the caller stopped reading ${this.method.name}`)),
    );
  }

  override onMessage(type: number, flags: number, bytes: Uint8Array, start: number, end: number, cost: number): void {
    try {
      readEnvelope(bytes, start, end);
      if (type === FrameType.Response) {
        if (envelope.bodyStart >= 0)
          throw new CrucibleError("BAD_ENVELOPE", `the end of ${this.method.name} has a body`);
        this.unwatch();
        this.settle(undefined);
      } else {
        if (envelope.bodyStart < 0)
          throw new CrucibleError("BAD_ENVELOPE", `a message of ${this.method.name} has no body`);
        if ((flags & Flag.Handoff) !== 0) this.core.session.sharing.fetchBody(this.method.name, this);
        this.responses.push(this.decode(), cost);
      }
    } catch (error) {
      const failure = CrucibleError.from(error, "DECODE_INVALID");
      if (this.ended) this.onFailed(failure);
      else this.giveUp(failure);
    }
  }

  override onSent(): void {
    this.onRoom?.();
  }

  protected override settle(error: CrucibleError | undefined): void {
    this.onEnded?.();
    if (error === undefined) this.responses.end();
    else this.responses.fail(error);
  }
}

/**
 * Sends `requests` as the stream of `call`, then half-closes. Stops when the call ends, and lets the source know. A
 * source that throws ends the call.
 */
export async function sendRequests(
  call: UnaryResponseCall | StreamResponseCall,
  requests: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<void> {
  let wake: (() => void) | undefined;
  let source: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  let done = false;
  // A source that waits for its own next message hears of the end at once, if it listens.
  const leave = (): void => {
    wake?.();
    if (!done && source !== undefined) void returnQuietly(source);
    done = true;
  };
  call.onRoom = () => wake?.();
  call.onEnded = leave;
  try {
    source = iterate(requests);
    for (;;) {
      const result = await source.next();
      if (result.done === true) {
        done = true;
        break;
      }
      if (call.ended) return;
      const request: unknown = result.value instanceof Promise ? await result.value : result.value;
      checkRequest(call.core, call.method, request);
      call.lane!.send(call, FrameType.Stream, 0, noHead, call.method.request, request);
      if (call.queue !== undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (call.ended) return;
    }
    call.lane!.send(call, FrameType.Stream, Flag.EndStream, noHead, undefined, undefined);
  } catch (error) {
    call.giveUp(CrucibleError.from(error, "STREAM_MISUSE"));
  }
}

function iterate(requests: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  return Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
}

/** Lets a source go. Its call has ended: nobody is left to hear what it says to that. */
async function returnQuietly(source: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // As above.
  }
}
