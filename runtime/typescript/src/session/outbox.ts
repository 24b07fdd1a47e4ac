import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes } from "../frame/frame.js";
import type { Call, Outgoing } from "./call.js";
import { writeEnvelope } from "./envelope.js";
import { maxFragmentBytes, maxWindowBytes } from "./limits.js";
import type { Link } from "./link.js";

const marginBytes = 256;
/** Room that a frame asks for at first: most messages fit, and what is not used is not spent. */
const usualBytes = 1024;
/** A fragment smaller than this waits for more credit, unless it is the rest: it holds the largest head. */
const leastFragmentBytes = 20_480;

/**
 * The sending half of a session. A message whose frame fits the window of its call is encoded straight into the frame;
 * any other is encoded once, apart, and leaves in fragments as credit arrives, a fragment a call in turn.
 */
export class Outbox {
  readonly #link: Link;
  readonly #drawId: () => number;
  /** Calls whose queue is not empty. */
  readonly #waiting: Set<Call> = new Set();
  /** The most bytes of one message that the peer takes. */
  maxMessageBytes: number;

  /** `drawId` gives the next message id of this side. */
  constructor(link: Link, maxMessageBytes: number, drawId: () => number) {
    this.#link = link;
    this.#drawId = drawId;
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * Sends an envelope: `head[0, headBytes)`, then `message` as its body when there is a codec. Throws what the codec
   * throws, and MESSAGE_TOO_LARGE; nothing is sent then.
   */
  send(
    call: Call,
    type: number,
    flags: number,
    head: Uint8Array,
    headBytes: number,
    codec: Codec | undefined,
    message: unknown,
  ): void {
    const writer = this.#link.writer;
    const start = writer.begin(type, flags, call.id, headBytes + usualBytes);
    let end = writeEnvelope(writer.arena, start, head, headBytes, codec, message);
    if (writer.fits(end)) {
      this.#place(call, type, flags, start, end);
      return;
    }
    // `end` is where it would have ended: how much room it needs is known now.
    const needed = end - start;
    if (needed <= maxFragmentBytes) {
      const again = writer.begin(type, flags, call.id, needed);
      end = writeEnvelope(writer.arena, again, head, headBytes, codec, message);
      if (!writer.fits(end)) throw changing(codec);
      this.#place(call, type, flags, again, end);
      return;
    }
    const bytes = this.#apart(needed, head, headBytes, codec, message);
    this.#enqueue(call, { type, flags, id: call.id, bytes, sent: 0 });
  }

  /** Sends or queues an Event on the window `events`. */
  event(
    events: Call,
    flags: number,
    head: Uint8Array,
    codec: Codec,
    message: unknown,
    onId: (id: number) => void,
    onDropped: (error: CrucibleError) => void,
  ): void {
    const scratch = new Uint8Array(head.length + usualBytes);
    const needed = writeEnvelope(scratch, 0, head, head.length, codec, message);
    const bytes =
      needed <= scratch.length ? scratch.subarray(0, needed) : this.#apart(needed, head, head.length, codec, message);
    // Its id is drawn when its first fragment leaves: ids reach the peer in the order they were drawn.
    this.#enqueue(events, { type: FrameType.Event, flags, id: 0, bytes, sent: 0, onId, onDropped });
  }

  /** More credit for a call. */
  granted(call: Call, bytes: number): void {
    call.sendWindow += bytes;
    if (call.sendWindow > maxWindowBytes) {
      throw new CrucibleError(
        "BAD_CREDIT",
        `credit raises a window above ${maxWindowBytes} bytes; grant what was consumed`,
      );
    }
    if (call.queue !== undefined) this.#drain(call);
  }

  /** Drops the Events that have not begun to leave: no more ids are drawn. */
  dropEvents(events: Call, error: CrucibleError): void {
    const { queue } = events;
    if (queue === undefined) return;
    const begun = queue.filter(({ id }) => id !== 0);
    if (begun.length === 0) this.forget(events);
    else events.queue = begun;
    for (const { id, onDropped } of queue) if (id === 0) onDropped?.(error);
  }

  /** Forgets what waits for a call that has ended. */
  forget(call: Call): void {
    if (call.queue === undefined) return;
    call.queue = undefined;
    this.#waiting.delete(call);
  }

  /** Encodes a message of `needed` bytes into a buffer of its own. */
  #apart(needed: number, head: Uint8Array, headBytes: number, codec: Codec | undefined, message: unknown): Uint8Array {
    if (needed > this.maxMessageBytes) {
      throw new CrucibleError(
        "MESSAGE_TOO_LARGE",
        `${codec?.typeName ?? "message"} takes ${needed} bytes, ${this.maxMessageBytes} are allowed; send it in parts`,
      );
    }
    // Generated codecs keep a margin behind what they write; with it they write once.
    const bytes = new Uint8Array(needed + marginBytes);
    const end = writeEnvelope(bytes, 0, head, headBytes, codec, message);
    if (end > needed) throw changing(codec);
    return bytes.subarray(0, end);
  }

