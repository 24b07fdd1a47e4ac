import { CrucibleError } from "../error/index.js";
import { Flag, FrameType } from "../frame/frame.js";
import { MetricsReportCodec, ShutdownCodec } from "../gen/crucible/ipc/v1/control_codec.js";
import type { Shutdown } from "../gen/crucible/ipc/v1/control_pb.js";
import { AckCodec, CancelCodec, CreditCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import type { Ack } from "../gen/crucible/ipc/v1/envelope_pb.js";
import type { Call } from "./call.js";
import type { CallTable } from "./call-table.js";
import { cancelled, type Cancels } from "./cancels.js";
import type { Controls } from "./controls.js";
import { checkZero, decodePayload } from "./decode-payload.js";
import { type Draining, peerRetires, peerShutsDown } from "./draining.js";
import { decodeError } from "./error-frame.js";
import type { EventLane } from "./event-lane.js";
import { freeRegions, type Handoff } from "./handoff/handoff.js";
import { assertSeal, type Inbox } from "./inbox.js";
import type { IncomingCalls } from "./incoming-calls.js";
import type { LaneHost } from "./lane-host.js";
import type { SessionLimits } from "./limits.js";
import type { Link, LinkHandler } from "./link.js";
import type { MessageIds } from "./message-ids.js";
import type { FragmentQueue } from "./fragment-queue.js";
import { PendingRequest } from "./pending-request.js";
import { payloadLimit } from "./payload-limit.js";

/** The connection that frames arrive on, as whoever handles them knows it. */
export interface ArrivingLane {
  /** Calls that were opened on it, both ways, in all. */
  opened: number;
  /** Its events, made when they are first needed; `madeEvents` are the same, if they were so far. */
  readonly events: EventLane;
  readonly madeEvents: EventLane | undefined;
  /** A call that was opened here is over. */
  end(call: Call): void;
  /** Ends a call opened here that is no longer wanted, and tells the peer. */
  cancel(call: Call): void;
  /** Ends a call of the peer badly. */
  fail(call: Call, error: CrucibleError): void;
  /** It has ended. */
  onClosed(cause: CrucibleError): void;
}

/** What they tell the session that it belongs to. */
export type ArrivalsHost = Pick<LaneHost<never>, "events" | "onPeerShutdown">;

/** What else of it they reach. */
export interface LaneParts {
  readonly host: ArrivalsHost;
  readonly link: Link;
  readonly limits: SessionLimits;
  readonly side: "plugin" | "daemon";
  readonly ids: MessageIds;
  readonly queue: FragmentQueue;
  readonly inbox: Inbox;
  readonly outgoing: CallTable;
  readonly incoming: IncomingCalls;
  readonly cancels: Cancels;
  readonly controls: Controls;
  readonly handoff: Handoff | undefined;
  readonly draining: Draining;
}

/** What the frames of a connection's peer do there: each goes to the call, or whatever else, that it belongs to. */
export class Arrivals implements LinkHandler {
  readonly #lane: ArrivingLane;
  readonly #host: ArrivalsHost;
  readonly #link: Link;
  readonly #limits: SessionLimits;
  readonly #side: "plugin" | "daemon";
  readonly #ids: MessageIds;
  readonly #queue: FragmentQueue;
  readonly #inbox: Inbox;
  readonly #outgoing: CallTable;
  readonly #incoming: IncomingCalls;
  readonly #cancels: Cancels;
  readonly #controls: Controls;
  readonly #handoff: Handoff | undefined;
  readonly #draining: Draining;

  constructor(lane: ArrivingLane, parts: LaneParts) {
    this.#lane = lane;
    this.#host = parts.host;
    this.#link = parts.link;
    this.#limits = parts.limits;
    this.#side = parts.side;
    this.#ids = parts.ids;
    this.#queue = parts.queue;
    this.#inbox = parts.inbox;
    this.#outgoing = parts.outgoing;
    this.#incoming = parts.incoming;
    this.#cancels = parts.cancels;
    this.#controls = parts.controls;
    this.#handoff = parts.handoff;
    this.#draining = parts.draining;
  }

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
        if (!this.#lane.events.continues(id) && !this.#ids.advance(id)) {
          this.#assertNotLive(id);
          return;
        }
        this.#lane.events.onFragment(flags, id, bytes, start, end, id > this.#draining.lastTakenId);
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
    this.#lane.onClosed(cause);
  }

  #onRequest(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#ids.advance(id)) {
      // The peer has been told which ones are not taken; it knows that they never started.
      if (id <= this.#draining.lastTakenId) {
        this.#lane.opened++;
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
      this.refuse(call, error);
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
  refuse(call: Call, error: CrucibleError): void {
    if (this.#ids.ofPeer(call.id)) this.#incoming.fail(call, error);
    else this.#lane.cancel(call);
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
    if (call === undefined) this.#lane.events.granted(granted);
    else this.#queue.granted(call, granted);
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
    this.#lane.end(call);
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
    this.#lane.fail(call, error);
    call.onFailed(error);
  }

  #onShutdown({ reason, graceMs, lastMessageId, connectionOnly }: Shutdown): void {
    this.#draining.receive(connectionOnly, graceMs);
    const { peer } = this.#link;
    const refusal = connectionOnly ? peerRetires(peer) : peerShutsDown(peer, reason);
    for (const call of this.#outgoing.all()) {
      if (BigInt(call.id) > lastMessageId) {
        this.#lane.end(call);
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
    if (this.#controls.waits(id) || this.#lane.madeEvents?.isLive(id) || this.#incoming.get(id) !== undefined) {
      throw new CrucibleError("BAD_MESSAGE_ID", `message ${id} is live, and this frame has no place in it`);
    }
  }
}
