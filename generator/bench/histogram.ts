/** Each bucket is so much wider than the one before: what is read from the histogram is wrong by half of that at most. */
const growth = 1.01;
const logGrowth = Math.log(growth);
/** From 1 µs to more than a day. */
const buckets = Math.ceil(Math.log(1e11) / logGrowth) + 1;

/** How long things took, in fixed memory however many there are. Times are in milliseconds. */
export class Histogram {
  readonly #counts: Uint32Array = new Uint32Array(buckets);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  record(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(ms * 1000, 1)) / logGrowth);
    const at = Math.min(bucket, buckets - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count++;
    this.#sum += ms;
    this.#min = Math.min(this.#min, ms);
    this.#max = Math.max(this.#max, ms);
  }

  get count(): number {
    return this.#count;
  }

  /** 0 when nothing was recorded, as for the others. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  /** The time that so large a part (0 to 1) did not exceed, within half a percent. */
  percentile(part: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(part * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen < rank) continue;
      const middle = growth ** (bucket + 0.5) / 1000;
      return Math.min(Math.max(middle, this.#min), this.#max);
    }
    return this.#max;
  }
}
