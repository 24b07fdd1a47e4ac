import { CrucibleError } from "../../error/index.js";
import type { WritableArena } from "../arena.js";
import type { LinuxMemory } from "./linux-memory.js";

const protRead = 0x1;
const protWrite = 0x2;
const mapShared = 0x01;
const mapPrivate = 0x02;
const mapFixed = 0x10;
const mapAnonymous = 0x20;
const madvDontNeed = 4;
const madvHugePage = 14;
const madvRemove = 9;
const fGetSeals = 1034;
const sealShrink = 0x2;

/**
 * Either end of an arena: a memory file, mapped. Node may not be left with an ArrayBuffer over memory that is gone: to touch it would end the
 * process. So `close` puts empty memory in the place of the file, at once, which lets go of the file whoever has views
 * left; and the addresses are given back when the last view has been collected.
 */
export class Mapping implements WritableArena {
  readonly length: number;
  readonly #system: LinuxMemory;
  readonly #address: bigint;
  readonly #protection: number;
  /** What makes the system take the memory back. */
  readonly #advice: number;
  #bytes: Uint8Array | undefined;
  /** ArrayBuffers that have not been collected. */
  #views = 0;
  /**
   * Those of views, by offset. A place that is viewed again, as those that are busy are, gets the one that it had: V8 counts
   * each new one as memory that was allocated, and collects garbage the more often.
   */
  readonly #places: Map<number, View> = new Map();
  #closed = false;

  /**
   * Maps the memory file behind a descriptor; without one, memory that is this process's alone.
   *
   * @throws CrucibleError HANDOFF_UNAVAILABLE when the system does not map it.
   */
  constructor(system: LinuxMemory, descriptor: number | undefined, bytes: number, writable: boolean) {
    this.#system = system;
    this.length = bytes;
    this.#protection = writable ? protRead | protWrite : protRead;
    const seals = descriptor === undefined ? sealShrink : system.fcntl(descriptor, fGetSeals, 0);
    if (seals < 0 || (seals & sealShrink) === 0) {
      throw new CrucibleError("HANDOFF_UNAVAILABLE", "a file that can get shorter is not mapped; seal it first");
    }
    this.#advice = descriptor === undefined ? madvDontNeed : madvRemove;
    const flags = descriptor === undefined ? mapPrivate | mapAnonymous : mapShared;
    const address = system.mmap(0n, bytes, this.#protection, flags, descriptor ?? -1);
    if (address === undefined) {
      throw new CrucibleError("HANDOFF_UNAVAILABLE", `${bytes} bytes cannot be mapped (errno ${system.errno()})`);
    }
    this.#address = address;
    // Memory of its own is in large pages where the system has such: 16 MiB are handed off in 5.5 to 6 ms instead of 6 to 6.8 (Node
    // 24, two pairs of processes with and without; no difference on Node 20). Only advice: what comes of it does not matter.
    if (descriptor === undefined) system.madvise(address, bytes, madvHugePage);
    this.#bytes = new Uint8Array(this.#makeView(0, bytes, undefined).buffer.deref()!);
  }

  map(): Uint8Array | undefined {
    return this.#bytes;
  }

  /** In an ArrayBuffer of its own, so that it is known when that has been collected. */
  view(offset: number, length: number, onLost: () => void): Uint8Array | undefined {
    if (this.#closed) return undefined;
    const place = this.#places.get(offset);
    const buffer = place?.length === length ? place.buffer.deref() : undefined;
    if (buffer !== undefined) {
      place!.onLost = onLost;
      return new Uint8Array(buffer);
    }
    const made = this.#makeView(offset, length, onLost);
    this.#places.set(offset, made);
    return new Uint8Array(made.buffer.deref()!);
  }

  clear(): void {
    if (!this.#closed) this.#system.madvise(this.#address, this.length, this.#advice);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#bytes = undefined;
    this.#system.mmap(this.#address, this.length, this.#protection, mapPrivate | mapAnonymous | mapFixed, -1);
    this.#collect();
  }

  #makeView(offset: number, length: number, onLost: (() => void) | undefined): View {
    const buffer = this.#system.view(this.#address + BigInt(offset), length);
    const view: View = { mapping: this, offset, length, buffer: new WeakRef(buffer), onLost };
    this.#views++;
    collected.register(buffer, view);
    return view;
  }

  /** @internal A view has been collected. */
  lost(view: View): void {
    if (this.#places.get(view.offset) === view) this.#places.delete(view.offset);
    this.#views--;
    this.#collect();
    view.onLost?.();
  }

  #collect(): void {
    if (this.#closed && this.#views === 0) this.#system.munmap(this.#address, this.length);
  }
}

interface View {
  readonly mapping: Mapping;
  readonly offset: number;
  readonly length: number;
  readonly buffer: WeakRef<ArrayBuffer>;
  onLost: (() => void) | undefined;
}

const collected = new FinalizationRegistry<View>((view) => view.mapping.lost(view));
