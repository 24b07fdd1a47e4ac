import { readUint32 } from "../bytes/big-endian.js";
import { allocate } from "../codec/allocate.js";
import { frameAddress } from "../checksum/frame-memory.js";
import { verifyChecksum, verifyChecksumAt } from "../checksum/xxh64.js";
import { CrucibleError } from "../error/index.js";
import { checksumBytes, Flag, headerBytes, offsetFlags, offsetLength, overheadBytes } from "./frame.js";
import { checkHeader, type FrameSink } from "./header.js";
import { type FlagTable, plainFlags } from "./rules.js";

export type { FrameSink } from "./header.js";

const nothing = new Uint8Array(0);
/** A buffer for a frame in pieces is kept for the next up to this size: that of a full fragment. */
const spareBytes = 131_072;

/**
 * Cuts a stream of chunks into frames. Incremental and pure: bytes in, frames out.
 *
 * The header is checked as soon as it is there, before room is made for a payload; room grows with what has arrived and
 * never by what a header announces. A frame that lies in one chunk, or in chunks that follow each other in the same
 * ArrayBuffer, is delivered in place; any other is put together by copying each byte once.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  /** Bytes of a frame that is not complete: `#held[#start, #end)`. */
  #held: Uint8Array = nothing;
  #start = 0;
  #end = 0;
  /** The held bytes are in a buffer of our own, which may be written to. */
  #own = false;
  #spare: Uint8Array = nothing;
  /** The header of the held frame has been checked. */
  #checked = false;
  /** The frame that is being delivered was put together here: whoever keeps its bytes keeps nothing of a chunk. */
  ownFrame = false;
  /** Types and flags that are lawful now; a change counts from the next frame on. */
  flags: FlagTable = plainFlags;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Whether a frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#end > this.#start;
  }

  /** How many of the last bytes that were pushed are still needed where they lie; a sink may need more. */
  get neededBytes(): number {
    return this.#own ? 0 : this.#end - this.#start;
  }

  /** Takes the next bytes; `chunk` must not change before they are needed no more. */
  push(chunk: Uint8Array): void {
    const have = this.#end - this.#start;
    if (have === 0) {
      this.#parse(chunk, 0, chunk.length);
      return;
    }
    const held = this.#held;
    if (!this.#own && chunk.buffer === held.buffer && chunk.byteOffset === held.byteOffset + this.#end) {
      const joined = new Uint8Array(held.buffer as ArrayBuffer, held.byteOffset + this.#start, have + chunk.length);
      this.#parse(joined, 0, joined.length);
      return;
    }
    const taken = this.#complete(chunk);
    if (taken < chunk.length) this.#parse(chunk, taken, chunk.length);
  }

  /** Fills the held frame from `chunk` and delivers it when whole. Returns how many bytes of `chunk` it took. */
  #complete(chunk: Uint8Array): number {
    let taken = 0;
    for (;;) {
      const have = this.#end - this.#start;
      if (have >= headerBytes && !this.#checked) {
        checkHeader(this.#held, this.#start, this.flags, this.#sink);
        this.#checked = true;
      }
      const need = this.#checked ? readUint32(this.#held, this.#start + offsetLength) + overheadBytes : headerBytes;
      if (have >= need) {
        const held = this.#held;
        const start = this.#start;
        this.#release();
        this.ownFrame = true;
        try {
          this.#deliver(held, start, start + need - checksumBytes, -1);
        } finally {
          this.ownFrame = false;
        }
        // Fragments are put together elsewhere: nobody holds on to their bytes.
        const fragment = (held[start + offsetFlags + 1]! & Flag.More) !== 0;
        if (fragment && held.length <= spareBytes && held.length > this.#spare.length) this.#spare = held;
        return taken;
      }
      const take = Math.min(need - have, chunk.length - taken);
      if (take === 0) return taken;
      this.#append(chunk, taken, take, need);
      taken += take;
    }
  }

  #append(chunk: Uint8Array, from: number, count: number, need: number): void {
    const have = this.#end - this.#start;
    if (!this.#own || this.#end + count > this.#held.length) {
      const size = Math.max(have + count, Math.min(need, 2 * (have + count)));
      let larger = this.#spare;
      if (size <= larger.length) this.#spare = nothing;
      else larger = allocate(size);
      larger.set(this.#held.subarray(this.#start, this.#end));
      this.#held = larger;
      this.#start = 0;
      this.#end = have;
      this.#own = true;
    }
    this.#held.set(chunk.subarray(from, from + count), this.#end);
    this.#end += count;
  }

  #parse(bytes: Uint8Array, start: number, end: number): void {
    const address = frameAddress(bytes);
    let offset = start;
    while (end - offset >= headerBytes) {
      // A header is checked twice only when its frame came in contiguous pieces; that is rarer than it is dear.
      checkHeader(bytes, offset, this.flags, this.#sink);
      const need = readUint32(bytes, offset + offsetLength) + overheadBytes;
      if (end - offset < need) {
        this.#hold(bytes, offset, end, true);
        return;
      }
      this.#release();
      this.#deliver(bytes, offset, offset + need - checksumBytes, address);
      offset += need;
    }
    if (offset < end) this.#hold(bytes, offset, end, false);
    else this.#release();
  }

  #hold(bytes: Uint8Array, start: number, end: number, checked: boolean): void {
    this.#held = bytes;
    this.#start = start;
    this.#end = end;
    this.#own = false;
    this.#checked = checked;
  }

  #release(): void {
    if (this.#end === 0) return;
    this.#hold(nothing, 0, 0, false);
  }

  /** `address` is where `bytes` lie in the memory of frames, -1 for elsewhere. */
  #deliver(bytes: Uint8Array, start: number, end: number, address: number): void {
    if (!(address < 0 ? verifyChecksum(bytes, start, end) : verifyChecksumAt(address + start, end - start))) {
      throw new CrucibleError("BAD_CHECKSUM", "frame does not match its checksum; the bytes were damaged on the way");
    }
    this.#sink.onFrame(bytes, start, end);
  }
}
