import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes, priorityShift } from "../frame/frame.js";
import { RegionCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { Advance } from "./advance.js";
import type { Call, Outgoing } from "./call.js";
import { bodyOf, changing, encodeApart, encodedBody } from "./encode-apart.js";
import { writeEnvelope } from "./envelope.js";
import type { Handoff } from "./handoff/handoff.js";
import type { OutgoingRegion } from "./handoff/outgoing-regions.js";
import type { Head } from "./head.js";
import { maxAdvancedFragmentBytes, maxFragmentBytes, maxWindowBytes } from "./limits.js";
import { Line } from "./line.js";
import type { Link } from "./link.js";
import type { MessageIds } from "./message-ids.js";
import { giveScratch } from "./scratch.js";

/** Room that a frame asks for at first: most messages fit, and what is not used is not spent. */
const usualBytes = 1024;
/** A fragment smaller than this waits for more credit, unless it is the rest: it holds the largest head. */
const leastFragmentBytes = 20_480;
/** What a payload grows by when it is sealed. */
const sealBytes = 16;
/** Room for the body of a frame that names a region, and the margin of its codec. */
const regionBytes = 512;

/**
 * The sending half of a session. A message whose frame fits the window of its call is encoded straight into the frame;
 * any other is encoded once, apart, and leaves in fragments as credit arrives, a fragment a call in turn.
 */
export class Outbox {
  readonly #link: Link;
  readonly #ids: MessageIds;
  readonly #onLarge: (call: Call, type: number) => Outbox;
  /** What may be sent beyond windows. */
  readonly advance: Advance;
  /** The largest fragment of a call that is not compressed. */
  readonly #fragmentBytes: number;
  /** Calls whose next fragment fits their window. */
  readonly #line = new Line();
  /** The most bytes of one message that the peer takes. */
  maxMessageBytes: number;
  /** Where bodies go that need not travel in frames. */
  handoff: Handoff | undefined;

  /**
   * `maxFrameBytes` is what the peer takes as the payload of a frame; `ids` are those of the connection; `onLarge` is told that a message leaves in parts, and says by which connection: for a
   * Request it may be another.
   */
  constructor(
    link: Link,
    maxMessageBytes: number,
    maxFrameBytes: number,
    ids: MessageIds,
    onLarge: (call: Call, type: number) => Outbox,
  ) {
    this.#link = link;
    this.advance = new Advance(link.advanceBytes);
    this.#fragmentBytes =
      link.advanceBytes === 0 ? maxFragmentBytes : Math.min(maxAdvancedFragmentBytes, maxFrameBytes - sealBytes);
    this.#ids = ids;
    this.#onLarge = onLarge;
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * Sends an envelope: `given`, then `message` as its body when there is a codec. Throws what the codec throws, and
   * MESSAGE_TOO_LARGE; nothing is sent then.
   */
  send(call: Call, type: number, plainFlags: number, given: Head, codec: Codec | undefined, message: unknown): void {
    const { writer } = this.#link;
    // Another head may be in its place while the message is encoded.
    const { bytes: head, length: headBytes } = given;
    const flags = plainFlags | (call.priority << priorityShift);
    let room = headBytes + Math.max(codec?.usualBytes ?? 0, usualBytes);
    if (this.#handOff(call, type, flags, head, headBytes, codec, message, room)) return;
    if (room <= maxFragmentBytes || room <= this.#inPlaceBytes(call, type)) {
      const start = writer.begin(type, flags, call.id, room);
      const { arena } = writer;
      const end = this.#encode(start, head, headBytes, codec, message);
      if (writer.arena !== arena) {
        this.#sendBehind(call, type, flags, arena, start, end, headBytes, codec, message);
        return;
      }
      if (writer.fits(end)) {
        this.#place(call, type, flags, start, end);
        return;
      }
      // `end` is where it would have ended: how much room it needs is known now.
      room = end - start;
      if (this.#handOff(call, type, flags, head, headBytes, codec, message, room)) return;
    }
    if (room <= maxFragmentBytes || codec === undefined || room <= this.#inPlaceBytes(call, type)) {
      const start = writer.begin(type, flags, call.id, room);
      const { arena } = writer;
      const end = this.#encode(start, head, headBytes, codec, message);
      if (writer.arena !== arena || !writer.fits(end)) throw changing(codec);
      this.#place(call, type, flags, start, end);
      return;
    }
    this.#sendApart(call, type, flags, room, head.slice(0, headBytes), codec, message);
  }

  /** Writes an envelope where `writer` has begun a frame. */
  #encode(start: number, head: Uint8Array, headBytes: number, codec: Codec | undefined, message: unknown): number {
    const { writer } = this.#link;
    const outer = writer.encoding;
    writer.encoding = true;
    try {
      return writeEnvelope(writer.arena, start, head, headBytes, codec, message);
    } finally {
      writer.encoding = outer;
    }
  }

  /**
   * While a message was encoded into `arena`, a getter of it sent something, which went into another arena and before it.
   */
  #sendBehind(
    call: Call,
    type: number,
    flags: number,
    arena: Uint8Array,
    start: number,
    end: number,
    headBytes: number,
    codec: Codec | undefined,
    message: unknown,
  ): void {
    this.#renumber(call, type);
    // What was begun with has been used for another head meanwhile.
    const head = arena.slice(start, start + headBytes);
    if (end > arena.length) {
      this.#sendApart(call, type, flags, end - start, head, codec!, message);
      return;
    }
    const { writer } = this.#link;
    const at = writer.begin(type, flags, call.id, end - start);
    writer.arena.set(arena.subarray(start, end), at);
    this.#place(call, type, flags, at, at + end - start);
  }

  /** The id of a Request is drawn anew when another was drawn while it was encoded: those of a side increase. */
  #renumber(call: Call, type: number): void {
    if (type === FrameType.Request && call.id !== this.#ids.lastDrawn) call.id = this.#ids.draw();
  }

  /** Encodes a message apart, and lets it leave in fragments. `head` is nobody else's. */
  #sendApart(
    call: Call,
    type: number,
    flags: number,
    room: number,
    head: Uint8Array,
    codec: Codec,
    message: unknown,
  ): void {
    const bytes = encodeApart(room, this.maxMessageBytes, head, head.length, codec, message);
    this.#renumber(call, type);
    // Its size was a guess until now, by the message before it.
    const body = bodyOf(bytes, head.length);
    if (this.#handOff(call, type, flags, head, head.length, encodedBody, body, body.length)) {
      giveScratch(bytes);
      return;
    }
    // Its kind is often large, and it may be small all the same.
    const outbox = bytes.length > maxFragmentBytes ? this.#onLarge(call, type) : this;
    outbox.enqueue(call, { type, flags, id: call.id, bytes, sent: 0 });
  }

  /** More credit for a call. */
  granted(call: Call, bytes: number): void {
    call.sendWindow = this.advance.grant(call.sendWindow, bytes);
    if (call.sendWindow > maxWindowBytes) {
      throw new CrucibleError(
        "BAD_CREDIT",
        `credit raises a window above ${maxWindowBytes} bytes; grant what was consumed`,
      );
    }
    if (call.queue === undefined) return;
    this.#line.add(call);
    this.pump();
  }

  /** Forgets what waits for a call that has ended. */
  forget(call: Call): void {
    call.sendWindow = this.advance.forgive(call.sendWindow);
    if (call.queue === undefined) return;
    for (const { bytes, kept, region } of call.queue) {
      if (region !== undefined) this.handoff!.drop(region);
      else if (kept !== true) giveScratch(bytes);
    }
    call.queue = undefined;
    this.#line.delete(call);
  }

  /** Sends a message by way of shared memory; false when it has to travel in frames. Throws what the codec throws. */
  #handOff(
    call: Call,
    type: number,
    plainFlags: number,
    head: Uint8Array,
    headBytes: number,
    codec: Codec | undefined,
    message: unknown,
    expected: number,
  ): boolean {
    const { handoff } = this;
    if (handoff === undefined || codec === undefined || call.sealed || !handoff.wants(expected)) return false;
    if (handoff.isAhead(call)) return false;
    // A getter of the message may make calls meanwhile, with heads and ids of their own.
    const own = head.slice(0, headBytes);
    const region = handoff.place(codec, message, expected, this.maxMessageBytes);
    if (region === undefined) {
      head.set(own);
      return false;
    }
    this.#renumber(call, type);
    const { writer } = this.#link;
    const flags = plainFlags | Flag.Handoff;
    const start = writer.begin(type, flags, call.id, headBytes + regionBytes);
    const end = writeEnvelope(writer.arena, start, own, headBytes, RegionCodec, handoff.describe(region));
    this.#place(call, type, flags, start, end, region);
    return true;
  }

  /** Sends the payload written at `[start, end)` of the arena, or queues it when it has to wait. */
  #place(call: Call, type: number, flags: number, start: number, end: number, region?: OutgoingRegion): void {
    const payload = end - start;
    const cost = overheadBytes + payload;
    if (
      call.queue === undefined &&
      (cost <= call.sendWindow || cost <= this.advance.room(call.sendWindow)) &&
      payload <= this.#mostBytes(call)
    ) {
      if (type === FrameType.Stream) {
        if (!this.#link.waits) {
          this.#charge(call, cost);
          if (region !== undefined) this.#sendRegion(call, end, region);
          else this.#link.sendMany(this.#shrunk(call, start, end), cost, call.sealed);
          return;
        }
      } else if (!this.#link.congested || type === FrameType.Request) {
        this.#charge(call, cost);
        if (region !== undefined) this.#sendRegion(call, end, region);
        else this.#link.send(this.#shrunk(call, start, end), call.sealed);
        return;
      }
    }
    const bytes = this.#link.writer.arena.slice(start, end);
    this.enqueue(call, { type, flags, id: call.id, bytes, sent: 0, region });
  }

  /** The largest fragment of a call. */
  #mostBytes(call: Call): number {
    return call.shrinker === undefined ? this.#fragmentBytes : maxFragmentBytes;
  }

  /** The largest message that is encoded where it leaves: one that waits would have to be copied. */
  #inPlaceBytes(call: Call, type: number): number {
    if (call.queue !== undefined || (type === FrameType.Stream && this.#link.waits)) return maxFragmentBytes;
    return this.#mostBytes(call);
  }

  #charge(call: Call, cost: number): void {
    call.sendWindow = this.advance.charge(call.sendWindow, cost)!;
  }

  /** Sends the frame that ends at `end`, and names a region. It took as long as if it had its body in it. */
  #sendRegion(call: Call, end: number, region: OutgoingRegion): void {
    this.handoff!.announce(region, call);
    this.#link.send(end, false);
    this.#link.countTurn(region.length);
  }

  /** The end of the payload `[start, end)` as it is to be sent. */
  #shrunk(call: Call, start: number, end: number): number {
    return call.shrinker === undefined ? end : call.shrinker.shrink(this.#link.writer, start, end);
  }

  /** Sends a message as credit and the transport allow, behind what waits for its call. */
  enqueue(call: Call, outgoing: Outgoing): void {
    if (call.ended) {
      if (outgoing.region !== undefined) this.handoff!.drop(outgoing.region);
      return;
    }
    if (call.queue === undefined) call.queue = [outgoing];
    else call.queue.push(outgoing);
    // Ids reach the peer in the order they were drawn, so the first fragment of a Request never waits; it always fits.
    if (outgoing.type === FrameType.Request) this.#fragment(call);
    if (call.queue !== undefined) this.#line.add(call);
    this.pump();
  }

  /** Sends what waits, a fragment a call in turn, until credit, the transport or the end of this turn stops it. */
  pump(): void {
    while (this.#line.size > 0 && !this.#link.waits) {
      const call = this.#line.take()!;
      // One that has too little credit is in line again when it is granted more.
      if (this.#fragment(call) && call.queue !== undefined) this.#line.add(call);
    }
  }

  /** Sends the next fragment of a call; false when it must wait for credit. */
  #fragment(call: Call): boolean {
    const outgoing = call.queue![0]!;
    const rest = outgoing.bytes.length - outgoing.sent;
    // Events have their window and nothing beyond it.
    const isEvent = outgoing.type === FrameType.Event;
    const room = isEvent ? call.sendWindow : this.advance.room(call.sendWindow);
    const size = Math.min(rest, isEvent ? maxFragmentBytes : this.#mostBytes(call), room - overheadBytes);
    if (size < Math.min(rest, leastFragmentBytes)) return false;
    const last = size === rest;
    const { writer } = this.#link;
    const flags = last ? outgoing.flags : (outgoing.flags & ~Flag.EndStream) | Flag.More;
    if (outgoing.id === 0) {
      outgoing.id = this.#ids.draw();
      outgoing.onId?.(outgoing.id);
    }
    const start = writer.begin(outgoing.type, flags, outgoing.id, size);
    writer.arena.set(outgoing.bytes.subarray(outgoing.sent, outgoing.sent + size), start);
    this.#charge(call, overheadBytes + size);
    outgoing.sent += size;
    const { region } = outgoing;
    const end = region === undefined ? this.#shrunk(call, start, start + size) : start + size;
    if (last) {
      if (outgoing.kept !== true) giveScratch(outgoing.bytes);
      call.queue!.shift();
      if (call.queue!.length === 0) {
        call.queue = undefined;
        this.#line.delete(call);
      }
    }
    if (region === undefined) this.#link.sendMany(end, overheadBytes + size, call.sealed);
    else this.#sendRegion(call, end, region);
    if (call.queue === undefined) call.onSent();
    return true;
  }
}
