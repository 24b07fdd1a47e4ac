import { expect, test } from "vitest";
import { compressBlock, decompressBlock } from "../../runtime/typescript/src/compress/lz4.js";
import { openBlockTwin } from "../twin/lz4-twin.js";
import { mutate } from "./mutate.js";
import { fuzzIterations, fuzzSeed, Random } from "./random.js";

/** Bytes with runs, repetitions and noise. */
function text(random: Random): Uint8Array {
  const bytes: number[] = [];
  for (let parts = 1 + random.below(12); parts > 0; parts--) {
    const kind = random.below(3);
    const count = 1 + random.below(random.below(8) === 0 ? 700 : 40);
    const byte = random.below(256);
    const back = 1 + random.below(bytes.length + 1);
    for (let i = 0; i < count; i++) {
      bytes.push(kind === 0 ? byte : kind === 1 ? random.below(256) : (bytes[bytes.length - back] ?? 7));
    }
  }
  return Uint8Array.from(bytes);
}

test(
  "mutated blocks are opened as the readable decoder opens them, or refused as it refuses them",
  { timeout: 0 },
  () => {
    const seed = fuzzSeed();
    const random = new Random(seed);
    const outcomes = { opened: 0, refused: 0 };
    for (let left = fuzzIterations(20_000); left > 0; left--) {
      const bytes = text(random);
      const room = new Uint8Array(bytes.length + 300);
      const end = compressBlock(bytes, 0, bytes.length, room, 0, room.length);
      const block = mutate(room.slice(0, end), random, [room.slice(0, end), Uint8Array.of(0xff, 0xff, 0, 1, 0)]);
      let expected: Uint8Array | undefined;
      try {
        expected = openBlockTwin(block);
      } catch {
        expected = undefined;
      }
      // Between other bytes, none of which may be read or written.
      const source = new Uint8Array(block.length + 40).fill(random.below(256));
      source.set(block, 20);
      const memory = new Uint8Array((expected?.length ?? bytes.length) + 40).fill(0x5a);
      const target = memory.subarray(20, -20);
      const opened = decompressBlock(source, 20, 20 + block.length, target);
      const what = `seed ${seed}, block ${Buffer.from(block).toString("hex")}`;
      expect(opened, what).toBe(expected !== undefined);
      if (expected !== undefined) expect(Buffer.compare(target, expected), what).toBe(0);
      const around = [...memory.subarray(0, 20), ...memory.subarray(-20)];
      expect(
        around.every((byte) => byte === 0x5a),
        what,
      ).toBe(true);
      if (expected !== undefined) {
        expect(decompressBlock(source, 20, 20 + block.length, new Uint8Array(expected.length + 1)), what).toBe(false);
        outcomes.opened++;
      } else {
        outcomes.refused++;
      }
    }
    expect(Math.min(outcomes.opened, outcomes.refused)).toBeGreaterThan(100);
  },
);
