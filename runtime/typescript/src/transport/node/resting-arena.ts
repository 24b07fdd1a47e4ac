import { ReadArena } from "./read-arena.js";

const sharedBytes = 65_536;
/** Reads in one window, or bytes of one read, from which on a connection is busy. */
const busyReads = 16;
const busyBytes = 16_384;
const windowMs = 1_000;
/** A busy connection that was silent for so long rests again at its next read; heartbeats are rarer. */
const restMs = 10_000;

/** Where connections at rest read. Made by the first of them. */
let shared: Uint8Array | undefined;

/**
 * Memory that reads of one connection land in, with the contract of ReadArena. A connection that hardly says anything has
 * none: it reads into a buffer that all of them share, and each read is copied out before another can begin, since the
 * platform reads and tells in one go. (With an arena for each, ten thousand idle connections took 640 MB of address space
 * and 25 KiB each of real memory.) Once it reads often, or much, it has an arena of its own, which spares the copy.
 */
export class RestingArena {
  readonly #mayShare: boolean;
  #arena: ReadArena | undefined;
  #reads = 0;
  #windowMs = -Infinity;
  #lastMs = 0;

  /** Where reads are handed to the system ahead of time, as by Windows, several would be under way at once. */
  constructor(mayShare: boolean = process.platform !== "win32") {
    this.#mayShare = mayShare;
    if (!mayShare) this.#arena = new ReadArena();
  }

  /** Where the next read goes. */
  room(): Uint8Array {
    return this.#arena === undefined ? (shared ??= new Uint8Array(sharedBytes)) : this.#arena.room();
  }

  /** What a read has put into the first `count` bytes of the last `room`. */
  take(count: number): Uint8Array {
    const now = performance.now();
    const silentMs = now - this.#lastMs;
    this.#lastMs = now;
    if (this.#arena !== undefined) {
      const chunk = this.#arena.take(count);
      if (silentMs > restMs && this.#mayShare && count < busyBytes) this.#rest(now);
      return chunk;
    }
    const chunk = shared!.slice(0, count);
    if (now - this.#windowMs > windowMs) this.#rest(now);
    if (++this.#reads >= busyReads || count >= busyBytes) this.#arena = new ReadArena();
    return chunk;
  }

  /** As of ReadArena. Of the shared buffer nothing is given away. */
  keep(count: number): void {
    this.#arena?.keep(count);
  }

  #rest(now: number): void {
    this.#arena = undefined;
    this.#reads = 0;
    this.#windowMs = now;
  }
}
