/** What is given out is a multiple of this, so that no two regions share a page. */
export const pageBytes = 4_096;

/** Bytes rounded up to whole pages. */
function pages(bytes: number): number {
  return Math.ceil(bytes / pageBytes) * pageBytes;
}

/**
 * Gives out extents of a range of bytes: the lowest that fits, so that the memory which was touched last is touched again.
 * What is next to each other is joined as it is freed. There are few extents, so that lists do.
 */
export class Extents {
  /** Free ones, by offset: offset and length in turn. No two touch. */
  readonly #free: number[] = [];
  /** Length of each that is given out, by offset. */
  readonly #taken: Map<number, number> = new Map();
  readonly #most: number;

  /** @param bytes a multiple of a page; the rest is not used. @param most how many extents may be given out at once. */
  constructor(bytes: number, most: number) {
    const whole = Math.floor(bytes / pageBytes) * pageBytes;
    if (whole > 0) this.#free.push(0, whole);
    this.#most = most;
  }

  /** How many extents are given out. */
  get count(): number {
    return this.#taken.size;
  }

  /** Takes `bytes`, at least one; returns their offset, or -1 when there is no room. */
  take(bytes: number): number {
    if (this.#taken.size >= this.#most) return -1;
    const length = pages(bytes);
    const free = this.#free;
    for (let i = 0; i < free.length; i += 2) {
      if (free[i + 1]! < length) continue;
      const offset = free[i]!;
      if (free[i + 1] === length) {
        free.splice(i, 2);
      } else {
        free[i] = offset + length;
        free[i + 1]! -= length;
      }
      this.#taken.set(offset, length);
      return offset;
    }
    return -1;
  }

  /** Of the extent at `offset` only the first `bytes`, at least one, are needed. */
  trim(offset: number, bytes: number): void {
    const length = this.#taken.get(offset)!;
    const kept = pages(bytes);
    if (kept >= length) return;
    this.#taken.set(offset, kept);
    this.#release(offset + kept, length - kept);
  }

  /** Frees the extent at `offset`; false when there is none. */
  free(offset: number): boolean {
    const length = this.#taken.get(offset);
    if (length === undefined) return false;
    this.#taken.delete(offset);
    this.#release(offset, length);
    return true;
  }

  #release(offset: number, length: number): void {
    const free = this.#free;
    let i = 0;
    while (i < free.length && free[i]! < offset) i += 2;
    const joinsBefore = i > 0 && offset === free[i - 2]! + free[i - 1]!;
    const joinsBehind = i < free.length && offset + length === free[i];
    if (joinsBefore && joinsBehind) {
      free[i - 1]! += length + free[i + 1]!;
      free.splice(i, 2);
    } else if (joinsBefore) {
      free[i - 1]! += length;
    } else if (joinsBehind) {
      free[i] = offset;
      free[i + 1]! += length;
    } else {
      free.splice(i, 0, offset, length);
    }
  }
}
