import type { Codec } from "../../codec/codec.js";
import { CrucibleError } from "../../error/index.js";
import { FrameType } from "../../frame/frame.js";
import { encodeAck, RegionCodec } from "../../gen/crucible/ipc/v1/envelope_codec.js";
import type { ArenaPair } from "../../arena/arena.js";
import type { Call } from "../call.js";
import { envelope, readEnvelope } from "../envelope.js";
import type { Link } from "../link.js";
import { bad, type Held, type IncomingRegion, IncomingRegions } from "./incoming-regions.js";
import { type OutgoingRegion, OutgoingRegions } from "./outgoing-regions.js";
import type { SharedBuffer } from "./shared-buffer.js";

/**
 * Added to the cost of a message that was handed off: to consume it frees its region too. Costs are added up, and those of
 * frames stay below it.
 */
export const handedOffCost = 4_294_967_296;

/** Arenas by the side that writes them, as HANDOFF frames name them. */
const arenaOf = { daemon: 1, plugin: 2 } as const;

/** What a session hands off, and by which memory. */
export interface HandoffSetup {
  /** Closed with the session. */
  readonly arenas: ArenaPair;
  /** Messages from so many encoded bytes on go through shared memory. */
  readonly leastBytes: number;
  /** Full names of methods whose messages arrive as views of that memory. */
  readonly views: ReadonlySet<string>;
}

/**
 * Bodies that lie in memory which both sides share, instead of in their frames.
 *
 *   sender:    free ──encoded──▶ in use ──HANDOFF frame──▶ announced ──Ack──▶ free
 *   receiver:  ──HANDOFF frame──▶ live ──its message was consumed, or dropped──▶ Ack
 *
 * A receiver acknowledges each region exactly once, whatever becomes of its message. It copies the message before it looks
 * at it, since the sender can change it; how many copies wait to be consumed is bounded by the arena, whose regions are not
 * free before that.
 */
export class Handoff {
  readonly #link: Link;
  readonly #options: HandoffSetup;
  readonly #outgoing: OutgoingRegions;
  readonly #incoming: IncomingRegions;
  readonly #arena: number;
  /** The one whose frame is being handled. */
  #current: Held | undefined;
  /** Copies that nobody will consume any more: what has become of their messages is known by their being collected. */
  readonly #abandoned = new FinalizationRegistry<Held>((held) => this.#release(held));
  /** Regions that are viewed, by the memory that they are viewed in. */
  readonly #viewed: WeakMap<ArrayBufferLike, Set<{ readonly held: Held; readonly byteOffset: number }>> = new WeakMap();
  /** Regions that users look at. */
  readonly #viewing: Set<IncomingRegion> = new Set();
  #lost = false;
  #closed = false;

  constructor(link: Link, side: "plugin" | "daemon", options: HandoffSetup) {
    this.#link = link;
    this.#options = options;
    const { outgoing, incoming } = options.arenas;
    this.#outgoing = new OutgoingRegions(outgoing);
    this.#incoming = new IncomingRegions(arenaOf[side === "daemon" ? "plugin" : "daemon"], incoming.length);
    this.#arena = arenaOf[side];
  }

