import { frameBlockBytes, giveFrameBlock, takeFrameBlock } from "../../checksum/frame-memory.js";

const firstBytes = 65_536;
/** Blocks may be neighbours: with a gap between them, what lies in two of them is never taken for one run of bytes. */
const gapBytes = 64;
const largestBytes = frameBlockBytes - gapBytes;
/** With less room than this a read is not worth its system call. */
const leastBytes = 16_384;

/**
 * Memory that reads land in: a block of the memory of frames as long as there are any, else its own. Chunks are consecutive
 * views of one buffer, so that what was cut between two reads can be joined without copying. When little room is left,
 * reading goes on at its beginning, where nobody needs what lies there any more: a buffer that stays in the processor's
 * caches costs a fraction of a fresh one. Otherwise the next buffer is taken, of its own ones twice as large: an idle
 * connection costs little, a busy one reads as much as the kernel holds.
 */
export class ReadArena {
  /** The block that is in use, and one whose last bytes are needed until the next read has been told. */
  #block: Uint8Array | undefined;
  #former: Uint8Array | undefined;
  #memory: ArrayBufferLike;
  /** Where it begins in the buffer, and how long it is. */
  #offset: number;
  #length: number;
  #used = 0;
  /** Where room ends: bytes behind it are still needed. */
  #limit: number;
  /** Of the bytes before `#used`, how many of the last are needed; Infinity once any were given away for good. */
  #needed = 0;
  /** Views of all of it, and of what the last read put at its beginning: the next is mostly the same. */
  #whole: Uint8Array | undefined;
  #first: Uint8Array | undefined;
  /** Somebody has kept bytes for good: from then on no more blocks are taken. */
  #keeps = false;

  constructor() {
    const block = takeFrameBlock();
    const bytes = block ?? Buffer.allocUnsafeSlow(firstBytes);
    this.#block = block;
    this.#memory = bytes.buffer;
    this.#offset = bytes.byteOffset;
    this.#limit = this.#length = Math.min(bytes.length, largestBytes);
  }

  /** Where the next read goes: what is free of the buffer. */
  room(): Uint8Array {
    if (this.#needed === 0 && this.#used <= this.#length >> 1) {
      // Short reads land in the same bytes, which the processor has at hand, without another view for each.
      this.#used = 0;
      this.#limit = this.#length;
      return (this.#whole ??= new Uint8Array(this.#memory, this.#offset, this.#length));
    }
    if (this.#limit - this.#used < leastBytes) this.#renew();
    return new Uint8Array(this.#memory, this.#offset + this.#used, this.#limit - this.#used);
  }

  /** What a read has put into the first `count` bytes of the last `room`. */
  take(count: number): Uint8Array {
    const start = this.#used;
    this.#used = start + count;
    if (start > 0) return new Uint8Array(this.#memory, this.#offset + start, count);
    if (this.#first?.length !== count) this.#first = new Uint8Array(this.#memory, this.#offset, count);
    return this.#first;
  }

  /** Who was given the bytes still needs the last `count` of them and no others. More than there are: all, for good. */
  keep(count: number): void {
    if (this.#former !== undefined) {
      // What was needed of it has been copied by now, since the next bytes do not follow it.
      if (count <= this.#used) giveFrameBlock(this.#former);
      this.#former = undefined;
    }
    if (this.#needed === Infinity) return;
    if (count > this.#used) {
      this.#needed = Infinity;
      this.#keeps = true;
      // Whoever keeps bytes of a block has it.
      this.#block = undefined;
      return;
    }
    this.#needed = count;
    this.#limit = this.#length;
  }

  /** No more is read, and nothing is needed: gives its memory back. */
  release(): void {
    if (this.#former !== undefined) giveFrameBlock(this.#former);
    if (this.#block !== undefined) giveFrameBlock(this.#block);
    this.#former = this.#block = undefined;
  }

  /** Whether the receiver needs nothing of what it was given. */
  get idle(): boolean {
    return this.#needed === 0 && this.#former === undefined;
  }

  #renew(): void {
    const free = this.#used - this.#needed;
    if (free >= this.#length / 2 && this.#length === largestBytes) {
      this.#limit = this.#needed === 0 ? largestBytes : free;
    } else {
      this.#former = this.#block;
      this.#block = this.#keeps ? undefined : takeFrameBlock();
      const bytes = this.#block ?? Buffer.allocUnsafeSlow(Math.min(2 * this.#length, largestBytes));
      this.#memory = bytes.buffer;
      this.#offset = bytes.byteOffset;
      this.#limit = this.#length = Math.min(bytes.length, largestBytes);
      this.#needed = 0;
      this.#whole = this.#first = undefined;
    }
    this.#used = 0;
  }
}
