import type { Codec } from "../../codec/codec.js";
import type { WritableArena } from "../../arena/arena.js";
import { Extents } from "../../arena/extents.js";
import { changing } from "../encode-apart.js";
import { maxRegions } from "../limits.js";
import { Ahead } from "./ahead.js";
import { findInPlace, type OpenBuffer, writeInPlace } from "./in-place.js";
import { ordinaryBuffer, SharedBuffer } from "./shared-buffer.js";

/** Generated codecs keep a margin behind what they write; with it they write once. */
const marginBytes = 256;
/** Room before and behind what is filled in place, for the rest of its message. */
const besideBytes = 8_192;

/** A message that lies in this side's arena. */
export interface OutgoingRegion {
  /** Where it begins, and what takes part in the extent that is freed with it. */
  readonly offset: number;
  readonly length: number;
  readonly extent: number;
}

/** The arena that this side writes: what is given out of it, until the peer has acknowledged it. */
export class OutgoingRegions {
  readonly #arena: WritableArena;
  readonly #extents: Extents;
  /** What was announced, by offset, and by which call. */
  readonly #announced: Map<number, { readonly region: OutgoingRegion; readonly call: object }> = new Map();
  readonly #ahead = new Ahead();
  /** What users may be filling. */
  readonly #open: Set<OpenBuffer> = new Set();
  #used = false;
  #lost = false;
  #closed = false;

  constructor(arena: WritableArena) {
    this.#arena = arena;
    this.#extents = new Extents(arena.length, maxRegions);
  }

  /** Regions that are not free. */
  get count(): number {
    return this.#extents.count;
  }

  /** Whether users hold buffers that a message may have in it. */
  get expectsInPlace(): boolean {
    return this.#open.size > 0;
  }

  /**
   * Encodes a message into the arena; `expected` is a guess of its size. Undefined when there is no room, no arena, or it
   * takes less than `leastBytes`. Throws what the codec throws.
   */
  encode(codec: Codec, message: unknown, expected: number, leastBytes: number): OutgoingRegion | undefined {
    // Guesses are generous: one that is beyond the arena need not be beyond what it holds.
    let window = this.#take(Math.min(Math.max(expected, leastBytes) + marginBytes, this.#arena.length));
    if (window === undefined) return undefined;
    try {
      let end = codec.write(message, window.bytes, 0);
      if (end > window.bytes.length) {
        this.#extents.free(window.offset);
        window = this.#take(end + marginBytes);
        if (window === undefined) return undefined;
        end = codec.write(message, window.bytes, 0);
        if (end > window.bytes.length) throw changing(codec);
      }
      if (end < leastBytes) {
        this.#extents.free(window.offset);
        return undefined;
      }
      if (codec.usualBytes !== undefined) codec.usualBytes = end + (end >> 3) + marginBytes;
      this.#extents.trim(window.offset, end);
      return { offset: window.offset, length: end, extent: window.offset };
    } catch (error) {
      this.#extents.free(window!.offset);
      throw error;
    }
  }

  /** As `encode`, for a message with a buffer in it that was filled in place; undefined when it has none. */
  encodeInPlace(codec: Codec, message: unknown): OutgoingRegion | undefined {
    const found = findInPlace(codec, message, this.#open);
    const bytes = this.#arena.map();
    if (found === undefined || found.before > besideBytes || bytes === undefined) return undefined;
    const { buffer, before, value } = found;
    const start = buffer.offset - before;
    const end = writeInPlace(codec, message, bytes.subarray(0, buffer.offset + buffer.length + besideBytes), start, {
      at: buffer.offset,
      buffer,
      value,
    });
    this.#open.delete(buffer);
    this.#extents.trim(buffer.extent, end - buffer.extent);
    return { offset: start, length: end - start, extent: buffer.extent };
  }

  /** Memory to be filled and sent; ordinary memory when there is no room. */
  allocate(bytes: number): SharedBuffer {
    const extent = this.#lost || this.#closed ? -1 : this.#extents.take(bytes + 2 * besideBytes);
    if (extent < 0) return ordinaryBuffer(bytes);
    const offset = extent + besideBytes;
    let open: OpenBuffer | undefined;
    const release = (): void => {
      if (open === undefined || !this.#open.delete(open)) return;
      this.#extents.free(extent);
      this.#letGo();
    };
    const view = this.#arena.view(offset, bytes, release);
    if (view === undefined) {
      this.#extents.free(extent);
      return ordinaryBuffer(bytes);
    }
    open = { extent, offset, length: bytes, memory: new WeakRef(view.buffer), byteOffset: view.byteOffset };
    this.#used = true;
    this.#open.add(open);
    return new SharedBuffer(view, true, release);
  }

  /** Whether so much of a stream is out that what comes next has to travel in frames. */
  isAhead(call: object): boolean {
    return this.#ahead.isFar(call);
  }

  /** A region has been sent by `call`: it is free when the peer says so. */
  announce(region: OutgoingRegion, call: object): void {
    this.#announced.set(region.offset, { region, call });
    this.#ahead.add(call, region.length);
  }

  /** A region will not be sent. */
  drop({ extent }: OutgoingRegion): void {
    this.#extents.free(extent);
  }

  /** The peer has acknowledged the region at `offset`; false when it had none there. */
  acknowledge(offset: number): boolean {
    const announced = this.#announced.get(offset);
    if (announced === undefined) return false;
    const { region, call } = announced;
    this.#announced.delete(offset);
    this.#extents.free(region.extent);
    this.#ahead.delete(call, region.length);
    return true;
  }

  /** The connection is silent: what is in memory and in no use goes. */
  rest(): void {
    if (!this.#used || this.#extents.count > 0) return;
    this.#used = false;
    this.#arena.clear();
  }

  /** The connection has ended: nobody will acknowledge what was announced. What users are filling stays theirs. */
  lose(): void {
    this.#lost = true;
    for (const { region } of this.#announced.values()) this.#extents.free(region.extent);
    this.#announced.clear();
    this.#ahead.clear();
    this.#letGo();
  }

  close(): void {
    this.#closed = true;
    this.#open.clear();
    this.#announced.clear();
    this.#ahead.clear();
    this.#arena.close();
  }

  #letGo(): void {
    if (this.#lost && !this.#closed && this.#extents.count === 0) this.close();
  }

  #take(bytes: number): { readonly offset: number; readonly bytes: Uint8Array } | undefined {
    const arena = this.#arena.map();
    if (arena === undefined) return undefined;
    const offset = this.#extents.take(bytes);
    if (offset < 0) return undefined;
    this.#used = true;
    return { offset, bytes: new Uint8Array(arena.buffer, arena.byteOffset + offset, bytes) };
  }
}
