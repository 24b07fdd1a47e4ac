import type { Clock } from "../../clock/clock.js";
import type { Codec } from "../../codec/codec.js";
import { CrucibleError } from "../../error/index.js";
import type { Call } from "../call.js";
import { type Compressible, type SessionCompression, type Shrinker, Shrinkers } from "../compression.js";
import { shutDown } from "../draining.js";
import type { Encryption } from "../encryption.js";
import { Events } from "../events.js";
import type { Handoff } from "../handoff/handoff.js";
import type { Head } from "../head.js";
import type { Acceptor } from "../incoming-calls.js";
import { Lane } from "../lane.js";
import type { LaneHost } from "../lane-host.js";
import type { Link } from "../link.js";
import { Shared } from "../shared.js";
import { throwLater } from "../throw-later.js";
import { bulkLane, smallLane } from "./choice.js";
import { Ending } from "./ending.js";
import { Lanes } from "./lanes.js";
import type { SessionOptions } from "./options.js";
import { tellOf } from "./refusals.js";
import { Sharing } from "./sharing.js";

const compressesEvents: Compressible = { sensitive: false };

/**
 * One session over its connections: what they share, by which of them a call travels, and what becomes of it when they end.
 * A call stays on its connection; large ones are kept apart from small ones where there are several.
 *
 *   open ──the last connection is lost──▶ suspended ──attach(), resume()──▶ open
 *   open ──drain(), or Shutdown received──▶ draining ──the last connection has closed──▶ closed
 *   any ──abort(), a rule broken on any connection──▶ closed
 *
 * A session that is not resumable is closed when its last connection is lost.
 */
export class Session implements LaneHost<Lane> {
  readonly clock: Clock;
  /** The session id as 16 hexadecimal digits. */
  readonly id: string;
  /** What of the session is sealed, on each of its connections. */
  readonly encryption: Encryption;
  readonly #compression: SessionCompression;
  readonly #options: SessionOptions<Session>;
  readonly #shared: Shared;
  readonly #acceptor: Acceptor;
  readonly #shrinkers: Shrinkers;
  readonly #peerMaxCalls: number;
  readonly #lanes = new Lanes();
  /** Says why no calls are opened; undefined while they are. */
  #refuse: ((started: boolean) => CrucibleError) | undefined;
  #events: Events | undefined;
  readonly #ending = new Ending();
  #peerDraining = false;
  /** The highest id that the peer has opened on connections that have ended. */
  #highestOfPeer = 0;
  /** Memory that both sides share. */
  readonly sharing: Sharing;