  /** Sends the payload written at `[start, end)` of the arena, or queues it when the window is too small. */
  #place(call: Call, type: number, flags: number, start: number, end: number): void {
    const payload = end - start;
    const cost = overheadBytes + payload;
    if (
      call.queue === undefined &&
      cost <= call.sendWindow &&
      payload <= maxFragmentBytes &&
      (!this.#link.congested || type === FrameType.Request)
    ) {
      call.sendWindow -= cost;
      this.#link.send(this.#shrunk(call, start, end), call.sealed);
      return;
    }
    const bytes = this.#link.writer.arena.slice(start, end);
    this.#enqueue(call, { type, flags, id: call.id, bytes, sent: 0 });
  }

  /** The end of the payload `[start, end)` as it is to be sent. */
  #shrunk(call: Call, start: number, end: number): number {
    return call.shrinker === undefined ? end : call.shrinker.shrink(this.#link.writer, start, end);
  }

  #enqueue(call: Call, outgoing: Outgoing): void {
    if (call.ended) return;
    if (call.queue === undefined) call.queue = [outgoing];
    else call.queue.push(outgoing);
    this.#waiting.add(call);
    // Ids reach the peer in the order they were drawn, so the first fragment of a Request never waits; it always fits.
    if (outgoing.type === FrameType.Request) this.#fragment(call);
    this.#drain(call);
  }

  /** Sends what waits, a fragment a call in turn, until credit or the transport stops it. */
  pump(): void {
    for (const call of this.#waiting) {
      if (this.#link.blocked) return;
      // To the end of the line, which this loop goes on to, and the next one begins with the others.
      if (this.#fragment(call) && this.#waiting.delete(call)) this.#waiting.add(call);
      this.#link.flushWhenLarge();
    }
  }

  /** Sends what waits for one call; the others wait for credit of their own, or for the transport as this one. */
  #drain(call: Call): void {
    while (call.queue !== undefined && !this.#link.blocked && this.#fragment(call)) this.#link.flushWhenLarge();
  }

  /** Sends the next fragment of a call; false when it must wait. */
  #fragment(call: Call): boolean {
    const outgoing = call.queue![0]!;
    const rest = outgoing.bytes.length - outgoing.sent;
    const size = Math.min(rest, maxFragmentBytes, call.sendWindow - overheadBytes);
    if (size < Math.min(rest, leastFragmentBytes)) return false;
    const last = size === rest;
    const writer = this.#link.writer;
    const flags = last ? outgoing.flags : (outgoing.flags & ~Flag.EndStream) | Flag.More;
    if (outgoing.id === 0) {
      outgoing.id = this.#drawId();
      outgoing.onId?.(outgoing.id);
    }
    const start = writer.begin(outgoing.type, flags, outgoing.id, size);
    writer.arena.set(outgoing.bytes.subarray(outgoing.sent, outgoing.sent + size), start);
    call.sendWindow -= overheadBytes + size;
    outgoing.sent += size;
    this.#link.send(this.#shrunk(call, start, start + size), call.sealed);
    if (last) {
      call.queue!.shift();
      if (call.queue!.length === 0) {
        call.queue = undefined;
        this.#waiting.delete(call);
        call.onSent();
      }
    }
    return true;
  }
}

function changing(codec: Codec | undefined): CrucibleError {
  return new CrucibleError(
    "ENCODE_INVALID",
    `${codec?.typeName ?? "message"} changes while it is encoded; send one that stays as it is`,
  );
}
