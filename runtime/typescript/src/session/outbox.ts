import type { Codec } from "../codec/codec.js";
import { Flag, FrameType, overheadBytes, priorityShift } from "../frame/frame.js";
import { RegionCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import type { Advance } from "./advance.js";
import type { Call } from "./call.js";
import { bodyOf, changing, encodeApart, encodedBody } from "./encode-apart.js";
import { writeEnvelope } from "./envelope.js";
import type { FragmentQueue } from "./fragment-queue.js";
import type { Handoff } from "./handoff/handoff.js";
import type { OutgoingRegion } from "./handoff/outgoing-regions.js";
import type { Head } from "./head.js";
import { maxFragmentBytes } from "./limits.js";
import type { Link } from "./link.js";
import type { MessageIds } from "./message-ids.js";
import { giveScratch } from "./scratch.js";

/** Room that a frame asks for at first: most messages fit, and what is not used is not spent. */
const usualBytes = 1024;
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
  readonly #advance: Advance;
  readonly #handoff: Handoff | undefined;
  readonly #maxMessageBytes: number;
  /** What does not leave at once. */
  readonly queue: FragmentQueue;

  /**
   * `maxMessageBytes` is the most bytes of one message that the peer takes; bodies go by `handoff` where they need not travel in
   * frames; `onLarge` is told that a message leaves in parts, and says by which connection: for a Request it may be another.
   */
  constructor(
    link: Link,
    maxMessageBytes: number,
    ids: MessageIds,
    queue: FragmentQueue,
    handoff: Handoff | undefined,
    onLarge: (call: Call, type: number) => Outbox,
  ) {
    this.#link = link;
    this.#maxMessageBytes = maxMessageBytes;
    this.#ids = ids;
    this.queue = queue;
    this.#advance = queue.advance;
    this.#handoff = handoff;
    this.#onLarge = onLarge;
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
    const bytes = encodeApart(room, this.#maxMessageBytes, head, head.length, codec, message);
    this.#renumber(call, type);
    // Its size was a guess until now, by the message before it.
    const body = bodyOf(bytes, head.length);
    if (this.#handOff(call, type, flags, head, head.length, encodedBody, body, body.length)) {
      giveScratch(bytes);
      return;
    }
    // Its kind is often large, and it may be small all the same.
    const outbox = bytes.length > maxFragmentBytes ? this.#onLarge(call, type) : this;
    outbox.queue.enqueue(call, { type, flags, id: call.id, bytes, sent: 0 });
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
    const handoff = this.#handoff;
    if (handoff === undefined || codec === undefined || call.sealed || !handoff.wants(expected)) return false;
    if (handoff.isAhead(call)) return false;
    // A getter of the message may make calls meanwhile, with heads and ids of their own.
    const own = head.slice(0, headBytes);
    const region = handoff.place(codec, message, expected, this.#maxMessageBytes);
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
      (cost <= call.sendWindow || cost <= this.#advance.room(call.sendWindow)) &&
      payload <= this.queue.mostBytes(call)
    ) {
      if (type === FrameType.Stream) {
        if (!this.#link.waits) {
          this.queue.charge(call, cost);
          if (region !== undefined) this.queue.sendRegion(call, end, region);
          else this.#link.sendMany(this.queue.shrunk(call, start, end), cost, call.sealed);
          return;
        }
      } else if (!this.#link.congested || type === FrameType.Request) {
        this.queue.charge(call, cost);
        if (region !== undefined) this.queue.sendRegion(call, end, region);
        else this.#link.send(this.queue.shrunk(call, start, end), call.sealed);
        return;
      }
    }
    const bytes = this.#link.writer.arena.slice(start, end);
    this.queue.enqueue(call, { type, flags, id: call.id, bytes, sent: 0, region });
  }

  /** The largest message that is encoded where it leaves: one that waits would have to be copied. */
  #inPlaceBytes(call: Call, type: number): number {
    if (call.queue !== undefined || (type === FrameType.Stream && this.#link.waits)) return maxFragmentBytes;
    return this.queue.mostBytes(call);
  }
}