  constructor(options: SessionOptions<Session>) {
    const { link, clock, side, limits, peer } = options;
    this.#options = options;
    this.clock = clock;
    this.id = link.sessionId;
    this.encryption = link.encryption;
    this.#compression = link.compression;
    this.#shrinkers = new Shrinkers(link.compression);
    this.#peerMaxCalls = peer.maxCalls;
    this.#shared = new Shared(side, clock, limits, peer.maxCalls);
    this.#acceptor = options.acceptor(this);
    this.sharing = new Sharing(link, side, limits.maxMessageBytes, options.handoff);
    this.sharing.begin(this.#add(link, 0, this.sharing.handoff));
  }

  /** What compresses the messages of a method; undefined when nothing does. */
  shrinkerOf(method: Compressible): Shrinker | undefined {
    return this.#shrinkers.of(method);
  }

  /** Events both ways. Made when they are first needed: an idle session is smaller without. */
  get events(): Events {
    if (this.#events === undefined) {
      const made = new Events(this.clock, this.#options.peer.maxMessageBytes);
      this.#events = made;
      const { closedError, drainingBy } = this.#ending;
      if (closedError !== undefined) made.close(this.#refuse!(false));
      else if (drainingBy !== undefined) made.stop(drainingBy());
      this.#leadEvents();
    }
    return this.#events;
  }

  /** Why the session has ended; undefined while it lives. */
  get closedError(): CrucibleError | undefined {
    return this.#ending.closedError;
  }

  /** The round trip measured last, by `ping` or to keep a connection alive, in milliseconds; undefined before the first. */
  get rttMs(): number | undefined {
    return this.#shared.rttMs;
  }

  /** Calls in flight, both ways. */
  get liveCalls(): number {
    return this.#lanes.liveCalls;
  }

  /** Its connections, in the order in which they came. */
  get lanes(): readonly Lane[] {
    return this.#lanes.all;
  }

  /** Those that take calls; there may be none. */
  get usable(): readonly Lane[] {
    return this.#lanes.usable;
  }

  /** Whether it ends in order, or has ended. */
  get ending(): boolean {
    return this.#ending.drainingBy !== undefined || this.closedError !== undefined;
  }

  // ---- calls opened here

  /** Throws SESSION_CLOSED, SHUTTING_DOWN or PEER_LOST when no calls are opened. */
  assertOpen(): void {
    if (this.#refuse !== undefined) throw this.#refuse(false);
  }

  /**
   * Opens `call`: chooses its connection, draws its id and sends `head` with `message` as body when there is a codec.
   * Throws SESSION_CLOSED, SHUTTING_DOWN, TOO_MANY_CALLS, PEER_LOST while there is no connection, and what the codec throws;
   * nothing was sent then.
   */
  open(call: Call, flags: number, head: Head, codec: Codec | undefined, message: unknown): void {
    if (this.#refuse !== undefined) throw this.#refuse(false);
    const { sole } = this.#lanes;
    if ((sole === undefined ? this.#lanes.openCalls : sole.openCalls) >= this.#peerMaxCalls) {
      throw new CrucibleError(
        "TOO_MANY_CALLS",
        `${this.#peerMaxCalls} calls are in flight, which is the limit; wait for some to end`,
      );
    }
    const lane = sole ?? this.#choose(call, codec);
    lane.open(call, flags, head, codec, message);
  }

  // ---- connections

  /**
   * Adds a connection that has been opened for this session. Throws HANDSHAKE_FAILED when it has agreed on other things
   * than the first, BAD_SESSION when it is of another session, and SHUTTING_DOWN or SESSION_CLOSED when this one takes none.
   */
  attach(link: Link): void {
    this.#assertFits(link);
    this.#add(link, this.lanes.length === 0 ? this.#highestOfPeer : 0);
  }

  /**
   * Goes on by a new connection in place of all others: these end at once, and so do their calls. Events that were not
   * acknowledged leave again. Throws as `attach`; then all stays as it was.
   */
  resume(link: Link): void {
    this.#assertFits(link);
    const lost = new CrucibleError("PEER_LOST", "the connection was given up for a new one; call again");
    this.#lanes.abort(lost);
    this.attach(link);
  }

  /** Ends one connection in order: calls that are live on it may take `graceMs`, others go elsewhere. */
  async retire(lane: Lane, graceMs: number, reason: string): Promise<void> {
    if (!this.usable.includes(lane)) return;
    const ended = lane.drain({ graceMs, reason, connectionOnly: true });
    this.#refresh();
    await ended;
  }

  #assertFits(link: Link): void {
    if (this.#ending.begun) throw this.#refuse!(false);
    if (link.sessionId !== this.id) throw new CrucibleError("BAD_SESSION", `the connection is of another session`);
    const { encryption, compression, handoff } = link;
    if (encryption === this.encryption && compression === this.#compression && !handoff) return;
    throw new CrucibleError(
      "HANDSHAKE_FAILED",
      "the connection has agreed on other features than its session; offer the same on each of them",
    );
  }

  #add(link: Link, highestOfPeer: number, handoff?: Handoff): Lane {
    const { side, limits, peer, controls } = this.#options;
    const lane = new Lane({
      host: this,
      link,
      clock: this.clock,
      side,
      limits,
      peerMaxMessageBytes: peer.maxMessageBytes,
      shared: this.#shared,
      handoff,
      acceptor: this.#acceptor,
      controls,
      eventShrinker: this.shrinkerOf(compressesEvents),
      highestOfPeer,
    });
    this.#lanes.add(lane);
    this.#refresh();
    return lane;
  }

  // ---- its end

  /**
   * Ends the session in order: no new calls either way, live ones may end within `graceMs`, then its connections close.
   * Resolves when it has ended.
   */
  drain(graceMs: number, reason: string): Promise<void> {
    const ended = this.#ending.wait();
    if (this.#ending.told) return ended;
    this.#beginDraining(
      () => new CrucibleError("SHUTTING_DOWN", "this side is shutting down; no calls are opened"),
      shutDown(),
    );
    for (const lane of this.lanes) void lane.drain({ graceMs, reason, connectionOnly: false });
    if (this.lanes.length === 0 && this.closedError === undefined) {
      this.#closing(shutDown());
      this.#tellClosed();
    }
    return ended;
  }

  /** Ends the session at once. */
  abort(error: CrucibleError): void {
    if (this.closedError !== undefined) return;
    if (this.lanes.length > 0) {
      this.#closing(error);
      this.#lanes.abort(error);
      return;
    }
    // It was lost before, whatever makes sure of it now.
    const lost =
      error.reason === "SHUTTING_DOWN" ? error : new CrucibleError("PEER_LOST", error.message, { cause: error });
    this.#closing(lost);
    this.#tellClosed();
  }

  /** Asks the peer for an answer; resolves with its round trip in milliseconds. */
  ping(): Promise<number> {
    const lane = this.usable[0] ?? this.lanes[0];
    return lane === undefined ? Promise.reject(this.#refuse!(false)) : lane.ping();
  }

  // ---- LaneHost

  onEnding(lane: Lane, cause: CrucibleError): (started: boolean) => CrucibleError {
    this.#lanes.remove(lane);
    this.#highestOfPeer = Math.max(this.#highestOfPeer, lane.highestOfPeer);
    this.#ending.connectionEndedBy = cause;
    if (this.closedError === undefined && !this.#survives(lane, cause)) this.#closing(cause);
    if (lane.madeEvents !== undefined) this.#events?.lose(lane.madeEvents);
    this.#refresh();
    return tellOf(cause);
  }

  onEnded(): void {
    if (this.closedError === undefined) {
      this.#options.onConnectionEnding?.(this.#ending.connectionEndedBy!, this.usable.length);
      return;
    }
    // Where a rule was broken, the other connections go along.
    this.#lanes.abort(this.closedError);
    if (this.lanes.length === 0) this.#tellClosed();
  }

  onPeerShutdown(reason: string, refusal: CrucibleError, connectionOnly: boolean): void {
    if (connectionOnly) {
      this.#refresh();
      this.#options.onConnectionEnding?.(refusal, this.usable.length);
      return;
    }
    this.#beginDraining(() => refusal, refusal);
    if (this.#peerDraining) return;
    this.#peerDraining = true;
    try {
      this.#options.onDraining?.(reason);
    } catch (error) {
      throwLater(error);
    }
  }

  onLarge(lane: Lane): Lane {
    this.#options.onLarge?.();
    return this.usable.length > 1 ? bulkLane(this.usable) : lane;
  }

  // ---- what follows from what

  /** Whether the session goes on without a connection that ended for `cause`. */
  #survives(lane: Lane, cause: CrucibleError): boolean {
    const inOrder = cause.reason === "SHUTTING_DOWN" && lane.ending;
    if (!inOrder && cause.reason !== "PEER_LOST") return false;
    return this.lanes.length > 0 || (this.#ending.drainingBy === undefined && this.#options.resumable === true);
  }

  #beginDraining(refusal: () => CrucibleError, told: CrucibleError): void {
    this.#ending.drain(refusal);
    this.#events?.stop(told);
    this.#refresh();
  }

  #closing(cause: CrucibleError): void {
    this.#ending.close(cause);
    this.#refresh();
    this.#events?.close(this.#refuse!(false));
  }

  #tellClosed(): void {
    if (!this.#ending.tell()) return;
    this.sharing.close();
    this.#options.onClosed(this.closedError!);
  }

  /** Sees which connections take calls, and why none does. */
  #refresh(): void {
    this.#lanes.refresh();
    this.#refuse = this.#ending.refusal(this.usable.length);
    this.#leadEvents();
  }

  #leadEvents(): void {
    const lane = this.usable[0];
    if (lane !== undefined && this.closedError === undefined) this.#events?.leaveBy(lane.events);
  }

  /** By which of several connections a call travels. */
  #choose(call: Call, codec: Codec | undefined): Lane {
    return this.sharing.laneFor(call, codec) ?? (call.bulk ? bulkLane : smallLane)(this.usable);
  }
}
