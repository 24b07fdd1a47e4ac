const firstBytes = 65_536;
const largestBytes = 262_144;
/** With less room than this a read is not worth its system call. */
const leastBytes = 16_384;

/**
 * Memory that reads land in. Chunks are consecutive views of one buffer, so that what was cut between two reads can be
 * joined without copying. When little room is left, reading goes on at its beginning, where nobody needs what lies there
 * any more: a buffer that stays in the processor's caches costs a fraction of a fresh one. Otherwise the next buffer is
 * taken, twice as large: an idle connection costs little, a busy one reads as much as the kernel holds.
 */
export class ReadArena {
  #memory: ArrayBufferLike = Buffer.allocUnsafeSlow(firstBytes).buffer;
  #used = 0;
  /** Where room ends: bytes behind it are still needed. */
  #limit: number = firstBytes;
  /** Of the bytes before `#used`, how many of the last are needed; Infinity once any were given away for good. */
  #needed = 0;

  /** Where the next read goes: what is free of the buffer. */
  room(): Uint8Array {
    if (this.#limit - this.#used < leastBytes) this.#renew();
    return new Uint8Array(this.#memory, this.#used, this.#limit - this.#used);
  }

  /** What a read has put into the first `count` bytes of the last `room`. */
  take(count: number): Uint8Array {
    const start = this.#used;
    this.#used = start + count;
    return new Uint8Array(this.#memory, start, count);
  }

  /** Who was given the bytes still needs the last `count` of them and no others. More than there are: all, for good. */
  keep(count: number): void {
    if (this.#needed === Infinity) return;
    if (count > this.#used) {
      this.#needed = Infinity;
      return;
    }
    this.#needed = count;
    this.#limit = this.#memory.byteLength;
  }

  #renew(): void {
    const free = this.#used - this.#needed;
    if (free >= this.#memory.byteLength / 2 && this.#memory.byteLength === largestBytes) {
      this.#limit = this.#needed === 0 ? largestBytes : free;
    } else {
      this.#memory = Buffer.allocUnsafeSlow(Math.min(2 * this.#memory.byteLength, largestBytes)).buffer;
      this.#limit = this.#memory.byteLength;
      this.#needed = 0;
    }
    this.#used = 0;
  }
}
