import { closeSync } from "node:fs";
import type { ArenaPair } from "../arena/arena.js";
import { loadLinuxMemory } from "../arena/node/linux-memory.js";
import { MappedReader } from "../arena/node/mapped-reader.js";
import { Mapping } from "../arena/node/mapping.js";
import { createMemoryFile } from "../arena/node/memfd.js";

/** Names of the two in a ticket, in the order of their descriptors. PROTOCOL.md, "Launch". */
export const arenaNames = ["arena-to-plugin", "arena-to-daemon"] as const;

/** The memory that a daemon shares with one process that it launches: an arena for each direction. */
export class LaunchArenas {
  readonly pair: ArenaPair;
  /** What the process inherits; closed here once it has. */
  readonly descriptors: readonly number[];
  #inherited = false;

  /** @throws CrucibleError HANDOFF_UNAVAILABLE. */
  constructor(bytes: number) {
    const descriptors: number[] = [];
    const create = (): number => {
      const descriptor = createMemoryFile(bytes);
      descriptors.push(descriptor);
      return descriptor;
    };
    let outgoing: Mapping | undefined;
    try {
      outgoing = new Mapping(loadLinuxMemory(), create(), bytes, true);
      this.pair = { outgoing, incoming: new MappedReader(create(), bytes) };
    } catch (error) {
      outgoing?.close();
      for (const descriptor of descriptors) closeSync(descriptor);
      throw error;
    }
    this.descriptors = descriptors;
  }

  /** The process has been started, or will not be. */
  closeDescriptors(): void {
    if (this.#inherited) return;
    this.#inherited = true;
    for (const descriptor of this.descriptors) closeSync(descriptor);
  }

  /** May be called twice, and after the session that uses them has closed them. */
  close(): void {
    this.closeDescriptors();
    this.pair.outgoing.close();
    this.pair.incoming.close();
  }
}
