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
  #buffer: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  #used = 0;

  /** Where the next read goes: what is free of the buffer. */
  room(): Buffer {
    if (this.#buffer.length - this.#used < leastBytes) {
      this.#buffer = Buffer.allocUnsafeSlow(Math.min(2 * this.#buffer.length, largestBytes));
      this.#used = 0;
    }
    return this.#buffer.subarray(this.#used);
  }

  /** A read has filled `count` bytes of the last `room`. */
  take(count: number): void {
    this.#used += count;
  }
}
