import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compressBlock, decompressBlock, maxExpansion } from "../../../runtime/typescript/src/compress/lz4.js";
import { openBlockTwin } from "../../twin/lz4-twin.js";

interface Vectors {
  readonly valid: readonly { name: string; block: string; bytes?: string; repeat?: readonly [string, number] }[];
  readonly invalid: readonly { name: string; block: string; size: number }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../golden/vectors/lz4.json", import.meta.url), "utf8"),
) as Vectors;
const unhex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const bytesOf = ({ bytes, repeat }: Vectors["valid"][number]): Uint8Array =>
  bytes === undefined ? unhex(repeat![0].repeat(repeat![1])) : unhex(bytes);

/** The bytes of a block that yields `size` of them, or undefined. The block lies between other bytes. */
function open(block: Uint8Array, size: number): Uint8Array | undefined {
  const padded = new Uint8Array(block.length + 20).fill(0x11);
  padded.set(block, 10);
  const target = new Uint8Array(size);
  return decompressBlock(padded, 10, 10 + block.length, target) ? target : undefined;
}

/** The block of `bytes`, which lie between others, and must not touch what lies around it. */
function compress(bytes: Uint8Array): Uint8Array {
  const source = new Uint8Array(bytes.length + 20).fill(0x22);
  source.set(bytes, 10);
  const limit = 8 + bytes.length + Math.ceil(bytes.length / 255) + 16;
  const target = new Uint8Array(limit + 8).fill(0x33);
  const end = compressBlock(source, 10, 10 + bytes.length, target, 8, limit);
  expect(end).toBeGreaterThan(8);
  expect([...target.subarray(0, 8), ...target.subarray(limit)].every((byte) => byte === 0x33)).toBe(true);
  return target.slice(8, end);
}

const same = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.compare(one, other) === 0;

describe("blocks of the reference implementation", () => {
  test.each(vectors.valid)("$name", (vector) => {
    const bytes = bytesOf(vector);
    const block = unhex(vector.block);
    expect(same(open(block, bytes.length), bytes)).toBe(true);
    expect(open(block, bytes.length + 1)).toBeUndefined();
    expect(open(block, bytes.length - 1)).toBeUndefined();
    expect(same(open(compress(bytes), bytes.length), bytes)).toBe(true);
    // Not the same blocks, but about as short.
    expect(compress(bytes).length).toBeLessThanOrEqual(1.25 * block.length + 8);
  });

  test.each(vectors.invalid)("refused: $name", ({ block, size }) => {
    expect(open(unhex(block), size)).toBeUndefined();
  });
});

/** Bytes with as much repetition as messages have: runs, copies of what was before, and noise. */
const texts: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.record({ byte: fc.nat(255), count: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ back: fc.integer({ min: 1, max: 66_000 }), count: fc.integer({ min: 1, max: 400 }) }),
      fc.constant("a word that comes again "),
    ),
    { maxLength: 60 },
  )
  .map((parts) => {
    const bytes: number[] = [];
    for (const part of parts) {
      if (typeof part === "string") bytes.push(...Buffer.from(part));
      else if (part instanceof Uint8Array) bytes.push(...part);
      else if ("byte" in part) for (let i = 0; i < part.count; i++) bytes.push(part.byte);
      else for (let i = 0; i < part.count; i++) bytes.push(bytes[bytes.length - part.back] ?? 0);
    }
    return Uint8Array.from(bytes.slice(0, 65_492));
  });

describe("whatever the bytes", () => {
  test("they come back, here and by the readable decoder", () => {
    fc.assert(
      fc.property(texts, (bytes) => {
        const block = compress(bytes);
        expect(same(open(block, bytes.length), bytes)).toBe(true);
        expect(same(openBlockTwin(block), bytes)).toBe(true);
        expect(bytes.length).toBeLessThanOrEqual(maxExpansion * block.length);
      }),
      { seed: 20_261_122, numRuns: 300 },
    );
  });

  test("a block that does not fit is none, and writes nothing behind its limit", () => {
    fc.assert(
      fc.property(texts, (bytes) => {
        const block = compress(bytes);
        for (const limit of [block.length - 1, block.length >> 1, 1, 0]) {
          const target = new Uint8Array(block.length + 4).fill(0x33);
          expect(compressBlock(bytes, 0, bytes.length, target, 0, limit)).toBe(-1);
          expect(target.subarray(limit).every((byte) => byte === 0x33)).toBe(true);
        }
      }),
      { seed: 20_261_122, numRuns: 100 },
    );
  });

  test("the format's rules for its end hold: five literals last, and no match in the last twelve bytes", () => {
    for (let size = 13; size < 80; size++) {
      const block = compress(new Uint8Array(size));
      const lastLiterals = block.length - 1 - block.lastIndexOf(0x50);
      expect(lastLiterals).toBeGreaterThanOrEqual(5);
    }
  });
});
