/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
  }

  /** One of several. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}

/** A seed from FUZZ_SEED, else from the clock: failures print the one they had. */
export function fuzzSeed(): number {
  const given = process.env["FUZZ_SEED"];
  return given === undefined ? Date.now() >>> 0 : Number(given) >>> 0;
}

/** How many inputs to try: FUZZ_ITERATIONS, else the given number. */
export function fuzzIterations(otherwise: number): number {
  return Number(process.env["FUZZ_ITERATIONS"] ?? otherwise);
}
