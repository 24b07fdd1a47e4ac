import type { Clock } from "../clock/clock.js";
import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "../frame/frame.js";
import { sealedExtraBytes } from "../frame/sealed-run.js";
import { MetricsReportCodec, ShutdownCodec } from "../gen/crucible/ipc/v1/control_codec.js";
import { AckCodec, CancelCodec, CreditCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import type { Call } from "./call.js";
import { CallTable } from "./call-table.js";
import { Cancels } from "./cancels.js";
import { type Compressible, type Shrinker, Shrinkers } from "./compression.js";
import { type ControlHandler, Controls } from "./controls.js";
import { checkZero, decodePayload } from "./decode-payload.js";
import type { Encryption } from "./encryption.js";
import { decodeError } from "./error-frame.js";
import { Draining, shutDown } from "./draining.js";
import { Events } from "./events.js";
import { Grants } from "./grants.js";
import { assertSeal, Inbox } from "./inbox.js";
import { type Acceptor, IncomingCalls } from "./incoming-calls.js";
import { Keepalive } from "./keepalive.js";
import { maxControlBytes, type SessionLimits } from "./limits.js";
import type { Link, LinkHandler } from "./link.js";
import { MessageIds } from "./message-ids.js";
import { Outbox } from "./outbox.js";
import { PendingRequest } from "./pending-request.js";
import { throwLater } from "./throw-later.js";

export type { Acceptor } from "./incoming-calls.js";

export interface SessionOptions {
  readonly link: Link;
  readonly clock: Clock;
  /** Which side this is: plugins draw odd message ids, daemons even ones. */
  readonly side: "plugin" | "daemon";
  /** What this side takes. */
  readonly limits: SessionLimits;
  /** What the peer takes. */
  readonly peer: { readonly maxMessageBytes: number; readonly maxCalls: number };
  /** Makes who answers; called once, before the first frame. */
  readonly acceptor: (session: Session) => Acceptor;
  /** Answers control requests. */
  readonly controls: ControlHandler;
  /** The session has ended; every call has been told before. Called once. */
  readonly onClosed: (error: CrucibleError) => void;
  /** The peer opens no more calls and takes none; called once. */
  readonly onDraining?: (reason: string) => void;
}

/**
 * One session over one connection: calls both ways, their windows, events and control requests, from the end of the
 * registration to the end of the connection.
 *
 *   open ──drain()──▶ draining ──no call left, or the grace is over──▶ closed
 *   open ──Shutdown received──▶ refusing new calls ──the peer closes──▶ closed
 *   any ──a rule broken, connection lost, abort()──▶ closed
 */
export class Session implements LinkHandler {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #side: "plugin" | "daemon";
  readonly #peerMaxCalls: number;
  readonly #onClosed: (error: CrucibleError) => void;
  readonly #onDraining: ((reason: string) => void) | undefined;
  readonly #ids: MessageIds;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #grants: Grants;
  readonly #outgoing = new CallTable();
  readonly #incoming: IncomingCalls;
  readonly #shrinkers: Shrinkers;
  readonly #cancels: Cancels;
  readonly #controls: Controls;
  readonly #keepalive: Keepalive;
  readonly #draining: Draining;
  #events: Events | undefined;
  /** Why events that nobody has begun yet will not be sent. */
  #eventsStopped: CrucibleError | undefined;
  #peerDraining = false;
  #closedError: CrucibleError | undefined;

  constructor(options: SessionOptions) {
    const { link, clock, limits, peer } = options;
    this.#link = link;
    this.#clock = clock;
    this.#limits = limits;
    this.#side = options.side;
    this.#peerMaxCalls = peer.maxCalls;
    this.#onClosed = options.onClosed;
    this.#onDraining = options.onDraining;
    this.#shrinkers = new Shrinkers(link.compression);
    this.#ids = new MessageIds(options.side);
    const drawId = (): number => this.#ids.draw();
    this.#outbox = new Outbox(link, peer.maxMessageBytes, this.#ids);
    this.#grants = new Grants(link);
    this.#inbox = new Inbox(
      limits,
      this.#grants,
      (call, type, flags, bytes, start, end, cost) => {
        if (type === FrameType.Response) this.#end(call);
        call.onMessage(type, flags, bytes, start, end, cost);
      },
      (call, error) => this.#refuseMessage(call, error),
    );
    this.#cancels = new Cancels(link, clock, limits.maxCalls, limits.cancelsPerSecond, peer.maxCalls);
    this.#controls = new Controls(link, clock, options.controls, drawId);
    const acceptor = options.acceptor(this);
    this.#incoming = new IncomingCalls(link, limits, acceptor, this.#inbox, (call) => this.#release(call));
    this.#keepalive = new Keepalive(link, clock, limits.heartbeatIntervalMs, limits.heartbeatMisses, () =>
      this.#controls.heartbeat(),
    );
    const isIdle = (): boolean => this.#outgoing.size === 0 && this.#incoming.size === 0;
    this.#draining = new Draining(link, clock, isIdle, () => this.#endGrace());
    link.onUnblocked = () => {
      this.#grants.onUnblocked();
      this.#outbox.pump();
    };
    link.setHandler(this);
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** What of the session is sealed. */
  get encryption(): Encryption {
    return this.#link.encryption;
  }

  /** What compresses the messages of a method; undefined when nothing does. */
  shrinkerOf(method: Compressible): Shrinker | undefined {
    return this.#shrinkers.of(method);
  }

  /** The session id as 16 hexadecimal digits. */
  get id(): string {
    return this.#link.sessionId;
  }

  /** Events both ways, with windows of their own. Made when they are first needed: an idle session is smaller without. */
  get events(): Events {
    if (this.#events === undefined) {
      const made = new Events(this.#link, this.#outbox, this.#clock, (bytes) => this.#grants.send(0, bytes));
      made.shrinker = this.shrinkerOf(events);
      if (this.#eventsStopped !== undefined) made.stop(this.#eventsStopped);
      if (this.#closedError !== undefined) made.close(this.#closed());
      this.#events = made;
    }
    return this.#events;
  }

  /** Why the session has ended; undefined while it lives. */
  get closedError(): CrucibleError | undefined {
    return this.#closedError;
  }

  /** When the last bytes arrived, on the monotonic clock: what a call's time left counts from. */
  get arrivedMs(): number {
    return this.#link.lastBytesMs;
  }

  /** The round trip measured last, by `ping` or to keep the session alive, in milliseconds; undefined before the first. */
  get rttMs(): number | undefined {
    return this.#controls.rttMs;
  }

  /** Calls in flight, both ways. */
  get liveCalls(): number {
    return this.#outgoing.size + this.#incoming.size;
  }

  // ---- calls opened here

  /** Throws SESSION_CLOSED or SHUTTING_DOWN when no more calls are opened. */
  assertOpen(): void {
    if (this.#closedError !== undefined) throw this.#closed();
    this.#draining.assertOpen();
  }

  /**
   * Opens `call`: draws its id and sends `head` with `message` as body when there is a codec. Throws SESSION_CLOSED,
   * SHUTTING_DOWN or TOO_MANY_CALLS, and what the codec throws; nothing was sent then.
   */
  open(
    call: Call,
    flags: number,
    head: Uint8Array,
    headBytes: number,
    codec: Codec | undefined,
    message: unknown,
  ): void {
    this.assertOpen();
    if (this.#outgoing.size + this.#cancels.size >= this.#peerMaxCalls) {
      throw new CrucibleError(
        "TOO_MANY_CALLS",
        `${this.#peerMaxCalls} calls are in flight, which is the limit; wait for some to end`,
      );
    }
    call.id = this.#ids.draw();
    this.#link.urgent = this.#outgoing.size === 0;
    this.#outbox.send(call, FrameType.Request, flags, head, headBytes, codec, message);
    this.#link.urgent = false;
    this.#outgoing.add(call);
  }

  /** Ends a call opened here that is no longer wanted, and tells the peer. */
  cancel(call: Call): void {
    if (call.ended) return;
    this.#cancels.send(call);
    this.#end(call);
  }

  // ---- calls opened by the peer

  /** Takes a Request as `call`, which may still receive `window` bytes. The handler's end is told by `settled`. */
  accept(call: Call, id: number, window: number): void {
    this.#incoming.accept(call, id, window);
  }

  /** Refuses a Request. */
  refuse(id: number, error: CrucibleError, sealed: boolean): void {
    this.#incoming.refuse(id, error, sealed);
  }

  /** Ends a call of the peer well: its last message has been handed to `send`. */
  finish(call: Call): void {
    // What waits for credit still leaves: the call is live until then.
    if (call.queue === undefined) this.#incoming.end(call);
  }

  /** Ends a call of the peer badly. */
  fail(call: Call, error: CrucibleError): void {
    this.#incoming.fail(call, error);
  }

  /**
   * The handler of a call of the peer has settled. Once it has ended too, it no longer counts against the limit. Once for
   * each `accept`.
   */
  settled(call: Call): void {
    this.#incoming.settled(call);
    this.#draining.check();
  }

  // ---- both

  /** Sends a message of a live call. Throws what the codec throws, and MESSAGE_TOO_LARGE; nothing was sent then. */
  send(
    call: Call,
    type: number,
    flags: number,
    head: Uint8Array,
    headBytes: number,
    codec: Codec | undefined,
    message: unknown,
  ): void {
    if (call.ended) return;
    // The last answer that is due.
    this.#link.urgent = type === FrameType.Response && this.#incoming.live === 1;
    this.#outbox.send(call, type, flags, head, headBytes, codec, message);
    this.#link.urgent = false;
  }

  /** The user has consumed `bytes` of what was received; they are granted again once half a window has gathered. */
  consumed(call: Call, bytes: number): void {
    this.#grants.consumed(call, bytes);
  }

  /**
   * Ends the session in order: no new calls either way, live ones may end within `graceMs`, then the connection closes.
   * Resolves when it has.
   */
  drain(graceMs: number, reason: string): Promise<void> {
    if (this.#closedError !== undefined) return Promise.resolve();
    this.#stopEvents(shutDown());
    return this.#draining.begin(this.#ids.highestOfPeer, graceMs, reason);
  }

  /** Ends the session at once. */
  abort(error: CrucibleError): void {
    this.#link.abort(error);
  }

  /** Asks the peer for an answer; resolves with its round trip in milliseconds. */
  ping(): Promise<number> {
    return this.#controls.ping();
  }

  // ---- LinkHandler

  checkHeader(type: number): number {
    switch (type) {
      case FrameType.Request:
      case FrameType.Response:
      case FrameType.Stream:
      case FrameType.Event:
        return this.#limits.maxFrameBytes;
      case FrameType.Sealed:
        return this.#limits.maxFrameBytes + sealedExtraBytes;
      case FrameType.Handshake:
      case FrameType.PluginRegister:
        throw new CrucibleError("BAD_PHASE", "handshake frame in an open session; open a new connection instead");
      case FrameType.PluginUnregister:
      case FrameType.CapabilityQuery:
      case FrameType.ResourceRequest:
      case FrameType.MetricsReport:
        if (this.#side === "plugin") {
          throw new CrucibleError(
            "BAD_PHASE",
            `frame of type 0x${type.toString(16)} towards a plugin; only plugins send it`,
          );
        }
        return maxControlBytes;
      default:
        return maxControlBytes;
    }
  }

  onFrame(type: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    switch (type) {
      case FrameType.Response:
      case FrameType.Stream:
        this.#onMessage(type, flags, id, bytes, start, end);
        return;
      case FrameType.Request:
        this.#onRequest(flags, id, bytes, start, end);
        return;
      case FrameType.Credit:
        this.#onCredit(id, bytes, start, end);
        return;
      case FrameType.Error:
        this.#onError(flags, id, bytes, start, end);
        return;
      case FrameType.Cancel:
        this.#onCancel(flags, id, bytes, start, end);
        return;
      case FrameType.Event:
        if (!this.events.continues(id) && !this.#ids.advance(id)) {
          this.#assertNotLive(id);
          return;
        }
        this.events.onFragment(
          flags,
          id,
          bytes,
          start,
          end,
          this.#limits.maxMessageBytes,
          id > this.#draining.lastTakenId,
        );
        return;
      case FrameType.Ack:
        checkZero(id);
        this.events.onAck(decodePayload(AckCodec, bytes, start, end));
        return;
      case FrameType.Shutdown:
        checkZero(id);
        this.#onShutdown(decodePayload(ShutdownCodec, bytes, start, end));
        return;
      case FrameType.MetricsReport:
        checkZero(id);
        decodePayload(MetricsReportCodec, bytes, start, end);
        return;
      default:
        if (!this.#ids.advance(id)) {
          throw new CrucibleError("BAD_MESSAGE_ID", `control request ${id} has an id that is not new`);
        }
        this.#controls.onRequest(type, id, bytes, start, end);
    }
  }

  onClosed(cause: CrucibleError): void {
    // After Shutdown, whoever is done first closes: that is no loss.
    const error = this.#draining.begun && cause.reason === "PEER_LOST" ? shutDown() : cause;
    this.#closedError = error;
    this.#keepalive.stop();
    this.#cancels.close();
    this.#controls.close(this.#closed());
    this.#events?.close(this.#closed());
    for (const call of this.#outgoing.all()) {
      this.#end(call);
      // Nobody knows how far the other side came with it: as far as a retry is concerned, it had started.
      call.onFailed(this.#closed(true));
    }
    for (const call of this.#incoming.all()) {
      this.#incoming.end(call);
      call.onFailed(this.#closed());
    }
    this.#draining.closed();
    this.#onClosed(error);
  }

  // ---- receiving

  #onRequest(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#ids.advance(id)) {
      // The peer has been told which ones are not taken; it knows that they never started.
      if (id <= this.#draining.lastTakenId) this.#incoming.open(flags, id, bytes, start, end);
      return;
    }
    const live = this.#incoming.get(id);
    if (live instanceof PendingRequest) this.#inbox.receive(live, FrameType.Request, flags, bytes, start, end);
    else this.#assertNotLive(id);
  }

  #onMessage(type: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const byPeer = this.#ids.ofPeer(id);
    if (type === FrameType.Response && byPeer) {
      throw new CrucibleError("BAD_MESSAGE_ID", `message ${id} is answered by the side that opened it`);
    }
    const call = this.#find(id);
    if (call === undefined) {
      if (type === FrameType.Response) this.#onAnswer(flags, id, bytes, start, end);
      else this.#assertNotLive(id);
      return;
    }
    if (call instanceof PendingRequest) {
      throw new CrucibleError("BAD_FRAGMENT", `message ${id} goes on before its Request is complete`);
    }
    if (call.remoteEnded) {
      throw new CrucibleError("BAD_PHASE", `message ${id} goes on behind its end; send nothing after END_STREAM`);
    }
    if (type === FrameType.Stream && !byPeer && (flags & Flag.EndStream) !== 0) {
      assertSeal(call, flags);
      const error = new CrucibleError("STREAM_MISUSE", `the callee of ${id} half-closes; end with a Response`);
      this.#refuseMessage(call, error);
      return;
    }
    this.#inbox.receive(call, type, flags, bytes, start, end);
  }

  /** A Response to no live call: the answer of a control request, or of a call that was cancelled. */
  #onAnswer(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.EndStream) !== 0) this.#cancels.answered(id);
    if (!this.#controls.waits(id)) return;
    if ((flags & Flag.More) !== 0)
      throw new CrucibleError("BAD_FRAGMENT", `the answer to control request ${id} is in fragments`);
    this.#controls.onAnswer(id, bytes, start, end);
  }

  /** A call fails by what the peer sent, and nothing else does. */
  #refuseMessage(call: Call, error: CrucibleError): void {
    if (this.#ids.ofPeer(call.id)) this.#incoming.fail(call, error);
    else this.cancel(call);
    call.onFailed(error);
  }

  #onCredit(id: number, bytes: Uint8Array, start: number, end: number): void {
    const call = id === 0 ? undefined : this.#find(id);
    if (id !== 0 && call === undefined) {
      this.#assertNotLive(id);
      return;
    }
    const granted = decodePayload(CreditCodec, bytes, start, end).bytes;
    if (granted === 0) throw new CrucibleError("BAD_CREDIT", "credit grants nothing; grant what was consumed");
    if (call === undefined) this.events.granted(granted);
    else this.#outbox.granted(call, granted);
  }

  #onError(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const error = decodeError(bytes.subarray(start, end));
    if (id === 0) {
      this.#link.close(error);
      return;
    }
    if (this.#ids.ofPeer(id)) {
      throw new CrucibleError(
        "BAD_MESSAGE_ID",
        `call ${id} was ended by its opener with an Error; send Cancel instead`,
      );
    }
    const call = this.#find(id);
    if (call === undefined) {
      this.#cancels.answered(id);
      this.#controls.onError(id, error);
      return;
    }
    assertSeal(call, flags);
    this.#end(call);
    call.onFailed(error);
  }

  #onCancel(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#ids.ofPeer(id)) {
      throw new CrucibleError("BAD_MESSAGE_ID", `call ${id} was cancelled by its callee; answer with an Error instead`);
    }
    this.#cancels.count();
    const call = this.#find(id);
    if (call === undefined) {
      this.#assertNotLive(id);
      return;
    }
    assertSeal(call, flags);
    const { reason } = decodePayload(CancelCodec, bytes, start, end);
    const why = reason === "" ? "" : `: ${reason.slice(0, 256)}`;
    const error = new CrucibleError("CANCELLED", `the caller cancelled the call${why}`);
    this.fail(call, error);
    call.onFailed(error);
  }

  #onShutdown({ reason, lastMessageId }: { readonly reason: string; readonly lastMessageId: bigint }): void {
    const refusal = this.#draining.receive(reason);
    for (const call of this.#outgoing.all()) {
      if (BigInt(call.id) > lastMessageId) {
        this.#end(call);
        call.onFailed(refusal);
      }
    }
    this.#stopEvents(refusal);
    if (!this.#peerDraining) {
      this.#peerDraining = true;
      try {
        this.#onDraining?.(reason);
      } catch (error) {
        throwLater(error);
      }
    }
    this.#draining.check();
  }

  /** A live call by id; undefined when it has ended. Throws when the id was never opened. */
  #find(id: number): Call | undefined {
    this.#ids.assertOpened(id);
    return this.#ids.ofPeer(id) ? this.#incoming.get(id) : this.#outgoing.get(id);
  }

  /** Throws when `id` is live, but not as the frame supposes; otherwise the frame is late. */
  #assertNotLive(id: number): void {
    if (this.#controls.waits(id) || this.#events?.isLive(id) || this.#incoming.get(id) !== undefined) {
      throw new CrucibleError("BAD_MESSAGE_ID", `message ${id} is live, and this frame has no place in it`);
    }
  }

  // ---- ending

  /** A call that was opened here is over. */
  #end(call: Call): void {
    if (call.ended) return;
    call.ended = true;
    this.#outgoing.delete(call);
    this.#release(call);
  }

  #stopEvents(error: CrucibleError): void {
    this.#eventsStopped ??= error;
    this.#events?.stop(error);
  }

  /** Nothing more is sent or received for a call that has ended. */
  #release(call: Call): void {
    this.#outbox.forget(call);
    this.#inbox.forget(call);
    this.#grants.forget(call);
    this.#draining.check();
  }

  /** The grace is over: what is left fails, and both sides know why. */
  #endGrace(): void {
    for (const call of this.#incoming.all()) {
      const started = !(call instanceof PendingRequest);
      const error = new CrucibleError("SHUTTING_DOWN", "the call was not done when its host shut down", { started });
      this.#incoming.fail(call, error);
      call.onFailed(error);
    }
  }

  /** What is told to whoever meets the end of the session; `started` is whether a call of theirs may have. */
  #closed(started = false): CrucibleError {
    const cause = this.#closedError!;
    if (cause.reason === "SHUTTING_DOWN" || cause.reason === "PEER_LOST") {
      return new CrucibleError(cause.reason, cause.message, { started, cause });
    }
    return new CrucibleError("SESSION_CLOSED", `the session has ended: ${cause.message}`, { started, cause });
  }
}

/** What events are to compression: neither sensitive nor forced. */
const events = { sensitive: false };
