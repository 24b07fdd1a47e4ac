import fc from "fast-check";
import { expect, test } from "vitest";
import { Extents, pageBytes } from "../../../runtime/typescript/src/arena/extents.js";

const pages = 64;
const most = 12;

/** The same by a list of pages, each with the number of the extent that has it. */
class NaiveExtents {
  readonly #owner: (number | undefined)[] = Array.from({ length: pages }, () => undefined);
  readonly #taken: Set<number> = new Set();

  get count(): number {
    return this.#taken.size;
  }

  take(bytes: number): number {
    if (this.#taken.size >= most) return -1;
    const need = Math.ceil(bytes / pageBytes);
    for (let first = 0; first + need <= pages; first++) {
      if (this.#owner.slice(first, first + need).some((owner) => owner !== undefined)) continue;
      this.#owner.fill(first, first, first + need);
      this.#taken.add(first);
      return first * pageBytes;
    }
    return -1;
  }

  trim(offset: number, bytes: number): void {
    const first = offset / pageBytes;
    const kept = first + Math.ceil(bytes / pageBytes);
    this.#owner.forEach((owner, page) => {
      if (owner === first && page >= kept) this.#owner[page] = undefined;
    });
  }

  free(offset: number): boolean {
    const first = offset / pageBytes;
    if (!this.#taken.delete(first)) return false;
    this.#owner.forEach((owner, page) => {
      if (owner === first) this.#owner[page] = undefined;
    });
    return true;
  }
}

const bytes = fc.oneof(
  fc.integer({ min: 1, max: 6 * pageBytes }),
  fc.integer({ min: 1, max: pages * pageBytes }),
  fc.constantFrom(pageBytes, pageBytes - 1, pageBytes + 1, pages * pageBytes, pages * pageBytes + 1),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("take" as const), bytes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("free" as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("trim" as const), which: fc.nat(30), bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stray" as const), page: fc.nat(pages) }) },
);

test("extents are given out as by a list of pages, whatever is taken, trimmed and freed", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const extents = new Extents(pages * pageBytes + 100, most);
      const naive = new NaiveExtents();
      const live: number[] = [];
      for (const one of steps) {
        if (one.kind === "take") {
          const offset = extents.take(one.bytes);
          expect(offset).toBe(naive.take(one.bytes));
          if (offset >= 0) live.push(offset);
        } else if (one.kind === "stray") {
          // What was never given out, or is free, is not freed.
          if (live.includes(one.page * pageBytes)) continue;
          expect(extents.free(one.page * pageBytes)).toBe(naive.free(one.page * pageBytes));
        } else if (live.length > 0) {
          const index = one.which % live.length;
          const offset = live[index]!;
          if (one.kind === "trim") {
            extents.trim(offset, one.bytes);
            naive.trim(offset, one.bytes);
          } else {
            live.splice(index, 1);
            expect(extents.free(offset)).toBe(true);
            naive.free(offset);
          }
        }
        expect(extents.count).toBe(naive.count);
      }
      // All of it is there again, in one piece.
      for (const offset of live) extents.free(offset);
      expect(extents.take(pages * pageBytes)).toBe(0);
    }),
    { numRuns: 400 },
  );
});
