import { type Clock, systemClock } from "../../clock/clock.js";
import { ReadArena } from "./read-arena.js";

const sharedBytes = 65_536;
/** How long reads are counted before they are looked at, and how many a second make a connection busy, and calm again. */
const windowMs = 1_000;
const busyReads = 500;
const calmReads = 100;
/** After so many it is seen how long they took. */
const readsLooked = 8;
/** A read of so many bytes makes it busy at once. */
const busyBytes = 16_384;

/** Where connections at rest read. Made by the first of them. */
let shared: Uint8Array | undefined;

/**
 * Memory that reads of one connection land in, with the contract of ReadArena. A connection that hardly says anything has
 * none: it reads into a buffer that all of them share, and each read is copied out before another can begin, since the
 * platform reads and tells in one go. (With an arena for each, ten thousand idle connections took 640 MB of address space,
 * and a thousand with a few calls a second grew for minutes, each into the next larger one.) Once it reads often, or much,
 * it has an arena of its own, which spares the copy.
 */
export class RestingArena {
  readonly #mayShare: boolean;
  readonly #clock: Clock;
  #arena: ReadArena | undefined;
  #windowStartMs = 0;
  #reads = 0;
  #largest = 0;
  /** What was taken last is of the arena. */
  #ofArena = false;
  /** It is calm; to be seen to once the bytes of this read are not needed. */
  #calm = false;

  /** Where reads are handed to the system ahead of time, as by Windows, several would be under way at once. */
  constructor(mayShare: boolean = process.platform !== "win32", clock: Clock = systemClock) {
    this.#mayShare = mayShare;
    this.#clock = clock;
    if (!mayShare) this.#arena = new ReadArena();
  }

  /** Where the next read goes. */
  room(): Uint8Array {
    return this.#arena === undefined ? (shared ??= new Uint8Array(sharedBytes)) : this.#arena.room();
  }

  /** What a read has put into the first `count` bytes of the last `room`. */
  take(count: number): Uint8Array {
    this.#ofArena = this.#arena !== undefined;
    const chunk = this.#arena === undefined ? shared!.slice(0, count) : this.#arena.take(count);
    // A busy one looks at the clock now and then: that takes 45 ns.
    if (this.#arena === undefined || this.#reads % readsLooked === 0) {
      const now = this.#clock.monotonicMs();
      const passedMs = now - this.#windowStartMs;
      if (passedMs > windowMs) this.#look(now, passedMs);
    }
    this.#reads++;
    if (count > this.#largest) this.#largest = count;
    if (this.#arena === undefined && (this.#reads >= busyReads || count >= busyBytes)) this.#arena = new ReadArena();
    return chunk;
  }

  /** As of ReadArena. Of the shared buffer nothing is given away. */
  keep(count: number): void {
    if (this.#arena === undefined || !this.#ofArena) return;
    this.#arena.keep(count);
    if (this.#calm && this.#arena.idle) this.release();
    this.#calm = false;
  }

  /** No more is read, and nothing that was is needed: gives memory back. */
  release(): void {
    this.#arena?.release();
    this.#arena = undefined;
  }

  /** A window is over: what was busy may rest. */
  #look(now: number, passedMs: number): void {
    this.#calm = this.#mayShare && this.#largest < busyBytes && this.#reads * 1_000 < calmReads * passedMs;
    this.#windowStartMs = now;
    this.#reads = 0;
    this.#largest = 0;
  }
}
