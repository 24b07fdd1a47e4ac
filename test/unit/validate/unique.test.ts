import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUnique, isUniqueBytes } from "../../../runtime/typescript/src/validate/unique.js";

/** Lists on both sides of the length from which on items are hashed. */
const lengths = { maxLength: 40 };

describe("isUnique", () => {
  it("compares each item with each", () => {
    const items = fc.oneof(
      fc.nat({ max: 200 }),
      fc.constantFrom(Number.NaN, 0, -0, Infinity),
      fc.string({ maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(items, lengths), (list) => {
        expect(isUnique(list)).toBe(!list.some((item, i) => list.some((other, j) => j < i && item === other)));
      }),
    );
  });

  it("takes every NaN for another, and -0 for 0", () => {
    for (const filler of [[], Array.from({ length: 20 }, (_, i) => i + 1)]) {
      expect(isUnique([Number.NaN, Number.NaN, ...filler])).toBe(true);
      expect(isUnique([0, ...filler, -0])).toBe(false);
    }
  });
});

describe("isUniqueBytes", () => {
  it("compares what the items hold", () => {
    const items = fc.uint8Array({ max: 3, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(items, lengths), (list) => {
        expect(isUniqueBytes(list)).toBe(new Set(list.map(String)).size === list.length);
      }),
    );
  });

  it("looks at long items whole", () => {
    const list = Array.from({ length: 20 }, (_, i) => new Uint8Array(20_000).fill(1, i + 19_000));
    expect(isUniqueBytes(list)).toBe(true);
    expect(isUniqueBytes([...list, list[3]!.slice()])).toBe(false);
  });

  it("is not misled by many items alike", () => {
    const list = Array.from({ length: 100_000 }, (_, i) => Uint8Array.of(i >> 16, i >> 8, i, 0, 0, 0, 0, 0));
    expect(isUniqueBytes(list)).toBe(true);
  });
});
