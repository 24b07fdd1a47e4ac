import { readUint32 } from "../bytes/big-endian.js";
import { allocate } from "../codec/allocate.js";
import { verifyChecksum } from "../checksum/xxh64.js";
import { CrucibleError } from "../error/index.js";
import {
  checksumBytes,
  Flag,
  headerBytes,
  offsetFlags,
  offsetLength,
  offsetReserved,
  offsetType,
  offsetVersion,
  overheadBytes,
  protocolVersion,
} from "./frame.js";
import { checkTypeAndFlags } from "./rules.js";

/** Who is told about frames. What it throws passes through `push` and ends the connection. */
export interface FrameSink {
  /**
   * A lawful header has arrived; its payload perhaps not. Returns how many bytes of payload are allowed, or throws when
   * the frame is not welcome now.
   */
  onHeader(type: number, flags: number): number;
  /** A whole frame with a true checksum: its header at `start`, its payload from there + 36 to `end`. */
  onFrame(bytes: Uint8Array, start: number, end: number): void;
}

const nothing = new Uint8Array(0);
/** A buffer for a frame in pieces is kept for the next up to this size: that of a full fragment. */
const spareBytes = 65_536;

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
        this.#checkHeader(this.#held, this.#start);
        this.#checked = true;
      }
      const need = this.#checked ? readUint32(this.#held, this.#start + offsetLength) + overheadBytes : headerBytes;
      if (have >= need) {
        const held = this.#held;
        const start = this.#start;
        this.#release();
        this.#deliver(held, start, start + need - checksumBytes);
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
    let offset = start;
    while (end - offset >= headerBytes) {
      // A header is checked twice only when its frame came in contiguous pieces; that is rarer than it is dear.
      this.#checkHeader(bytes, offset);
      const need = readUint32(bytes, offset + offsetLength) + overheadBytes;
      if (end - offset < need) {
        this.#hold(bytes, offset, end, true);
        return;
      }
      this.#release();
      this.#deliver(bytes, offset, offset + need - checksumBytes);
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

  #checkHeader(bytes: Uint8Array, offset: number): void {
    const version = bytes[offset + offsetVersion]!;
    if (version !== protocolVersion) {
      throw new CrucibleError(
        "BAD_VERSION",
        `frame has version ${version}; this side speaks version ${protocolVersion}`,
      );
    }
    if (readUint32(bytes, offset + offsetReserved) !== 0) {
      throw new CrucibleError("BAD_RESERVED", "frame has non-zero reserved bytes; send zeros in version 1");
    }
    const type = bytes[offset + offsetType]!;
    const flags = (bytes[offset + offsetFlags]! << 8) | bytes[offset + offsetFlags + 1]!;
    checkTypeAndFlags(type, flags);
    const most = this.#sink.onHeader(type, flags);
    const length = readUint32(bytes, offset + offsetLength);
    if (length > most) {
      throw new CrucibleError(
        "FRAME_TOO_LARGE",
        `frame announces ${length} bytes of payload, ${most} are allowed; send it in fragments`,
      );
    }
  }

  #deliver(bytes: Uint8Array, start: number, end: number): void {
    if (!verifyChecksum(bytes, start, end)) {
      throw new CrucibleError("BAD_CHECKSUM", "frame does not match its checksum; the bytes were damaged on the way");
    }
    this.#sink.onFrame(bytes, start, end);
  }
}
