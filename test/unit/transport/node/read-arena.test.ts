import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  frameAddress,
  frameBlockBytes,
  giveFrameBlock,
  takeFrameBlock,
} from "../../../../runtime/typescript/src/checksum/frame-memory.js";
import { framesOffset } from "../../../../runtime/typescript/src/checksum/xxh64-wasm.js";
import { ReadArena } from "../../../../runtime/typescript/src/transport/node/read-arena.js";

/** Reads of these sizes at most, and how much of what was given the reader then needs: a share, or all for good. */
const reads = fc.array(
  fc.record({
    most: fc.integer({ min: 1, max: 262_144 }),
    needed: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 70_000 }) },
      { weight: 1, arbitrary: fc.constant(Infinity) },
    ),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Fills a view with what nobody else writes; `value` counts reads. */
function stamp(view: Uint8Array, value: number): void {
  view.fill(value % 251);
}

describe("memory that reads land in", () => {
  test("is never written again while it is needed", () => {
    fc.assert(
      fc.property(reads, (steps) => {
        const arena = new ReadArena();
        const blocks = new Set<number>();
        /** What is needed for good, and of the rest the last bytes that were given. */
        const forGood: { view: Uint8Array; value: number }[] = [];
        let given: { view: Uint8Array; value: number }[] = [];
        for (const [value, { most, needed }] of steps.entries()) {
          const room = arena.room();
          blocks.add(blockOf(room));
          expect(room.length).toBeGreaterThanOrEqual(16_384);
          const count = Math.min(most, room.length);
          stamp(room.subarray(0, count), value);
          const chunk = arena.take(count);
          expect(chunk.byteOffset).toBe(room.byteOffset);
          given.push({ view: chunk, value });
          if (needed === Infinity) {
            forGood.push(...given);
            given = [];
          } else {
            // The reader copies what does not lie right before: as a frame that begins before a jump.
            let left = Math.min(needed, contiguous(given));
            arena.keep(left);
            const still: typeof given = [];
            for (const one of given.toReversed()) {
              if (left === 0) break;
              const from = Math.max(0, one.view.length - left);
              still.unshift({ view: one.view.subarray(from), value: one.value });
              left -= one.view.length - from;
            }
            given = still;
          }
          if (needed === Infinity) arena.keep(Infinity);
          for (const one of [...forGood, ...given]) {
            expect(one.view.every((byte) => byte === one.value % 251)).toBe(true);
          }
        }
        arena.release();
        giveBackKept(blocks);
      }),
      { numRuns: 60 },
    );
  });

  test("stays the same, where nothing is needed", () => {
    const arena = new ReadArena();
    const places = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      const room = arena.room();
      expect(frameAddress(room)).toBeGreaterThanOrEqual(0);
      places.add(blockOf(room));
      arena.take(Math.min(room.length, 100_000));
      arena.keep(i % 3 === 0 ? 60_000 : 0);
    }
    expect(places.size).toBe(1);
    arena.release();
  });

  test("is the same bytes for short reads of which nothing is needed, and the next ones behind what is", () => {
    const arena = new ReadArena();
    const room = arena.room();
    for (const count of [100, 100, 70, 100]) {
      const chunk = arena.take(count);
      expect([chunk.length, chunk.byteOffset]).toEqual([count, room.byteOffset]);
      arena.keep(0);
      expect(arena.room().byteOffset).toBe(room.byteOffset);
      expect(arena.room().length).toBe(room.length);
    }
    arena.take(50);
    arena.keep(10);
    expect(arena.room().byteOffset).toBe(room.byteOffset + 50);
    arena.take(20);
    arena.keep(0);
    expect(arena.room().byteOffset).toBe(room.byteOffset);
    // Much was read: there may be more, and room for it is made as before.
    arena.take(room.length);
    arena.keep(0);
    expect(arena.room().length).toBeGreaterThanOrEqual(room.length);
    arena.release();
  });

  test("is its own where all blocks are taken, and gives back what it had", () => {
    const blocks: Uint8Array[] = [];
    for (let block = takeFrameBlock(); block !== undefined; block = takeFrameBlock()) blocks.push(block);
    try {
      const arena = new ReadArena();
      const buffers = new Set<ArrayBufferLike>();
      for (let i = 0; i < 1000; i++) {
        const room = arena.room();
        buffers.add(room.buffer);
        arena.take(Math.min(room.length, 100_000));
        arena.keep(i % 3 === 0 ? 60_000 : 0);
      }
      // 64, 128 and 256 KiB.
      expect(buffers.size).toBe(3);
      giveFrameBlock(blocks.pop()!);
      for (let round = 0; round < 3; round++) {
        const another = new ReadArena();
        expect(frameAddress(another.room())).toBeGreaterThanOrEqual(0);
        expect(takeFrameBlock()).toBeUndefined();
        another.release();
      }
    } finally {
      for (const block of blocks) giveFrameBlock(block);
    }
  });

  test("goes to another block while the last bytes of the first are needed, and gives that back", () => {
    const arena = new ReadArena();
    const first = frameAddress(arena.take(arena.room().length));
    arena.keep(200_000);
    const second = frameAddress(arena.room());
    expect(Math.abs(second - first)).toBeGreaterThanOrEqual(frameBlockBytes);
    arena.take(10);
    // The first is still in use: whoever takes another block gets a third.
    const third = takeFrameBlock()!;
    expect(third.byteOffset).not.toBe(first);
    arena.keep(0);
    const again = takeFrameBlock()!;
    expect(again.byteOffset).toBe(first);
    for (const block of [third, again]) giveFrameBlock(block);
    arena.release();
  });
});

/** The number of the block that a view lies in; below 0 for one that lies in none. */
function blockOf(view: Uint8Array): number {
  return Math.floor((frameAddress(view) - framesOffset) / frameBlockBytes);
}

/** Gives back the blocks of these that nobody else did, since bytes of them were kept for good: the next runs have as many. */
function giveBackKept(blocks: ReadonlySet<number>): void {
  const free: Uint8Array[] = [];
  for (let block = takeFrameBlock(); block !== undefined; block = takeFrameBlock()) free.push(block);
  const numbers = new Set(free.map(blockOf));
  const { buffer } = free[0]!;
  for (const number of blocks) {
    if (number < 0 || numbers.has(number)) continue;
    giveFrameBlock(new Uint8Array(buffer, framesOffset + number * frameBlockBytes, frameBlockBytes));
  }
  for (const block of free) giveFrameBlock(block);
}

/** How many of the last bytes given follow one another in one buffer. */
function contiguous(given: readonly { readonly view: Uint8Array }[]): number {
  let count = 0;
  let next: Uint8Array | undefined;
  for (const { view } of given.toReversed()) {
    if (next !== undefined && (view.buffer !== next.buffer || view.byteOffset + view.length !== next.byteOffset)) break;
    count += view.length;
    next = view;
  }
  return count;
}
