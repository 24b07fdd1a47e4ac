import { CrucibleError } from "../../error/index.js";
import { maxRegions } from "../limits.js";

/** A region that the peer has announced. */
export interface IncomingRegion {
  readonly offset: number;
  readonly length: number;
}

/** What is to be known of a received message to release its region. */
export interface Held {
  readonly region: IncomingRegion;
  /** The message has been copied, or is viewed, and somebody has yet to be done with it. */
  state: "announced" | "copied" | "held" | "viewed";
}

/** What a HANDOFF frame names, as it came. */
export interface AnnouncedRegion {
  readonly arena: number;
  readonly offset: bigint;
  readonly length: number;
}

/** The regions of the peer's arena that this side has not acknowledged. What the peer says of them is checked here. */
export class IncomingRegions {
  readonly #arena: number;
  readonly #arenaBytes: number;
  /** By offset; no two overlap. */
  readonly #live: IncomingRegion[] = [];

  /** `arena` is the number of the one that the peer writes. */
  constructor(arena: number, arenaBytes: number) {
    this.#arena = arena;
    this.#arenaBytes = arenaBytes;
  }

  get count(): number {
    return this.#live.length;
  }

  /** The peer has announced a region. @throws CrucibleError BAD_HANDOFF. */
  add({ arena, offset, length }: AnnouncedRegion): IncomingRegion {
    if (arena !== this.#arena) throw bad(`names arena ${arena}; the one of this direction is ${this.#arena}`);
    if (length === 0) throw bad("names an empty region; send the body in the frame");
    // Compared as they are: an offset of 64 bits may be more than a number holds.
    if (offset + BigInt(length) > BigInt(this.#arenaBytes)) {
      throw bad(`names ${length} bytes at ${offset} of an arena of ${this.#arenaBytes}; stay within it`);
    }
    if (this.#live.length >= maxRegions) {
      throw bad(`names one region more than the ${maxRegions} that may be live; wait until some are acknowledged`);
    }
    const region = { offset: Number(offset), length };
    const index = this.#indexOf(region.offset);
    const before = this.#live[index - 1];
    const behind = this.#live[index];
    if (
      (before !== undefined && before.offset + before.length > region.offset) ||
      (behind !== undefined && region.offset + length > behind.offset)
    ) {
      throw bad(`names ${length} bytes at ${offset} that a live region has; wait until it is acknowledged`);
    }
    this.#live.splice(index, 0, region);
    return region;
  }

  /** A region is done with; false when it was before. */
  delete(region: IncomingRegion): boolean {
    const index = this.#indexOf(region.offset);
    if (this.#live[index] !== region) return false;
    this.#live.splice(index, 1);
    return true;
  }

  /** Forgets all but these. */
  retain(regions: ReadonlySet<IncomingRegion>): void {
    const kept = this.#live.filter((region) => regions.has(region));
    this.#live.splice(0, this.#live.length, ...kept);
  }

  /** Where a region at `offset` is, or would be. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#live.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#live[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The error of every region that cannot be. */
export function bad(fact: string): CrucibleError {
  return new CrucibleError("BAD_HANDOFF", `a HANDOFF frame ${fact}`);
}
