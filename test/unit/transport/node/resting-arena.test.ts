import { expect, test } from "vitest";
import { RestingArena } from "../../../../runtime/typescript/src/transport/node/resting-arena.js";
import { ManualClock } from "../../../suites/manual-clock.js";

/** Puts `size` bytes of `value` where the arena reads next, as the platform does. */
function read(arena: RestingArena, size: number, value: number): Uint8Array {
  arena.room().fill(value, 0, size);
  return arena.take(size);
}

test("connections at rest share what they read into, and nothing of what they have read", () => {
  const [one, two] = [new RestingArena(true), new RestingArena(true)];
  expect(one.room().buffer).toBe(two.room().buffer);
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
    expect(often.room().buffer).toBe(other.room().buffer);
    read(often, 10, i);
  }
  const own = often.room().buffer;
  expect(own).not.toBe(other.room().buffer);
  const [before, after] = [read(often, 10, 1), read(often, 10, 2)];
  expect([before.buffer, after.buffer, after.byteOffset]).toEqual([own, own, before.byteOffset + 10]);

  const much = new RestingArena(true, clock);
  read(much, 16_384, 1);
  expect(much.room().buffer).not.toBe(other.room().buffer);

  // Still 250 a second: busy.
  clock.advance(2_000);
  read(often, 10, 1);
  expect(often.room().buffer).toBe(own);
  clock.advance(2_000);
  expect(read(often, 10, 7)[9]).toBe(7);
  expect(often.room().buffer).toBe(other.room().buffer);
});

test("some reads a second make nobody busy", () => {
  const clock = new ManualClock();
  const [other, quiet] = [new RestingArena(true, clock), new RestingArena(true, clock)];
  for (let i = 0; i < 2_000; i++) {
    clock.advance(10);
    read(quiet, 60, i);
  }
  expect(quiet.room().buffer).toBe(other.room().buffer);
});

test("where reads are under way ahead of time, each has an arena of its own", () => {
  expect(new RestingArena(false).room().buffer).not.toBe(new RestingArena(false).room().buffer);
});
