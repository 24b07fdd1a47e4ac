import { expect, test } from "vitest";
import {
  frameAddress,
  giveFrameBlock,
  takeFrameBlock,
} from "../../../../runtime/typescript/src/checksum/frame-memory.js";
import { RestingArena } from "../../../../runtime/typescript/src/transport/node/resting-arena.js";
import { ManualClock } from "../../../suites/manual-clock.js";

/** Puts `size` bytes of `value` where the arena reads next, as the platform does. */
function read(arena: RestingArena, size: number, value: number): Uint8Array {
  arena.room().fill(value, 0, size);
  const chunk = arena.take(size);
  arena.keep(0);
  return chunk;
}

/** Where something lies; buffers are not handed to `expect`, which would print them whole. */
function share(one: Uint8Array, other: Uint8Array): boolean {
  return one.buffer === other.buffer && one.byteOffset === other.byteOffset;
}

test("connections at rest share what they read into, and nothing of what they have read", () => {
  const [one, two] = [new RestingArena(true), new RestingArena(true)];
  expect(share(one.room(), two.room())).toBe(true);
  const chunks = [1, 2, 3, 4].map((value) => read(value % 2 === 0 ? one : two, 100, value));
  expect(chunks.map((chunk) => [chunk.length, chunk[0], chunk[99]])).toEqual(
    [1, 2, 3, 4].map((one) => [100, one, one]),
  );
  expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(4);
});

test("one that reads often, or much, has an arena of its own, until it is calm", () => {
  const clock = new ManualClock();
  const other = new RestingArena(true, clock);
  const often = new RestingArena(true, clock);
  for (let i = 0; i < 500; i++) {
    expect(share(often.room(), other.room())).toBe(true);
    read(often, 10, i);
  }
  const own = frameAddress(often.room());
  expect(own).toBeGreaterThanOrEqual(0);
  const addresses = [read(often, 10, 1), read(often, 10, 2)].map(frameAddress);
  expect(addresses).toEqual([own, own]);

  const much = new RestingArena(true, clock);
  much.room().fill(1, 0, 16_384);
  much.take(16_384);
  // Those bytes were copied: the arena that it has from now on has given nothing away.
  much.keep(Infinity);
  expect(frameAddress(much.room())).toBeGreaterThanOrEqual(0);
  read(much, 16_384, 1);
  expect(share(much.room(), other.room())).toBe(false);

  // Still 250 a second: busy.
  clock.advance(2_000);
  for (let i = 0; i < 8; i++) read(often, 10, 1);
  expect(frameAddress(often.room())).toBe(own);
  clock.advance(2_000);
  for (let i = 0; i < 8; i++) expect(read(often, 10, 7)[9]).toBe(7);
  expect(share(often.room(), other.room())).toBe(true);
  // What it had is free for another.
  const blocks: Uint8Array[] = [];
  for (let block = takeFrameBlock(); block !== undefined; block = takeFrameBlock()) blocks.push(block);
  expect(blocks.map(frameAddress)).toContain(own);
  for (const block of blocks) giveFrameBlock(block);
});

test("one that is calm keeps its arena as long as bytes of it are needed", () => {
  const clock = new ManualClock();
  const arena = new RestingArena(true, clock);
  const other = new RestingArena(true, clock);
  read(arena, 16_384, 1);
  clock.advance(2_000);
  read(arena, 16_384, 1);
  for (const needed of [5, 7, 0]) {
    clock.advance(2_000);
    for (let i = 0; i < 8; i++) {
      arena.room().fill(2, 0, 10);
      arena.take(10);
      arena.keep(needed);
    }
    expect(share(arena.room(), other.room())).toBe(needed === 0);
  }
});

test("some reads a second make nobody busy", () => {
  const clock = new ManualClock();
  const [other, quiet] = [new RestingArena(true, clock), new RestingArena(true, clock)];
  for (let i = 0; i < 2_000; i++) {
    clock.advance(10);
    read(quiet, 60, i);
  }
  expect(share(quiet.room(), other.room())).toBe(true);
});

test("where reads are under way ahead of time, each has an arena of its own", () => {
  expect(share(new RestingArena(false).room(), new RestingArena(false).room())).toBe(false);
});
