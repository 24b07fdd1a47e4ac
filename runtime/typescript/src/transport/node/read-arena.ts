const firstBytes = 65_536;
const largestBytes = 262_144;
/** With less room than this a read is not worth its system call. */
const leastBytes = 16_384;

/**
 * Memory that reads land in. Chunks are consecutive views of one buffer, so that what was cut between two reads can be
 * joined without copying; a byte that was handed out is never written again. When little room is left the next buffer
 * is taken, twice as large: an idle connection costs little, a busy one reads as much as the kernel holds.
 */
export class ReadArena {
  #memory: ArrayBufferLike = Buffer.allocUnsafeSlow(firstBytes).buffer;
  #used = 0;

  /** Where the next read goes: what is free of the buffer. */
  room(): Uint8Array {
    if (this.#memory.byteLength - this.#used < leastBytes) {
      this.#memory = Buffer.allocUnsafeSlow(Math.min(2 * this.#memory.byteLength, largestBytes)).buffer;
      this.#used = 0;
    }
    return new Uint8Array(this.#memory, this.#used);
  }

  /** What a read has put into the first `count` bytes of the last `room`. */
  take(count: number): Uint8Array {
    const start = this.#used;
    this.#used = start + count;
    return new Uint8Array(this.#memory, start, count);
  }
}
