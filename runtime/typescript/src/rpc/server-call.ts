import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "../frame/frame.js";
import { Call } from "../session/call.js";
import { envelope, type MetadataList, readEnvelope } from "../session/envelope.js";
import { head, writeResponseHead } from "../session/head.js";
import type { SharedBuffer } from "../session/handoff/shared-buffer.js";
import type { Session } from "../session/pool/session.js";
import type { Client } from "./client.js";
import type { Deadlines, Timed } from "./deadlines.js";
import { MessageQueue } from "./message-queue.js";
import { toMetadataMap } from "./metadata.js";
import {
  type HandlerContext,
  type MetadataInit,
  type Method,
  MethodKind,
  type PeerInfo,
  type ServiceClient,
  type ServiceClientClass,
} from "./service.js";
import { validationError } from "./violations.js";

/** What the calls of one server share. */
export interface ServerCore {
  readonly session: Session;
  readonly deadlines: Deadlines;
  readonly peer: PeerInfo;
  readonly validateRequests: boolean;
  readonly validateResponses: boolean;
  /** Makes calls to the peer. */
  readonly client: () => Client;
  /** What the peer is told when a handler throws. */
  errorOf(error: unknown, call: ServerCall): CrucibleError;
  /** What the peer is told when what a handler gave cannot be sent. */
  unsent(error: unknown, call: ServerCall): CrucibleError;
}

/**
 * One call of the peer, from its Request to the end of its handler, and what the handler knows about it: one object for
 * both, since every call needs both.
 */
export class ServerCall extends Call implements HandlerContext, Timed {
  declare private readonly core: ServerCore;
  declare readonly method: Method;
  declare private readonly metadataList: MetadataList;
  declare responseMetadata: MetadataInit | undefined;
  declare deadlineMs: number;
  declare timedIndex: number;
  /** Requests of a client or bidi stream. */
  declare requests: MessageQueue<unknown> | undefined;
  declare private abort: AbortController | undefined;
  declare private failure: CrucibleError | undefined;
  declare private metadataMap: ReadonlyMap<string, readonly string[]> | undefined;
  declare private finished: boolean;
  declare private wake: (() => void) | undefined;

  constructor(core: ServerCore, method: Method, metadata: MetadataList) {
    super();
    this.core = core;
    this.method = method;
    this.metadataList = metadata;
    this.responseMetadata = undefined;
    this.deadlineMs = Infinity;
    this.timedIndex = -1;
    this.requests = undefined;
    this.abort = undefined;
    this.failure = undefined;
    this.metadataMap = undefined;
    this.finished = false;
    this.wake = undefined;
    this.shrinker = core.session.shrinkerOf(method);
  }

  // ---- HandlerContext

  get peer(): PeerInfo {
    return this.core.peer;
  }

  get signal(): AbortSignal {
    if (this.abort === undefined) {
      this.abort = new AbortController();
      if (this.failure !== undefined) this.abort.abort(this.failure);
    }
    return this.abort.signal;
  }

  get timeLeftMs(): number | undefined {
    return this.deadlineMs === Infinity
      ? undefined
      : Math.max(0, this.deadlineMs - this.core.session.clock.monotonicMs());
  }

  get metadata(): ReadonlyMap<string, readonly string[]> {
    return (this.metadataMap ??= toMetadataMap(this.metadataList));
  }

  allocate(bytes: number): SharedBuffer {
    return this.core.session.sharing.allocate(bytes);
  }

  client<Stub extends ServiceClient>(type: ServiceClientClass<Stub>): Stub {
    const client: Client = this.core.client();
    return client
      .within({ deadlineMs: this.deadlineMs === Infinity ? undefined : this.deadlineMs, signal: this.signal })
      .stub(type);
  }

  // ---- what the session tells

  /** Makes room for a stream of requests. */
  expectRequests(): MessageQueue<unknown> {
    return (this.requests = new MessageQueue<unknown>(
      (cost) => this.lane!.consumed(this, cost),
      // A handler that stops reading may still answer; what still comes is dropped as it arrives.
      () => {},
    ));
  }