  /** Regions that are not free, each way. */
  get regions(): { readonly outgoing: number; readonly incoming: number } {
    return { outgoing: this.#outgoing.count, incoming: this.#incoming.count };
  }

  // ---- sending

  /** Memory for `bytes` that a message of a call can have in it without a copy; ordinary memory when there is none. */
  allocate(bytes: number): SharedBuffer {
    return this.#outgoing.allocate(bytes);
  }

  /** Whether a message that is expected to take so many bytes may be handed off. */
  wants(expected: number): boolean {
    return expected >= this.#options.leastBytes || this.#outgoing.expectsInPlace;
  }

  /** Whether so much of a call is handed off and not consumed that what comes next has to travel in frames. */
  isAhead(call: Call): boolean {
    return this.#outgoing.isAhead(call);
  }

  /**
   * Encodes a message into shared memory, and returns where it is; undefined when it has to travel in frames. Throws what the
   * codec throws, and MESSAGE_TOO_LARGE beyond `mostBytes`.
   */
  place(codec: Codec, message: unknown, expected: number, mostBytes: number): OutgoingRegion | undefined {
    const { leastBytes } = this.#options;
    let region: OutgoingRegion | undefined;
    if (this.#outgoing.expectsInPlace) region = this.#outgoing.encodeInPlace(codec, message);
    if (region === undefined && expected >= leastBytes) {
      region = this.#outgoing.encode(codec, message, expected, leastBytes);
    }
    if (region === undefined || region.length <= mostBytes) return region;
    this.#outgoing.drop(region);
    const text = `${codec.typeName} takes ${region.length} bytes, ${mostBytes} are allowed; send it in parts`;
    throw new CrucibleError("MESSAGE_TOO_LARGE", text);
  }

  /** What the body of a HANDOFF frame says of a region. */
  describe({ offset, length }: OutgoingRegion): { arena: number; offset: bigint; length: number } {
    return { arena: this.#arena, offset: BigInt(offset), length };
  }

  /** The frame of `call` that announces a region is on its way. */
  announce(region: OutgoingRegion, call: Call): void {
    this.#outgoing.announce(region, call);
  }

  /** A region will not be announced. */
  drop(region: OutgoingRegion): void {
    this.#outgoing.drop(region);
  }

  /** Whether nothing is handed off any more. */
  get lost(): boolean {
    return this.#lost;
  }

  /** The peer is done with these regions. @throws CrucibleError BAD_HANDOFF for one that it does not have. */
  acknowledged(offsets: readonly bigint[]): void {
    for (const offset of offsets) {
      if (!this.#outgoing.acknowledge(Number(offset))) {
        throw new CrucibleError(
          "BAD_HANDOFF",
          `region ${offset} is acknowledged and not announced; do so once for each`,
        );
      }
    }
  }

  // ---- receiving

  /** A HANDOFF frame with this envelope has arrived, and is about to be handled. @throws CrucibleError BAD_HANDOFF. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    let announced: ReturnType<typeof RegionCodec.read>;
    try {
      readEnvelope(bytes, start, end);
      if (envelope.bodyStart < 0) throw bad("has no body");
      announced = RegionCodec.read(bytes, envelope.bodyStart, envelope.bodyEnd);
    } catch (error) {
      // Without knowing its region nobody could acknowledge it.
      throw error instanceof CrucibleError && error.reason === "BAD_HANDOFF" ? error : bad("does not decode");
    }
    this.#current = { region: this.#incoming.add(announced), state: "announced" };
  }

  /**
   * Brings the body of that frame where it can be decoded, and says so in `envelope`. Of a stream with its `call`, which has to
   * say by `consumedBy` that it has used the message, and the region is acknowledged then; else when the frame was handled.
   *
   * @throws CrucibleError MESSAGE_TOO_LARGE.
   */
  fetch(mostBytes: number, method: string, call: Call | undefined): void {
    const held = this.#current!;
    const { offset, length } = held.region;
    if (length > mostBytes) {
      const text = `a message of ${method} takes ${length} bytes, ${mostBytes} are allowed; send it in parts`;
      throw new CrucibleError("MESSAGE_TOO_LARGE", text);
    }
    envelope.bodyStart = 0;
    envelope.bodyEnd = length;
    if (this.#options.views.has(method)) {
      const view = this.#options.arenas.incoming.view(offset, length, () => this.#release(held));
      if (view !== undefined) {
        this.#watch(view, held);
        envelope.bytes = view;
        return;
      }
    }
    const copy = this.#options.arenas.incoming.read(offset, length);
    envelope.bytes = copy;
    held.state = call === undefined ? "copied" : "held";
    if (call === undefined) return;
    this.#abandoned.register(copy.buffer, held, held);
    (call.held ??= []).push(held);
  }

  /** The frame has been handled. */
  end(): void {
    const held = this.#current;
    this.#current = undefined;
    if (held !== undefined && (held.state === "announced" || held.state === "copied")) this.#release(held);
  }

  /** A call has used messages that have cost `cost`, in order. Returns what of it are bytes of frames. */
  consumedBy(call: Call, cost: number): number {
    let bytes = cost;
    for (; bytes >= handedOffCost; bytes -= handedOffCost) {
      const held = call.held?.shift();
      if (held === undefined) continue;
      this.#abandoned.unregister(held);
      this.#release(held);
    }
    return bytes;
  }

  /** Nobody will look at `bytes` of a viewed message any more. False when they are none. */
  releaseView(bytes: Uint8Array): boolean {
    const regions = this.#viewed.get(bytes.buffer);
    for (const viewed of regions ?? []) {
      const from = bytes.byteOffset - viewed.byteOffset;
      if (from < 0 || from + bytes.length > viewed.held.region.length) continue;
      regions!.delete(viewed);
      this.#release(viewed.held);
      return true;
    }
    return false;
  }

  // ---- both

  /** The connection is silent: gives back memory that is in no use. */
  rest(): void {
    this.#outgoing.rest();
  }

  /**
   * The connection has ended, and its session may live on: nothing is handed off any more, and what was out is free. What
   * users still fill or look at stays as it is until they have let go of it.
   */
  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#incoming.retain(this.#viewing);
    this.#outgoing.lose();
    if (this.#incoming.count === 0) this.#options.arenas.incoming.close();
  }

  /** The session has ended. */
  close(): void {
    if (this.#closed) return;
    this.#lost = this.#closed = true;
    this.#viewing.clear();
    this.#incoming.retain(this.#viewing);
    this.#outgoing.close();
    this.#options.arenas.incoming.close();
  }

  #watch(view: Uint8Array, held: Held): void {
    held.state = "viewed";
    this.#viewing.add(held.region);
    let regions = this.#viewed.get(view.buffer);
    if (regions === undefined) this.#viewed.set(view.buffer, (regions = new Set()));
    regions.add({ held, byteOffset: view.byteOffset });
  }

  #release({ region }: Held): void {
    if (!this.#incoming.delete(region)) return;
    this.#viewing.delete(region);
    if (this.#lost && this.#incoming.count === 0) this.#options.arenas.incoming.close();
    if (this.#link.closed) return;
    const payload = encodeAck({ regions: [BigInt(region.offset)] });
    this.#link.sendControl(FrameType.Ack, 0, 0, payload, false);
  }
}

/** Acknowledges regions where some may be out. @throws CrucibleError BAD_HANDOFF. */
export function freeRegions(handoff: Handoff | undefined, offsets: readonly bigint[]): void {
  if (handoff !== undefined) handoff.acknowledged(offsets);
  else throw new CrucibleError("BAD_HANDOFF", "an Ack names regions, and no memory is shared; leave them out");
}
