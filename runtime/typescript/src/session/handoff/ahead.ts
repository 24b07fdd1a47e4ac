/**
 * Bytes of one stream that are out at most, but for two messages of any size. Calls beside a stream of 1 MiB messages over the
 * same connection take 0.41 ms instead of 0.94, and 5.4 instead of 21 at the 99th percentile (Node 20; Node 24: 0.56 and 1.4, 7.5
 * and 23), while the stream moves at 3.2 GB/s instead of 4.0 (2.3 and 3.8): `npm run bench -- latency`, `single`.
 */
const mostBytes = 4_194_304;
/** One is written while the other is read. */
const leastRegions = 2;

/**
 * How far each call is ahead of who reads what it hands off. A HANDOFF frame costs next to no credit, and its receiver copies
 * what it names as it comes: without a limit a stream has all of the arena, which is then copied before a small call is heard.
 */
export class Ahead {
  readonly #calls: Map<object, { regions: number; bytes: number }> = new Map();

  isFar(call: object): boolean {
    const out = this.#calls.get(call);
    return out !== undefined && out.regions >= leastRegions && out.bytes >= mostBytes;
  }

  /** A region is out. */
  add(call: object, bytes: number): void {
    const out = this.#calls.get(call);
    if (out === undefined) {
      this.#calls.set(call, { regions: 1, bytes });
      return;
    }
    out.regions++;
    out.bytes += bytes;
  }

  /** One that was out is free. */
  delete(call: object, bytes: number): void {
    const out = this.#calls.get(call);
    if (out === undefined) return;
    out.regions--;
    out.bytes -= bytes;
    if (out.regions === 0) this.#calls.delete(call);
  }

  clear(): void {
    this.#calls.clear();
  }
}
