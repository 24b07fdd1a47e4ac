import { describe, expect, test } from "vitest";
import {
  answerOverheadBytes,
  AnswerSpace,
  resolveCacheBytes,
} from "../../../../runtime/typescript/src/rpc/cache/answer-space.js";
import { ManualClock } from "../../../suites/manual-clock.js";

const clock = (): ManualClock => new ManualClock();
const body = (size: number): Uint8Array => new Uint8Array(size).fill(7);
/** What an answer of `size` bytes under a key of one character counts. */
const cost = (size: number): number => answerOverheadBytes + 1 + size;

describe("a shelf", () => {
  test("gives back what it was given, until its time is over", () => {
    const time = clock();
    const shelf = new AnswerSpace(time).shelf(10_000);
    shelf.set("a", body(5), 100);
    expect(shelf.get("a")).toEqual(body(5));
    expect(shelf.get("b")).toBeUndefined();
    time.advance(99);
    expect(shelf.get("a")).toEqual(body(5));
    time.advance(1);
    expect(shelf.get("a")).toBeUndefined();
  });

  test("makes room by what was used longest ago", () => {
    const shelf = new AnswerSpace(clock()).shelf(3 * cost(10));
    for (const key of ["a", "b", "c"]) shelf.set(key, body(10), 1_000);
    expect(shelf.get("a")).toBeDefined();
    shelf.set("d", body(10), 1_000);
    expect(["a", "b", "c", "d"].filter((key) => shelf.get(key) !== undefined)).toEqual(["a", "c", "d"]);
  });

  test("does not keep what is too large, and drops what that replaces", () => {
    const space = new AnswerSpace(clock());
    const shelf = space.shelf(cost(10));
    shelf.set("a", body(10), 1_000);
    shelf.set("a", body(11), 1_000);
    expect(shelf.get("a")).toBeUndefined();
    expect(space.bytes).toBe(0);
  });

  test("overwrites what it lets go of where that is asked for", () => {
    const time = clock();
    const shelf = new AnswerSpace(time).shelf(2 * cost(4), true);
    const bodies = [1, 2, 3, 4].map(() => body(4));
    const [replaced, displaced, expired, cleared] = bodies as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    shelf.set("a", replaced, 10);
    shelf.set("a", displaced, 10);
    shelf.set("b", expired, 10);
    shelf.set("c", cleared, 100_000);
    expect([displaced[0], expired[0]]).toEqual([0, 7]);
    time.advance(2_000);
    expect([expired[0], cleared[0]]).toEqual([0, 7]);
    shelf.clear();
    expect(bodies).toEqual(bodies.map(() => new Uint8Array(4)));
  });
});

describe("a space", () => {
  test("bounds all shelves together, and takes from whichever was idle longest", () => {
    const space = new AnswerSpace(clock(), 3 * cost(10));
    const [first, second] = [space.shelf(1e6), space.shelf(1e6)];
    first.set("a", body(10), 1_000);
    second.set("a", body(10), 1_000);
    first.set("b", body(10), 1_000);
    first.get("a");
    second.set("b", body(10), 1_000);
    expect(space.bytes).toBe(3 * cost(10));
    expect([first.get("a"), first.get("b"), second.get("a"), second.get("b")].map((one) => one !== undefined)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test("lets go of what has expired although nobody asks, and has no timer when it is empty", () => {
    const time = clock();
    const space = new AnswerSpace(time);
    const shelf = space.shelf(1e6);
    shelf.set("long", body(10), 60_000);
    shelf.set("short", body(10), 10);
    time.advance(1_000);
    expect(space.bytes).toBe(answerOverheadBytes + 4 + 10);
    time.advance(59_000);
    expect(space.bytes).toBe(0);
    expect(time.pending).toBe(0);
    shelf.set("again", body(10), 60_000);
    shelf.clear();
    expect(time.pending).toBe(0);
  });

  test("of no bytes keeps nothing", () => {
    const shelf = new AnswerSpace(clock(), 0).shelf(1e6);
    shelf.set("a", body(0), 1_000);
    expect(shelf.get("a")).toBeUndefined();
  });
});

test("the option cacheBytes is a whole number", () => {
  expect(resolveCacheBytes()).toBe(67_108_864);
  expect(resolveCacheBytes(0)).toBe(0);
  for (const wrong of [-1, 0.5, Number.NaN, Infinity, "1" as never]) {
    expect(() => resolveCacheBytes(wrong)).toThrow(/cacheBytes is/);
  }
});
