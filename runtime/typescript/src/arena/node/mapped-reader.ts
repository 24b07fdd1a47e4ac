import type { ReadableArena } from "../arena.js";
import { loadLinuxMemory } from "./linux-memory.js";
import { takeLanding } from "./landing.js";
import { Mapping } from "./mapping.js";

/** The reading end of an arena that is mapped. */
export class MappedReader implements ReadableArena {
  readonly length: number;
  readonly #mapping: Mapping;

  /** @throws CrucibleError HANDOFF_UNAVAILABLE. */
  constructor(descriptor: number, bytes: number) {
    this.length = bytes;
    this.#mapping = new Mapping(loadLinuxMemory(), descriptor, bytes, false);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = this.#mapping.map();
    if (bytes === undefined) return new Uint8Array(length);
    const copy = takeLanding(length);
    copy.set(bytes.subarray(offset, offset + length));
    return copy;
  }

  view(offset: number, length: number, onLost: () => void): Uint8Array | undefined {
    return this.#mapping.view(offset, length, onLost);
  }

  close(): void {
    this.#mapping.close();
  }
}
