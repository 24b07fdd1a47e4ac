import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import { Arrivals, type ArrivingLane } from "./arrivals.js";
import type { Call } from "./call.js";
import { CallTable } from "./call-table.js";
import { Cancels } from "./cancels.js";
import type { Shrinker } from "./compression.js";
import { Controls } from "./controls.js";
import { Draining, shutDown, type ShutdownTerms } from "./draining.js";
import { EventLane } from "./event-lane.js";
import { Grants } from "./grants.js";
import { handedOffCost, type Handoff } from "./handoff/handoff.js";
import { Inbox } from "./inbox.js";
import { type AcceptingLane, IncomingCalls } from "./incoming-calls.js";
import { Keepalive } from "./keepalive.js";
import type { LaneHost, LaneOptions } from "./lane-host.js";
import type { Head } from "./head.js";
import type { SessionLimits } from "./limits.js";
import type { Link } from "./link.js";
import { MessageIds } from "./message-ids.js";
import { FragmentQueue } from "./fragment-queue.js";
import { Outbox } from "./outbox.js";

/**
 * One connection of a session: calls both ways, their windows, events and control requests, from the end of the
 * registration to the end of the connection.
 *
 *   open ──drain()──▶ draining ──no call left, or the grace is over──▶ closed
 *   open ──Shutdown received──▶ refusing new calls ──the peer closes──▶ closed
 *   any ──a rule broken, connection lost, abort()──▶ closed
 */
export class Lane implements AcceptingLane, ArrivingLane {
  readonly #host: LaneHost<Lane>;
  readonly #link: Link;
  readonly #limits: SessionLimits;
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
  /** Who is handed the frames of the peer. */
  readonly arrivals: Arrivals;
  /** When it was opened, on the monotonic clock. */
  readonly openedMs: number;
  /** Calls that were opened on it, both ways, in all. */
  opened = 0;
  /** Live calls that move much. */
  large = 0;

  constructor(options: LaneOptions<Lane>) {
    const { host, link, clock, limits, shared, side } = options;
    this.#host = host;
    this.#link = link;
    this.#limits = limits;
    this.#eventShrinker = options.eventShrinker;
    this.openedMs = clock.monotonicMs();
    this.#ids = new MessageIds(side, shared.ids, options.highestOfPeer);
    const onLarge = (call: Call): void => this.#markLarge(call);
    this.#handoff = options.handoff;
    const queue = new FragmentQueue(link, limits.maxFrameBytes, this.#ids, options.handoff);
    this.#outbox = new Outbox(link, options.peerMaxMessageBytes, this.#ids, queue, options.handoff, (call, type) =>
      this.#outboxFor(call, type),
    );
    this.#grants = new Grants(link, shared, onLarge);
    this.#inbox = new Inbox(
      limits,
      this.#grants,
      shared.unfinished,
      (call, type, flags, bytes, start, end, cost) => {
        if (type === FrameType.Response) this.end(call);
        call.onMessage(type, flags, bytes, start, end, cost);
      },
      onLarge,
      (call, error) => this.arrivals.refuse(call, error),
    );
    this.#cancels = new Cancels(link, clock, shared, limits.cancelsPerSecond, queue.advance);
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
      queue.pump();
    };
    this.arrivals = new Arrivals(this, {
      host,
      link,
      limits,
      side,
      ids: this.#ids,
      queue,
      inbox: this.#inbox,
      outgoing: this.#outgoing,
      incoming: this.#incoming,
      cancels: this.#cancels,
      controls: this.#controls,
      handoff: options.handoff,
      draining: this.#draining,
    });
    link.setHandler(this.arrivals);
  }

  /** The events of this connection. Made when they are first needed: an idle one is smaller without. */
  get events(): EventLane {
    return (this.#events ??= new EventLane(
      this.#link,
      this.#outbox.queue,
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
  open(call: Call, flags: number, head: Head, codec: Codec | undefined, message: unknown): void {
    call.lane = this;
    call.id = this.#ids.draw();
    const live = this.#outgoing.size;
    this.#link.urgent = live === 0;
    this.#link.crowd(live);
    this.#outbox.send(call, FrameType.Request, flags, head, codec, message);
    this.#link.urgent = false;
    // A large one may have gone another way.
    const lane = call.lane === this ? this : (call.lane as Lane);
    lane.#outgoing.add(call);
    lane.opened++;
  }

  cancel(call: Call): void {
    if (call.ended) return;
    this.#cancels.send(call);
    this.end(call);
  }

  // ---- calls opened by the peer

  accept(call: Call, id: number, window: number): void {
    call.lane = this;
    this.#incoming.accept(call, id, window);
    // Twice, since of what is in flight a part is here at a time: 739 thousand calls a second, with 256, instead of 708 (Node 24).
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

  send(call: Call, type: number, flags: number, head: Head, codec: Codec | undefined, message: unknown): void {
    if (call.ended) return;
    // The last answer that is due.
    this.#link.urgent = type === FrameType.Response && this.#incoming.live === 1;
    this.#outbox.send(call, type, flags, head, codec, message);
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

  // ---- ending

  /** The connection has ended. */
  onClosed(cause: CrucibleError): void {
    // After Shutdown, whoever is done first closes: that is no loss.
    const error = this.#draining.mayEnd && cause.reason === "PEER_LOST" ? shutDown() : cause;
    const told = this.#host.onEnding(this, error);
    this.#keepalive.stop();
    this.#cancels.close();
    this.#controls.close(told(false));
    for (const call of this.#outgoing.all()) {
      this.end(call);
      // Nobody knows how far the other side came with it: as far as a retry is concerned, it had started.
      call.onFailed(told(true));
    }
    this.#incoming.endAll(told);
    this.#handoff?.lose();
    this.#draining.closed();
    this.#host.onEnded();
  }

  /** A call that was opened here is over. */
  end(call: Call): void {
    if (call.ended) return;
    call.ended = true;
    this.#outgoing.delete(call);
    this.#release(call);
  }

  /** Nothing more is sent or received for a call that has ended. */
  #release(call: Call): void {
    this.#outbox.queue.forget(call);
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
