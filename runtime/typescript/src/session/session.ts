import type { Clock, Stop } from "../clock/clock.js";
import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes } from "../frame/frame.js";
import { encodeShutdown, MetricsReportCodec, ShutdownCodec } from "../gen/crucible/ipc/v1/control_codec.js";
import { AckCodec, CancelCodec, CreditCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import type { Call } from "./call.js";
import { CallTable } from "./call-table.js";
import { type ControlHandler, Controls } from "./controls.js";
import { decodeError, encodeError } from "./error-frame.js";
import { Events } from "./events.js";
import { Keepalive } from "./keepalive.js";
import { initialWindowBytes, maxControlBytes, type SessionLimits } from "./limits.js";
import type { Link, LinkHandler } from "./link.js";
import { Outbox } from "./outbox.js";
import { PendingRequest } from "./pending-request.js";
import { appendFragment, takeAssembly } from "./reassembly.js";
import { TokenBucket } from "./token-bucket.js";

/** Who answers the calls that the peer opens. */
export interface Acceptor {
  /**
   * A whole Request with message id `id`; its envelope is `bytes[start, end)`. Either makes a call of it, `accept`s it
   * and later ends it, or refuses it with `refuse`. `cost` is what to hand to `consumed` once it has been used, and
   * `window` what the caller may still send. What it throws ends the connection.
   */
  onRequest(
    id: number,
    flags: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    cost: number,
    window: number,
  ): void;
}

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
  readonly #peerMaxCalls: number;
  readonly #acceptor: Acceptor;
  readonly #onClosed: (error: CrucibleError) => void;
  readonly #onDraining: ((reason: string) => void) | undefined;
  readonly #outbox: Outbox;
  readonly #outgoing = new CallTable();
  readonly #incoming = new CallTable();
  readonly #controls: Controls;
  readonly #keepalive: Keepalive;
  readonly #cancels: TokenBucket;
  /** Events both ways, with windows of their own. */
  readonly events: Events;
  /** Parity of the ids that the peer draws. */
  readonly #peerParity: number;
  /** The id this side draws next. */
  #nextId: number;
  #highestPeerId = 0;
  /** Calls opened here that were cancelled and not answered yet: the peer still counts them. */
  readonly #cancelled: Set<number> = new Set();
  /** Calls of the peer whose handlers have not settled. */
  #busy = 0;
  /** Requests of the peer that are not complete. */
  #pendingRequests = 0;
  #incompleteBytes = 0;
  #peerDraining: CrucibleError | undefined;
  #drained: (() => void) | undefined;
  #lastTakenId = Infinity;
  #closedError: CrucibleError | undefined;
  /** Calls with credit to grant once the transport takes more. */
  readonly #ungranted: Set<Call> = new Set();
  readonly #credit = { bytes: 0 };

  constructor(options: SessionOptions) {
    this.#link = options.link;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#peerMaxCalls = options.peer.maxCalls;
    this.#onClosed = options.onClosed;
    this.#onDraining = options.onDraining;
    this.#peerParity = options.side === "plugin" ? 0 : 1;
    this.#nextId = options.side === "plugin" ? 1 : 2;
    this.#outbox = new Outbox(options.link, options.peer.maxMessageBytes, () => this.#drawId());
    this.#controls = new Controls(options.link, options.controls, () => this.#drawId());
    this.events = new Events(options.link, this.#outbox, options.clock, (bytes) => this.#grantEvents(bytes));
    this.#cancels = new TokenBucket(options.clock, 2 * options.limits.maxCalls, options.limits.cancelsPerSecond);
    this.#acceptor = options.acceptor(this);
    this.#keepalive = new Keepalive(
      options.link,
      options.clock,
      options.limits.heartbeatIntervalMs,
      options.limits.heartbeatMisses,
      () => this.#controls.heartbeat(),
    );
    options.link.onUnblocked = () => this.#onUnblocked();
    options.link.setHandler(this);
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** The session id as 16 hexadecimal digits. */
  get id(): string {
    return this.#link.sessionId;
  }

  /** Why the session has ended; undefined while it lives. */
  get closedError(): CrucibleError | undefined {
    return this.#closedError;
  }

  /** Calls in flight, both ways. */
  get liveCalls(): number {
    return this.#outgoing.size + this.#busy;
  }

  // ---- calls opened here

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
    if (this.#closedError !== undefined) throw this.#closed();
    if (this.#lastTakenId !== Infinity) {
      throw new CrucibleError("SHUTTING_DOWN", "this side is shutting down; no calls are opened");
    }
    if (this.#peerDraining !== undefined) throw this.#peerDraining;
    if (this.#outgoing.size + this.#cancelled.size >= this.#peerMaxCalls) {
      throw new CrucibleError(
        "TOO_MANY_CALLS",
        `${this.#peerMaxCalls} calls are in flight, which is the limit; wait for some to end`,
      );
    }
    call.id = this.#drawId();
    this.#outbox.send(call, FrameType.Request, flags, head, headBytes, codec, message);
    this.#outgoing.add(call);
  }

  /** Ends a call opened here that is no longer wanted, and tells the peer. */
  cancel(call: Call): void {
    if (call.ended) return;
    this.#sendCancel(call);
    this.#end(call, this.#outgoing);
  }

  // ---- calls opened by the peer

  /** Takes a Request as `call`, which may still receive `window` bytes. The handler's end is told by `settled`. */
  accept(call: Call, id: number, window: number): void {
    call.id = id;
    call.receiveWindow = window;
    this.#busy++;
    this.#incoming.add(call);
  }

  /** Refuses a Request. */
  refuse(id: number, error: CrucibleError, sealed: boolean): void {
    this.#link.sendControl(FrameType.Error, Flag.EndStream, id, encodeError(error), sealed);
  }

  /** Ends a call of the peer well: its last message has been handed to `send`. */
  finish(call: Call): void {
    // What waits for credit still leaves: the call stays in the table until then.
    if (call.queue === undefined) this.#end(call, this.#incoming);
  }

  /** Ends a call of the peer badly. */
  fail(call: Call, error: CrucibleError): void {
    if (call.ended) return;
    this.refuse(call.id, error, call.sealed);
    this.#end(call, this.#incoming);
  }

  /** The handler of a call of the peer has settled: it no longer counts against the limit. Once for each `accept`. */
  settled(): void {
    this.#busy--;
    this.#checkDrained();
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
    if (!call.ended) this.#outbox.send(call, type, flags, head, headBytes, codec, message);
  }

  /** The user has consumed `bytes` of what was received; they are granted again once half a window has gathered. */
  consumed(call: Call, bytes: number): void {
    call.ungranted += bytes;
    if (call.ungranted >= initialWindowBytes / 2 && !call.remoteEnded && !call.ended) this.#grant(call);
  }

  /**
   * Ends the session in order: no new calls either way, live ones may end within `graceMs`, then the connection closes.
   * Resolves when it has.
   */
  drain(graceMs: number, reason: string): Promise<void> {
    if (this.#closedError !== undefined) return Promise.resolve();
    const wait = new Promise<void>((resolve) => {
      const before = this.#drained;
      this.#drained = () => {
        before?.();
        resolve();
      };
    });
    if (this.#lastTakenId === Infinity) {
      this.#lastTakenId = this.#highestPeerId;
      const payload = encodeShutdown({ reason, graceMs, lastMessageId: BigInt(this.#highestPeerId) });
      this.#link.sendControl(FrameType.Shutdown, 0, 0, payload, false);
      const stop: Stop = this.#clock.after(graceMs, () => this.#finishDrain());
      void wait.then(stop);
      this.#checkDrained();
    }
    return wait;
  }

  /** Ends the session at once. */
  abort(error: CrucibleError): void {
    this.#link.abort(error);
  }

  /** Asks the peer for an answer; resolves with its round trip in milliseconds. */
  ping(): Promise<number> {
    return this.#controls.ping(this.#clock);
  }

  // ---- LinkHandler

  checkHeader(type: number): number {
    switch (type) {
      case FrameType.Request:
      case FrameType.Response:
      case FrameType.Stream:
      case FrameType.Event:
        return this.#limits.maxFrameBytes;
      case FrameType.Handshake:
      case FrameType.PluginRegister:
        throw new CrucibleError("BAD_PHASE", "handshake frame in an open session; open a new connection instead");
      case FrameType.PluginUnregister:
      case FrameType.CapabilityQuery:
      case FrameType.ResourceRequest:
      case FrameType.MetricsReport:
        if (this.#peerParity === 0) {
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
        if (!this.events.continues(id) && !this.#opens(id)) return;
        this.events.onFragment(flags, id, bytes, start, end, this.#limits.maxMessageBytes, id > this.#lastTakenId);
        return;
      case FrameType.Ack:
        checkZero(id);
        this.events.onAck(decode(AckCodec, bytes, start, end));
        return;
      case FrameType.Shutdown:
        checkZero(id);
        this.#onShutdown(decode(ShutdownCodec, bytes, start, end));
        return;
      case FrameType.MetricsReport:
        checkZero(id);
        decode(MetricsReportCodec, bytes, start, end);
        return;
      default:
        if (!this.#opens(id))
          throw new CrucibleError("BAD_MESSAGE_ID", `control request ${id} has an id that is not new`);
        this.#controls.onRequest(type, id, bytes, start, end);
    }
  }

  onClosed(cause: CrucibleError): void {
    // After Shutdown, whoever is done first closes: that is no loss.
    const draining = this.#lastTakenId !== Infinity || this.#peerDraining !== undefined;
    const error = draining && cause.reason === "PEER_LOST" ? shutDown() : cause;
    this.#closedError = error;
    this.#keepalive.stop();
    this.#controls.close(this.#closed());
    this.events.close(this.#closed());
    for (const table of [this.#outgoing, this.#incoming]) {
      for (const call of table.all()) {
        this.#end(call, table);
        call.onFailed(this.#closed());
      }
    }
    this.#drained?.();
    this.#onClosed(error);
  }

  // ---- receiving

  #onRequest(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if (id % 2 === this.#peerParity && id <= this.#highestPeerId) {
      const live = this.#incoming.get(id);
      if (live instanceof PendingRequest) {
        this.#receive(live, FrameType.Request, flags, bytes, start, end);
        return;
      }
    }
    if (!this.#opens(id)) return;
    // The peer has been told that this one is not taken; it knows that it never started.
    if (id > this.#lastTakenId) return;
    if (this.#busy + this.#pendingRequests >= this.#limits.maxCalls) {
      const sealed = (flags & Flag.Encrypted) !== 0;
      this.refuse(
        id,
        new CrucibleError(
          "TOO_MANY_CALLS",
          `${this.#limits.maxCalls} calls are in flight, which is the limit; wait for some to end`,
        ),
        sealed,
      );
      return;
    }
    if ((flags & Flag.More) === 0) {
      const cost = end - start + overheadBytes;
      if (cost > initialWindowBytes) throw creditExceeded(id);
      this.#acceptor.onRequest(id, flags, bytes, start, end, cost, initialWindowBytes - cost);
      return;
    }
    const pending = new PendingRequest((whole, lastFlags, cost) => {
      this.#pendingRequests--;
      if (whole === undefined) return;
      this.#end(pending, this.#incoming);
      this.#acceptor.onRequest(id, lastFlags, whole, 0, whole.length, cost, pending.receiveWindow);
    });
    pending.id = id;
    pending.sealed = (flags & Flag.Encrypted) !== 0;
    this.#pendingRequests++;
    this.#incoming.add(pending);
    this.#receive(pending, FrameType.Request, flags, bytes, start, end);
  }

  #onMessage(type: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const byPeer = id % 2 === this.#peerParity;
    if (type === FrameType.Response && byPeer) {
      throw new CrucibleError("BAD_MESSAGE_ID", `message ${id} is answered by the side that opened it`);
    }
    const call = this.#find(id);
    if (call === undefined) {
      if (type === FrameType.Response) this.#lateAnswer(flags, id, bytes, start, end);
      else this.#checkNoControl(id);
      return;
    }
    if (call.remoteEnded || call instanceof PendingRequest) {
      throw new CrucibleError("BAD_PHASE", `message ${id} goes on behind its end; send nothing after END_STREAM`);
    }
    if (type === FrameType.Stream && !byPeer && (flags & Flag.EndStream) !== 0) {
      this.#failCall(call, new CrucibleError("STREAM_MISUSE", `the callee of ${id} half-closes; end with a Response`));
      return;
    }
    this.#receive(call, type, flags, bytes, start, end);
  }

  /** A Response to no live call: the answer of a control request, or of a call that was cancelled. */
  #lateAnswer(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.EndStream) !== 0) this.#cancelled.delete(id);
    if (!this.#controls.waits(id)) return;
    if ((flags & Flag.More) !== 0)
      throw new CrucibleError("BAD_FRAGMENT", `the answer to control request ${id} is in fragments`);
    this.#controls.onAnswer(id, bytes, start, end);
  }

  /** A data frame of a live call: checks seal and window, puts fragments together and delivers whole messages. */
  #receive(call: Call, type: number, flags: number, bytes: Uint8Array, start: number, end: number): void {
    checkSeal(call, flags);
    const cost = overheadBytes + end - start;
    call.receiveWindow -= cost;
    if (call.receiveWindow < 0) throw creditExceeded(call.id);
    const more = (flags & Flag.More) !== 0;
    if (call.assembly !== undefined && call.assemblyType !== type) {
      throw new CrucibleError("BAD_FRAGMENT", `message ${call.id} changes its type between fragments`);
    }
    if (!more && call.assembly === undefined) {
      if ((flags & Flag.EndStream) !== 0) call.remoteEnded = true;
      this.#deliver(call, type, flags, bytes, start, end, cost);
      return;
    }
    if (more && end === start) {
      throw new CrucibleError("BAD_FRAGMENT", `message ${call.id} has an empty fragment that is not its last`);
    }
    if (call.assembled + end - start > this.#limits.maxMessageBytes) {
      this.#failCall(
        call,
        tooLarge(call, `takes more than ${this.#limits.maxMessageBytes} bytes; send it in parts`, false),
      );
      return;
    }
    this.#incompleteBytes += end - start;
    call.assemblyType = type;
    appendFragment(call, bytes, start, end);
    if (more) {
      if (this.#incompleteBytes > this.#limits.maxIncompleteBytes) {
        this.#failCall(call, tooLarge(call, "came in while too many others were incomplete; try again later", true));
        return;
      }
      // What is not complete cannot be consumed: its credit comes back as it arrives.
      call.ungranted += cost;
      this.#grant(call);
      return;
    }
    const whole = takeAssembly(call);
    this.#incompleteBytes -= whole.length;
    if ((flags & Flag.EndStream) !== 0) call.remoteEnded = true;
    this.#deliver(call, type, flags, whole, 0, whole.length, cost);
  }

  #deliver(call: Call, type: number, flags: number, bytes: Uint8Array, start: number, end: number, cost: number): void {
    if (type === FrameType.Response) this.#end(call, this.#outgoing);
    call.onMessage(type, flags, bytes, start, end, cost);
  }

  /** A call fails by what the peer sent, and nothing else does. */
  #failCall(call: Call, error: CrucibleError): void {
    if (call.id % 2 === this.#peerParity) {
      this.refuse(call.id, error, call.sealed);
      this.#end(call, this.#incoming);
    } else {
      this.#sendCancel(call);
      this.#end(call, this.#outgoing);
    }
    call.onFailed(error);
  }

  #onCredit(id: number, bytes: Uint8Array, start: number, end: number): void {
    const granted = decode(CreditCodec, bytes, start, end).bytes;
    if (granted === 0) throw new CrucibleError("BAD_CREDIT", "credit grants nothing; grant what was consumed");
    if (id === 0) {
      this.events.granted(granted);
      return;
    }
    const call = this.#find(id);
    if (call !== undefined) this.#outbox.granted(call, granted);
    else this.#checkNoControl(id);
  }

  #onError(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const error = decodeError(bytes.subarray(start, end));
    if (id === 0) {
      this.#link.close(error);
      return;
    }
    if (id % 2 === this.#peerParity) {
      throw new CrucibleError(
        "BAD_MESSAGE_ID",
        `call ${id} was ended by its opener with an Error; send Cancel instead`,
      );
    }
    const call = this.#find(id);
    if (call === undefined) {
      this.#cancelled.delete(id);
      this.#controls.onError(id, error);
      return;
    }
    checkSeal(call, flags);
    this.#end(call, this.#outgoing);
    call.onFailed(error);
  }

  #onCancel(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if (id % 2 !== this.#peerParity) {
      throw new CrucibleError("BAD_MESSAGE_ID", `call ${id} was cancelled by its callee; answer with an Error instead`);
    }
    if (!this.#cancels.take()) {
      throw new CrucibleError(
        "CONTROL_FLOOD",
        `peer cancels more than ${this.#limits.cancelsPerSecond} calls a second`,
      );
    }
    const { reason } = decode(CancelCodec, bytes, start, end);
    const call = this.#find(id);
    if (call === undefined) return;
    checkSeal(call, flags);
    const why = reason === "" ? "" : `: ${reason.slice(0, 256)}`;
    const error = new CrucibleError("CANCELLED", `the caller cancelled the call${why}`);
    this.fail(call, error);
    call.onFailed(error);
  }

  #onShutdown({ reason, lastMessageId }: { readonly reason: string; readonly lastMessageId: bigint }): void {
    const first = this.#peerDraining === undefined;
    this.#peerDraining ??= new CrucibleError(
      "SHUTTING_DOWN",
      `peer ${this.#link.peer} is shutting down (${reason.slice(0, 64)}); call it again after its restart`,
    );
    for (const call of this.#outgoing.all()) {
      if (BigInt(call.id) > lastMessageId) {
        this.#end(call, this.#outgoing);
        call.onFailed(this.#peerDraining);
      }
    }
    if (first) this.#onDraining?.(reason);
    this.#checkDrained();
  }

  /** A live call by id; undefined when it has ended. Throws when the id was never opened. */
  #find(id: number): Call | undefined {
    if (id % 2 === this.#peerParity) {
      if (id > this.#highestPeerId || id === 0) throw neverOpened(id);
      return this.#incoming.get(id);
    }
    if (id >= this.#nextId || id === 0) throw neverOpened(id);
    return this.#outgoing.get(id);
  }

  /** Whether `id` opens a message; false when it is late. Throws when it can do neither. */
  #opens(id: number): boolean {
    if (id % 2 !== this.#peerParity || id === 0) {
      throw new CrucibleError(
        "BAD_MESSAGE_ID",
        `message id ${id} cannot open a message of the other side; its ids have the other parity`,
      );
    }
    if (id > this.#highestPeerId) {
      this.#highestPeerId = id;
      return true;
    }
    if (this.#incoming.get(id) !== undefined || this.events.continues(id)) {
      throw new CrucibleError("BAD_MESSAGE_ID", `message id ${id} was opened twice; ids of one side strictly increase`);
    }
    return false;
  }

  #checkNoControl(id: number): void {
    if (this.#controls.waits(id) || this.events.continues(id)) {
      throw new CrucibleError("BAD_MESSAGE_ID", `message ${id} is no call`);
    }
  }

  // ---- sending

  #drawId(): number {
    const id = this.#nextId;
    if (id > Number.MAX_SAFE_INTEGER - 2) {
      throw new CrucibleError("IDS_EXHAUSTED", "this session has used all its message ids; open a new one");
    }
    this.#nextId = id + 2;
    return id;
  }

  #grant(call: Call): void {
    if (this.#link.blocked) {
      this.#ungranted.add(call);
      return;
    }
    const bytes = call.ungranted;
    call.ungranted = 0;
    call.receiveWindow += bytes;
    this.#sendCredit(call.id, bytes);
  }

  #grantEvents(bytes: number): void {
    this.#sendCredit(0, bytes);
  }

  #sendCredit(id: number, bytes: number): void {
    if (this.#link.closed) return;
    const writer = this.#link.writer;
    const start = writer.begin(FrameType.Credit, 0, id, 8);
    this.#credit.bytes = bytes;
    this.#link.countControl(8);
    this.#link.send(CreditCodec.write(this.#credit, writer.arena, start), false);
  }

  #sendCancel(call: Call): void {
    this.#cancelled.add(call.id);
    this.#link.sendControl(FrameType.Cancel, 0, call.id, noBytes, call.sealed);
  }

  #onUnblocked(): void {
    for (const call of this.#ungranted) {
      if (!call.ended && !call.remoteEnded && call.ungranted > 0) this.#grant(call);
    }
    this.#ungranted.clear();
    this.#outbox.pump();
  }

  // ---- ending

  #end(call: Call, table: CallTable): void {
    if (call.ended) return;
    call.ended = true;
    this.#outbox.forget(call);
    table.delete(call);
    if (call.assembly !== undefined) {
      this.#incompleteBytes -= call.assembled;
      call.assembly = undefined;
      call.assembled = 0;
    }
    this.#checkDrained();
  }

  /** Once Shutdown was sent or received, the session closes with its last call. */
  #checkDrained(): void {
    if (this.#lastTakenId === Infinity && this.#peerDraining === undefined) return;
    if (this.#busy === 0 && this.#outgoing.size === 0 && this.#incoming.size === 0) this.#finishDrain();
  }

  #finishDrain(): void {
    this.#link.close(shutDown());
  }

  /** What a call is told that meets the end of the session. */
  #closed(): CrucibleError {
    const cause = this.#closedError!;
    if (cause.reason === "SHUTTING_DOWN" || cause.reason === "PEER_LOST") return cause;
    return new CrucibleError("SESSION_CLOSED", `the session has ended: ${cause.message}`, { cause });
  }
}

