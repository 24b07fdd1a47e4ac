import { closeSync, readSync } from "node:fs";
import { allocate } from "../../codec/allocate.js";
import type { ReadableArena, WritableArena } from "../arena.js";
import { loadLinuxMemory } from "./linux-memory.js";
import { MappedReader } from "./mapped-reader.js";
import { Mapping } from "./mapping.js";

/**
 * An arena that was inherited: a descriptor, which is mapped when that is first needed, and closed then or at the end. Not
 * before: to map takes a package that may be missing, and that takes some milliseconds to load.
 */
class Inherited<Mapped extends { close(): void }> {
  readonly #map: (descriptor: number) => Mapped;
  readonly #onUnmapped: (error: unknown) => void;
  descriptor: number | undefined;
  #mapped: Mapped | undefined;
  #tried = false;

  /** `onUnmapped` is told, at most once, why it cannot be mapped. */
  constructor(descriptor: number, map: (descriptor: number) => Mapped, onUnmapped: (error: unknown) => void) {
    this.descriptor = descriptor;
    this.#map = map;
    this.#onUnmapped = onUnmapped;
  }

  /** What it is mapped as, if it has been. */
  get ready(): Mapped | undefined {
    return this.#mapped;
  }

  get(): Mapped | undefined {
    if (this.#tried) return this.#mapped;
    this.#tried = true;
    try {
      this.#mapped = this.#map(this.descriptor!);
      this.#closeDescriptor();
    } catch (error) {
      this.#onUnmapped(error);
    }
    return this.#mapped;
  }

  close(): void {
    this.#tried = true;
    this.#mapped?.close();
    this.#closeDescriptor();
  }

  #closeDescriptor(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

/** The reading end of an inherited arena. */
export class DescriptorReader implements ReadableArena {
  readonly length: number;
  readonly #inherited: Inherited<MappedReader>;

  constructor(descriptor: number, length: number, onUnmapped: (error: unknown) => void) {
    this.length = length;
    this.#inherited = new Inherited(descriptor, (fd) => new MappedReader(fd, length), onUnmapped);
  }

  /** Where it cannot be mapped it is read as a file: a copy too, if a slower one (16 MiB: 3.6 ms against 1.5, Node 20). */
  read(offset: number, length: number): Uint8Array {
    const mapped = this.#inherited.get();
    if (mapped !== undefined) return mapped.read(offset, length);
    const { descriptor } = this.#inherited;
    const copy = allocate(length);
    let done = 0;
    if (descriptor === undefined) return copy.fill(0);
    while (done < length) {
      const read = readSync(descriptor, copy, done, length - done, offset + done);
      if (read === 0) break;
      done += read;
    }
    return copy.fill(0, done);
  }

  view(offset: number, length: number, onLost: () => void): Uint8Array | undefined {
    return this.#inherited.get()?.view(offset, length, onLost);
  }

  close(): void {
    this.#inherited.close();
  }
}

/** The writing end of an inherited arena. */
export class DescriptorWriter implements WritableArena {
  readonly length: number;
  readonly #inherited: Inherited<Mapping>;

  constructor(descriptor: number, length: number, onUnmapped: (error: unknown) => void) {
    this.length = length;
    const map = (fd: number): Mapping => new Mapping(loadLinuxMemory(), fd, length, true);
    this.#inherited = new Inherited(descriptor, map, onUnmapped);
  }

  map(): Uint8Array | undefined {
    return this.#inherited.get()?.map();
  }

  view(offset: number, length: number, onLost: () => void): Uint8Array | undefined {
    return this.#inherited.get()?.view(offset, length, onLost);
  }

  clear(): void {
    this.#inherited.ready?.clear();
  }

  close(): void {
    this.#inherited.close();
  }
}