  override onMessage(type: number, flags: number, bytes: Uint8Array, start: number, end: number, cost: number): void {
    const { requests } = this;
    if (type !== FrameType.Stream || requests === undefined) {
      this.#failEarly(new CrucibleError("STREAM_MISUSE", `${this.method.name} takes one request; it got a stream`));
      return;
    }
    if (start < end || !this.remoteEnded) {
      try {
        readEnvelope(bytes, start, end);
        if (envelope.bodyStart >= 0) {
          if ((flags & Flag.Handoff) !== 0) this.core.session.sharing.fetchBody(this.method.name, this);
          requests.push(decodeRequest(this.core, this.method), cost);
        } else if (!this.remoteEnded) {
          throw new CrucibleError("BAD_ENVELOPE", `a message of ${this.method.name} has no body`);
        }
      } catch (error) {
        // Of a stream: its handler has begun.
        this.#failEarly(this.core.errorOf(CrucibleError.from(error, "DECODE_INVALID"), this));
        return;
      }
    }
    if (this.remoteEnded) requests.end();
  }

  override onFailed(error: CrucibleError): void {
    this.#end(error);
  }

  onDeadline(): void {
    this.#failEarly(
      new CrucibleError("DEADLINE_EXCEEDED", `${this.method.name} was not answered in time`, { started: true }),
    );
  }

  override onSent(): void {
    if (this.finished) this.#finish();
    this.wake?.();
  }

  // ---- what the handler's outcome leads to

  /** The handler of a unary or client stream has returned. */
  succeed(message: unknown): void {
    if (!this.ended) {
      try {
        this.#check(message);
        this.#send(FrameType.Response, Flag.EndStream, this.method.response, message);
        this.#finish();
      } catch (error) {
        this.#fail(this.core.unsent(error, this));
      }
    }
    this.lane!.settled(this);
  }

  /** The handler has thrown, or its promise has been rejected. */
  throw(error: unknown): void {
    if (!this.ended) this.#fail(this.core.errorOf(error, this));
    this.lane!.settled(this);
  }

  /** Sends what a handler of a server or bidi stream yields. */
  async stream(messages: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const message of messages) {
        if (this.ended) break;
        this.#yield(message);
        if (this.queue !== undefined) await this.#room();
        if (this.ended) break;
      }
      if (!this.ended) {
        this.#send(FrameType.Response, Flag.EndStream, undefined, undefined);
        this.#finish();
      }
    } catch (error) {
      if (!this.ended) this.#fail(this.core.errorOf(error, this));
    }
    this.lane!.settled(this);
  }

  #yield(message: unknown): void {
    try {
      this.#check(message);
      this.#send(FrameType.Stream, 0, this.method.response, message);
    } catch (error) {
      throw this.core.unsent(error, this);
    }
  }

  #check(message: unknown): void {
    if (!this.core.validateResponses || this.method.validateResponse === undefined) return;
    const violations = this.method.validateResponse(message);
    if (violations !== undefined) throw validationError(`response of ${this.method.name}`, violations, true);
  }

  #send(type: number, flags: number, codec: Method["response"] | undefined, message: unknown): void {
    writeResponseHead(type === FrameType.Response ? this.responseMetadata : undefined);
    this.lane!.send(this, type, flags, head, codec, message);
  }

  #finish(): void {
    this.finished = true;
    this.requests?.end();
    this.lane!.finish(this);
    // An answer that still waits for credit has no longer than its handler had.
    if (this.ended && this.timedIndex >= 0) this.core.deadlines.remove(this);
  }

  #fail(error: CrucibleError): void {
    this.lane!.fail(this, error);
    this.#end(error);
  }

  /** Ends the call before its handler has settled; the handler hears of it by its signal. */
  #failEarly(error: CrucibleError): void {
    if (!this.ended) this.#fail(error);
  }

  #end(error: CrucibleError): void {
    if (this.timedIndex >= 0) this.core.deadlines.remove(this);
    this.failure = error;
    this.requests?.fail(error);
    this.abort?.abort(error);
    this.wake?.();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      if (this.queue === undefined || this.ended) resolve();
    });
  }
}

/** Decodes and checks the request in `envelope`. */
export function decodeRequest(core: ServerCore, method: Method): unknown {
  const message = method.request.read(envelope.bytes, envelope.bodyStart, envelope.bodyEnd);
  if (core.validateRequests && method.validateRequest !== undefined) {
    const violations = method.validateRequest(message);
    if (violations !== undefined) throw validationError(`request of ${method.name}`, violations, false);
  }
  return message;
}

/** Whether calls of `method` bring a stream of requests. */
export function streamsRequests(method: Method): boolean {
  return method.kind === MethodKind.ClientStream || method.kind === MethodKind.BidiStream;
}

/** Whether calls of `method` answer with a stream. */
export function streamsResponses(method: Method): boolean {
  return method.kind === MethodKind.ServerStream || method.kind === MethodKind.BidiStream;
}
