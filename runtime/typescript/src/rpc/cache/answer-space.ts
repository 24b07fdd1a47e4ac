import type { Clock, Stop } from "../../clock/clock.js";
import { checkNumber } from "../../error/options.js";

/** What answers may take together unless somebody says otherwise, in bytes. */
export const defaultCacheBytes = 67_108_864;
/**
 * What an answer counts beside the bytes of its key and itself: the entry, its place in the map, the headers of string and
 * array (measured: 330 to 500 bytes on Node 20, by whether V8 keeps the bytes on its own heap).
 */
export const answerOverheadBytes = 512;
/** What has expired is dropped this long after, at the latest. */
const leastSweepMs = 1_000;

/** @throws CrucibleError OPTION_INVALID unless `value`, the option `cacheBytes`, is a number of bytes. */
export function resolveCacheBytes(value: number = defaultCacheBytes): number {
  return checkNumber("cacheBytes", value, 0, Number.MAX_SAFE_INTEGER);
}

/** The answers of one method of one session, by key. */
export interface Shelf {
  /** The fresh answer under `key`, which goes last from now on when room is needed. The bytes stay the shelf's. */
  get(key: string): Uint8Array | undefined;
  /**
   * Keeps `body`, which is the shelf's from now on, for `ttlMs`, instead of what was under `key`. The answers used longest
   * ago make room, first of the shelf and then of the space; one that is too large for either is not kept.
   */
  set(key: string, body: Uint8Array, ttlMs: number): void;
  /** Forgets all of them. */
  clear(): void;
}

/** One answer. */
interface Entry {
  readonly shelf: LruShelf;
  readonly key: string;
  readonly body: Uint8Array;
  readonly cost: number;
  readonly expiresMs: number;
  /** Its neighbours among all of the space, in the order of their use. */
  older: Entry | undefined;
  newer: Entry | undefined;
}

/**
 * Memory for the answers of many sessions. However many they are, it holds no more than `maxBytes`, gives way where an
 * answer was not used for longest, and lets go of what has expired although nobody asks for it.
 */
export class AnswerSpace {
  readonly maxBytes: number;
  readonly #clock: Clock;
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #bytes = 0;
  #stopTimer: Stop | undefined;
  #sweepAtMs = Infinity;

  /** With 0 nothing is kept. */
  constructor(clock: Clock, maxBytes: number = defaultCacheBytes) {
    this.#clock = clock;
    this.maxBytes = maxBytes;
  }

  /** What its answers count together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A shelf for at most `maxBytes`; `wipe` overwrites what it lets go of. */
  shelf(maxBytes: number, wipe = false): Shelf {
    return new LruShelf(this, this.#clock, maxBytes, wipe);
  }

  /** @internal An entry of a shelf is new: the newest. */
  add(entry: Entry): void {
    while (this.#bytes + entry.cost > this.maxBytes) this.#oldest!.shelf.drop(this.#oldest!);
    this.#bytes += entry.cost;
    this.#append(entry);
    this.#sweepBy(entry.expiresMs);
  }

  /** @internal An entry was used. */
  touch(entry: Entry): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#append(entry);
  }

  /** @internal An entry has left its shelf. */
  remove(entry: Entry): void {
    this.#bytes -= entry.cost;
    this.#unlink(entry);
    if (this.#oldest !== undefined) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#sweepAtMs = Infinity;
  }

  #append(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink({ older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }

  #sweepBy(expiresMs: number): void {
    const now = this.#clock.monotonicMs();
    const atMs = Math.max(expiresMs, now + leastSweepMs);
    if (atMs >= this.#sweepAtMs) return;
    this.#stopTimer?.();
    this.#sweepAtMs = atMs;
    this.#stopTimer = this.#clock.after(Math.ceil(atMs - now), () => this.#sweep());
  }

  #sweep(): void {
    this.#sweepAtMs = Infinity;
    const now = this.#clock.monotonicMs();
    let next = Infinity;
    for (let entry = this.#oldest; entry !== undefined;) {
      const { newer, shelf, expiresMs } = entry;
      if (expiresMs <= now) shelf.drop(entry);
      else if (expiresMs < next) next = expiresMs;
      entry = newer;
    }
    if (next < Infinity) this.#sweepBy(next);
  }
}

/** Entries in the order of their use: a Map keeps the order in which they were set. */
class LruShelf implements Shelf {
  readonly #space: AnswerSpace;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #wipe: boolean;
  readonly #entries: Map<string, Entry> = new Map();
  #bytes = 0;

  constructor(space: AnswerSpace, clock: Clock, maxBytes: number, wipe: boolean) {
    this.#space = space;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#wipe = wipe;
  }

  get(key: string): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresMs <= this.#clock.monotonicMs()) {
      this.drop(entry);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#space.touch(entry);
    return entry.body;
  }

  set(key: string, body: Uint8Array, ttlMs: number): void {
    const before = this.#entries.get(key);
    if (before !== undefined) this.drop(before);
    const cost = key.length + body.length + answerOverheadBytes;
    if (cost > this.#maxBytes || cost > this.#space.maxBytes) return;
    while (this.#bytes + cost > this.#maxBytes) {
      for (const oldest of this.#entries.values()) {
        this.drop(oldest);
        break;
      }
    }
    const expiresMs = this.#clock.monotonicMs() + ttlMs;
    const entry: Entry = { shelf: this, key, body, cost, expiresMs, older: undefined, newer: undefined };
    this.#space.add(entry);
    this.#bytes += cost;
    this.#entries.set(key, entry);
  }

  clear(): void {
    for (const entry of this.#entries.values()) this.drop(entry);
  }

  /** Lets go of an entry. */
  drop(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#bytes -= entry.cost;
    this.#space.remove(entry);
    if (this.#wipe) entry.body.fill(0);
  }
}