const noBytes = new Uint8Array(0);

function checkSeal(call: Call, flags: number): void {
  if (call.sealed !== ((flags & Flag.Encrypted) !== 0)) {
    throw new CrucibleError(
      "SEAL_REQUIRED",
      `call ${call.id} mixes sealed and clear frames; seal all of a sensitive call and no other`,
    );
  }
}

function shutDown(): CrucibleError {
  return new CrucibleError("SHUTTING_DOWN", "the session was shut down in order");
}

function tooLarge(call: Call, what: string, retryable: boolean): CrucibleError {
  return new CrucibleError("MESSAGE_TOO_LARGE", `message ${call.id} ${what}`, { retryable });
}

/** Decodes a payload whose failure ends the connection. */
function decode<T>(codec: Codec<T, never>, bytes: Uint8Array, start: number, end: number): T {
  try {
    return codec.read(bytes, start, end);
  } catch (cause) {
    throw new CrucibleError("BAD_ENVELOPE", `frame holds no valid ${codec.typeName}`, { cause });
  }
}

function checkZero(id: number): void {
  if (id !== 0)
    throw new CrucibleError("BAD_MESSAGE_ID", `message id ${id} on a frame that belongs to no message; send 0`);
}

function creditExceeded(id: number): CrucibleError {
  return new CrucibleError("CREDIT_EXCEEDED", `message ${id} sends more than its window; wait for credit`);
}

function neverOpened(id: number): CrucibleError {
  return new CrucibleError("BAD_MESSAGE_ID", `message id ${id} was never opened`);
}
