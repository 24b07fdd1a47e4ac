import type { ArenaPair, ReadableArena, WritableArena } from "./arena.js";

/** Both ends of an arena within one process. */
class MemoryArena implements ReadableArena, WritableArena {
  readonly length: number;
  readonly #bytes: Uint8Array;
  #closed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#closed ? new Uint8Array(length) : this.#bytes.slice(offset, offset + length);
  }

  map(): Uint8Array | undefined {
    return this.#closed ? undefined : this.#bytes;
  }

  /** That nobody has it any more is never known: all views share one ArrayBuffer. */
  view(offset: number, length: number): Uint8Array | undefined {
    return this.#closed ? undefined : this.#bytes.subarray(offset, offset + length);
  }

  clear(): void {
    this.#bytes.fill(0);
  }

  close(): void {
    this.#closed = true;
  }
}

/** Two arenas of `bytes` each for two sides in one process: what one side writes the other reads. */
export function createMemoryArenas(bytes: number): [ArenaPair, ArenaPair] {
  const forth = new Uint8Array(bytes);
  const back = new Uint8Array(bytes);
  return [
    { outgoing: new MemoryArena(forth), incoming: new MemoryArena(back) },
    { outgoing: new MemoryArena(back), incoming: new MemoryArena(forth) },
  ];
}
