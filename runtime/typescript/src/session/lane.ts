import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "../frame/frame.js";
import { MetricsReportCodec, ShutdownCodec } from "../gen/crucible/ipc/v1/control_codec.js";
import type { Shutdown } from "../gen/crucible/ipc/v1/control_pb.js";
import { AckCodec, CancelCodec, CreditCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import type { Ack } from "../gen/crucible/ipc/v1/envelope_pb.js";
import type { Call } from "./call.js";
import { CallTable } from "./call-table.js";
import { cancelled, Cancels } from "./cancels.js";
import type { Shrinker } from "./compression.js";
import { Controls } from "./controls.js";
import { checkZero, decodePayload } from "./decode-payload.js";
import { Draining, peerRetires, peerShutsDown, shutDown, type ShutdownTerms } from "./draining.js";
import { decodeError } from "./error-frame.js";
import { EventLane } from "./event-lane.js";
import { Grants } from "./grants.js";
import { freeRegions, handedOffCost, type Handoff } from "./handoff/handoff.js";
import { assertSeal, Inbox } from "./inbox.js";
import { type AcceptingLane, IncomingCalls } from "./incoming-calls.js";
import { Keepalive } from "./keepalive.js";
import type { LaneHost, LaneOptions } from "./lane-host.js";
import type { SessionLimits } from "./limits.js";
import type { Link, LinkHandler } from "./link.js";
import { MessageIds } from "./message-ids.js";
import { Outbox } from "./outbox.js";
import { PendingRequest } from "./pending-request.js";
import { payloadLimit } from "./payload-limit.js";

/**
 * One connection of a session: calls both ways, their windows, events and control requests, from the end of the
 * registration to the end of the connection.
 *
 *   open ──drain()──▶ draining ──no call left, or the grace is over──▶ closed
 *   open ──Shutdown received──▶ refusing new calls ──the peer closes──▶ closed
 *   any ──a rule broken, connection lost, abort()──▶ closed
 */
export class Lane implements LinkHandler, AcceptingLane {
  readonly #host: LaneHost;
  readonly #link: Link;
  readonly #limits: SessionLimits;
  readonly #side: "plugin" | "daemon";
  readonly #ids: MessageIds;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #grants: Grants;
  readonly #outgoing = new CallTable();
  readonly #incoming: IncomingCalls;
  readonly #cancels: Cancels;
  readonly #controls: Controls;
  readonly #keepalive: Keepalive;
  readonly #handoff: Handoff | undefined;
  readonly #draining: Draining;
  readonly #eventShrinker: Shrinker | undefined;
  #events: EventLane | undefined;
  /** When it was opened, on the monotonic clock. */
  readonly openedMs: number;
  /** Calls that were opened on it, both ways, in all. */
  opened = 0;
  /** Live calls that move much. */
  large = 0;

  constructor(options: LaneOptions) {
    const { host, link, clock, limits, shared, side } = options;
    this.#host = host;
    this.#link = link;
    this.#limits = limits;
    this.#side = side;
    this.#eventShrinker = options.eventShrinker;
    this.openedMs = clock.monotonicMs();
    this.#ids = new MessageIds(side, shared.ids, options.highestOfPeer);
    const onLarge = (call: Call): void => this.#markLarge(call);
    this.#outbox = new Outbox(link, options.peerMaxMessageBytes, this.#ids, (call, type) =>
      this.#outboxFor(call, type),
    );
    this.#handoff = this.#outbox.handoff = options.handoff;
    this.#grants = new Grants(link, shared, onLarge);
    this.#inbox = new Inbox(
      limits,
      this.#grants,
      shared.unfinished,
      (call, type, flags, bytes, start, end, cost) => {
        if (type === FrameType.Response) this.#end(call);
        call.onMessage(type, flags, bytes, start, end, cost);
      },
      onLarge,
      (call, error) => this.#refuseMessage(call, error),
    );
    this.#cancels = new Cancels(link, clock, shared, limits.cancelsPerSecond);
    this.#controls = new Controls(link, clock, shared, options.controls, () => this.#ids.draw());
    this.#incoming = new IncomingCalls(this, link, shared, limits, options.acceptor, this.#inbox, (call) =>
      this.#release(call),
    );
    this.#keepalive = new Keepalive(link, clock, limits.heartbeatIntervalMs, limits.heartbeatMisses, () => {
      this.#handoff?.rest();
      this.#controls.heartbeat();
    });
    const isIdle = (): boolean => this.#outgoing.size === 0 && this.#incoming.size === 0;
    this.#draining = new Draining(link, clock, isIdle, () => this.#incoming.failAll());
    link.onUnblocked = () => {
      this.#grants.onUnblocked();
      this.#outbox.pump();
    };
    link.setHandler(this);
  }

  /** The events of this connection. Made when they are first needed: an idle one is smaller without. */
  get events(): EventLane {
    return (this.#events ??= new EventLane(
      this.#link,
      this.#outbox,
      this.#grants,
      this.#limits.maxMessageBytes,
      this.#eventShrinker,
      this.#host.events.onEvent,
    ));
  }

  /** The same, if they were needed so far. */
  get madeEvents(): EventLane | undefined {
    return this.#events;
  }

  get arrivedMs(): number {
    return this.#link.lastBytesMs;
  }

  /** Calls that were opened here and that the peer still counts. */
  get openCalls(): number {
    return this.#outgoing.size + this.#cancels.size;
  }

  /** Calls in flight, both ways. */
  get liveCalls(): number {
    return this.#outgoing.size + this.#incoming.size;
  }

  /** The highest id that the peer has opened on it. */
  get highestOfPeer(): number {
    return this.#ids.highestOfPeer;
  }

  /** It ends in order, alone or with its session: it takes no more calls. */
  get ending(): boolean {
    return this.#draining.begun;
  }

  // ---- calls opened here

  /**
   * Opens `call`: draws its id and sends `head` with `message` as body when there is a codec. Throws what the codec throws;
   * nothing was sent then.
   */
  open(
    call: Call,
    flags: number,
    head: Uint8Array,
    headBytes: number,
    codec: Codec | undefined,
    message: unknown,
  ): void {
    call.lane = this;
    call.id = this.#ids.draw();
    const live = this.#outgoing.size;
    this.#link.urgent = live === 0;
    this.#link.crowd(live);
    this.#outbox.send(call, FrameType.Request, flags, head, headBytes, codec, message);
    this.#link.urgent = false;
    // A large one may have gone another way.
    const lane = call.lane === this ? this : (call.lane as Lane);
    lane.#outgoing.add(call);
    lane.opened++;
  }

  cancel(call: Call): void {
    if (call.ended) return;
    this.#cancels.send(call);
    this.#end(call);
  }

  // ---- calls opened by the peer

  accept(call: Call, id: number, window: number): void {
    call.lane = this;
    this.#incoming.accept(call, id, window);
    this.#link.crowd(2 * this.#incoming.live);
  }

  refuse(id: number, error: CrucibleError, sealed: boolean): void {
    this.#incoming.refuse(id, error, sealed);
  }

  finish(call: Call): void {
    // What waits for credit still leaves: the call is live until then.
    if (call.queue === undefined) this.#incoming.end(call);
  }

  fail(call: Call, error: CrucibleError): void {
    this.#incoming.fail(call, error);
  }

  settled(call: Call): void {
    this.#incoming.settled(call);
    this.#draining.check();
  }

  // ---- both

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

  consumed(call: Call, cost: number): void {
    this.#grants.consumed(call, cost < handedOffCost ? cost : this.#handoff!.consumedBy(call, cost));
  }

  /** Ends the connection in order: no new calls either way, live ones may end in their time. Resolves when it has ended. */
  drain(terms: ShutdownTerms): Promise<void> {
    return this.#draining.begin(this.#ids.highestOfPeer, terms);
  }

  /** Ends the connection at once. */
  abort(error: CrucibleError): void {
    this.#link.abort(error);
  }

  /** Asks the peer for an answer; resolves with its round trip in milliseconds. */
  ping(): Promise<number> {
    return this.#controls.ping();
  }

  // ---- LinkHandler

  checkHeader(type: number): number {
    return payloadLimit(type, this.#side, this.#limits);
  }

  onFrame(type: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.Handoff) === 0) {
      this.#handle(type, flags, id, bytes, start, end);
      return;
    }
    this.#handoff!.begin(bytes, start, end);
    this.#handle(type, flags, id, bytes, start, end);
    this.#handoff!.end();
  }

  #handle(type: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
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
        this.events.onFragment(flags, id, bytes, start, end, id > this.#draining.lastTakenId);
        return;
      case FrameType.Ack:
        checkZero(id);
        this.#onAck(decodePayload(AckCodec, bytes, start, end));
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
    const error = this.#draining.mayEnd && cause.reason === "PEER_LOST" ? shutDown() : cause;
    const told = this.#host.onEnding(this, error);
    this.#keepalive.stop();
    this.#cancels.close();
    this.#controls.close(told(false));
    for (const call of this.#outgoing.all()) {
      this.#end(call);
      // Nobody knows how far the other side came with it: as far as a retry is concerned, it had started.
      call.onFailed(told(true));
    }
    this.#incoming.endAll(told);
    this.#handoff?.lose();
    this.#draining.closed();
    this.#host.onEnded();
  }

  // ---- receiving

  #onRequest(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#ids.advance(id)) {
      // The peer has been told which ones are not taken; it knows that they never started.
      if (id <= this.#draining.lastTakenId) {
        this.opened++;
        this.#incoming.open(flags, id, bytes, start, end);
      }
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

  #onAck(ack: Ack): void {
    if (ack.messageIds.length > 0) this.#host.events.onAck(ack);
    if (ack.regions.length > 0) freeRegions(this.#handoff, ack.regions);
  }

  /** A Response to no live call: the answer of a control request, or of a call that was cancelled. */
  #onAnswer(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.EndStream) !== 0) this.#cancels.answered(id);
    if (this.#controls.waits(id)) this.#controls.onAnswer(flags, id, bytes, start, end);
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
    const error = cancelled(decodePayload(CancelCodec, bytes, start, end).reason);
    this.fail(call, error);
    call.onFailed(error);
  }

  #onShutdown({ reason, graceMs, lastMessageId, connectionOnly }: Shutdown): void {
    this.#draining.receive(connectionOnly, graceMs);
    const { peer } = this.#link;
    const refusal = connectionOnly ? peerRetires(peer) : peerShutsDown(peer, reason);
    for (const call of this.#outgoing.all()) {
      if (BigInt(call.id) > lastMessageId) {
        this.#end(call);
        call.onFailed(refusal);
      }
    }
    this.#host.onPeerShutdown(reason, refusal, connectionOnly);
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

  /** Nothing more is sent or received for a call that has ended. */
  #release(call: Call): void {
    this.#outbox.forget(call);
    this.#inbox.forget(call);
    this.#grants.forget(call);
    if (call.large) {
      call.large = false;
      this.large--;
    }
    this.#draining.check();
  }

  // ---- calls that move much

  #markLarge(call: Call): void {
    if (call.large || call.ended) return;
    call.large = true;
    this.large++;
    this.#host.onLarge(this);
    call.onLarge();
  }

  /** Where a message leaves that leaves in parts. The Request that it is may still go another way. */
  #outboxFor(call: Call, type: number): Outbox {
    const lane = type === FrameType.Request && !call.large ? this.#host.onLarge(this) : this;
    if (lane !== this) {
      call.lane = lane;
      lane.#ids.adopt(call.id);
    }
    lane.#markLarge(call);
    return lane.#outbox;
  }
}
