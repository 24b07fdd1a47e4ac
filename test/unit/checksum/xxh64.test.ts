import { assert, nat, property } from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { buildXxh64Module, xxh64ModuleSource } from "../../../runtime/typescript/scripts/xxh64-module.js";
import {
  verifyChecksumByScript,
  writeChecksumByScript,
} from "../../../runtime/typescript/src/checksum/xxh64-script.js";
import { windowBytes, xxh64Module } from "../../../runtime/typescript/src/checksum/xxh64-wasm.js";
import { verifyChecksum, writeChecksum } from "../../../runtime/typescript/src/checksum/xxh64.js";

/** Bytes that look random and are the same in every run. */
function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

/** The digest that both ways give of bytes[start, end), in hex; fails when they differ. */
function digest(bytes: Uint8Array, start: number, end: number): string {
  const byModule = bytes.slice();
  const byScript = bytes.slice();
  writeChecksum(byModule, start, end);
  writeChecksumByScript(byScript, start, end);
  // Not toEqual, which takes seconds for a megabyte.
  expect(Buffer.compare(byModule, byScript)).toBe(0);
  expect(Buffer.compare(byModule.subarray(0, end), bytes.subarray(0, end))).toBe(0);
  expect(Buffer.compare(byModule.subarray(end + 8), bytes.subarray(end + 8))).toBe(0);
  expect(verifyChecksum(byScript, start, end)).toBe(true);
  expect(verifyChecksumByScript(byModule, start, end)).toBe(true);
  return Buffer.from(byModule.subarray(end, end + 8)).toString("hex");
}

describe("writeChecksum", () => {
  it("agrees with its twin for every length from 0 to 700, wherever the bytes lie", () => {
    const bytes = noise(800);
    const seen = new Set<string>();
    for (let length = 0; length <= 700; length++) seen.add(digest(bytes, length % 13, (length % 13) + length));
    expect(seen.size).toBe(701);
  });

  it("agrees with its twin around each multiple of the window", () => {
    const bytes = noise(3 * windowBytes + 100);
    for (const windows of [1, 2, 3]) {
      for (const offset of [-33, -32, -1, 0, 1, 4, 31, 32, 33, 63])
        digest(bytes, 3, 3 + windows * windowBytes + offset);
    }
  });

  it("agrees with its twin on random lengths up to 1 MiB", () => {
    const bytes = noise(1_048_576 + 64);
    assert(
      property(nat(32), nat(1_048_576), (start, length) => void digest(bytes, start, start + length)),
      { numRuns: 30 },
    );
  });

  it("depends on nothing but the bytes, whatever was hashed before", () => {
    const long = noise(200_000);
    const short = noise(40);
    const before = digest(short, 0, 32);
    digest(long, 0, 199_000);
    expect(digest(short, 0, 32)).toBe(before);
    expect(digest(long, 0, 100_000)).toBe(digest(long.slice(0, 100_008), 0, 100_000));
  });
});

describe("verifyChecksum", () => {
  it("notices any flipped bit, in the bytes and in the digest", () => {
    const bytes = noise(100);
    writeChecksum(bytes, 5, 85);
    for (let bit = 5 * 8; bit < 93 * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifyChecksum(bytes, 5, 85)).toBe(false);
      expect(verifyChecksumByScript(bytes, 5, 85)).toBe(false);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(verifyChecksum(bytes, 5, 85)).toBe(true);
  });
});

describe("the embedded module", () => {
  it("is what its source makes", async () => {
    expect(Buffer.from(xxh64Module, "base64")).toEqual(Buffer.from(buildXxh64Module()));
    await expect(xxh64ModuleSource()).toMatchFileSnapshot("../../../runtime/typescript/src/checksum/xxh64-wasm.ts");
  });

  it("has a memory that cannot grow", () => {
    // Its declarations come with those of a browser only.
    const { WebAssembly: api } = globalThis as unknown as {
      WebAssembly: {
        Module: new (bytes: Uint8Array) => object;
        Instance: new (module: object) => {
          exports: { memory: { buffer: ArrayBuffer; grow(pages: number): number } };
        };
      };
    };
    const { memory } = new api.Instance(new api.Module(buildXxh64Module())).exports;
    expect(memory.buffer.byteLength).toBe(131_072 + 33_554_432);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });
});

function refuse(): never {
  throw new Error("unsafe-eval is not allowed");
}

describe("a platform without WebAssembly", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each([
    ["absent", undefined],
    ["forbidden", { Module: vi.fn(refuse), Instance: vi.fn(refuse) }],
  ])("gets the same digests when it is %s", async (_, api) => {
    vi.stubGlobal("WebAssembly", api);
    vi.resetModules();
    const fresh = await import("../../../runtime/typescript/src/checksum/xxh64.js");
    const bytes = noise(1000);
    const expected = digest(bytes, 0, 900);
    fresh.writeChecksum(bytes, 0, 900);
    expect(Buffer.from(bytes.subarray(900, 908)).toString("hex")).toBe(expected);
    expect(fresh.verifyChecksum(bytes, 0, 900)).toBe(true);
    bytes[0]! ^= 1;
    expect(fresh.verifyChecksum(bytes, 0, 900)).toBe(false);
  });
});
