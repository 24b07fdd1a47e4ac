import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verifyChecksumByScript, writeChecksumByScript } from "../../runtime/typescript/src/checksum/xxh64-script.js";
import { verifyChecksum, writeChecksum } from "../../runtime/typescript/src/checksum/xxh64.js";

interface Vectors {
  readonly vectors: readonly { readonly length: number; readonly digest: string; readonly source: string }[];
}

const file = new URL("../../golden/vectors/checksum.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as Vectors;

function generatedBuffer(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 2654435761n;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(state >> 56n);
    state = BigInt.asUintN(64, state * 11400714785074694797n);
  }
  return bytes;
}

const longest = Math.max(...vectors.map((vector) => vector.length));
const buffer = generatedBuffer(longest);

describe("the public XXH64 vectors", () => {
  it("cover the sanity test of xxHash and both sides of each boundary", () => {
    expect(vectors.filter((vector) => vector.source === "sanity").map((vector) => vector.length)).toEqual([
      0, 1, 4, 14, 222,
    ]);
    expect(vectors.length).toBeGreaterThan(40);
  });

  for (const { length, digest, source } of vectors) {
    it(`${length} bytes (${source})`, () => {
      for (const write of [writeChecksum, writeChecksumByScript]) {
        const bytes = new Uint8Array(length + 8);
        bytes.set(buffer.subarray(0, length));
        write(bytes, 0, length);
        expect(Buffer.from(bytes.subarray(length)).toString("hex")).toBe(digest);
        expect(verifyChecksum(bytes, 0, length)).toBe(true);
        expect(verifyChecksumByScript(bytes, 0, length)).toBe(true);
      }
    });
  }
});
