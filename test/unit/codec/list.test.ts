import { describe, expect, it } from "vitest";
import { nextItem } from "../../../runtime/typescript/src/codec/collection.js";
import { cursor } from "../../../runtime/typescript/src/codec/cursor.js";
import * as fast from "../../../runtime/typescript/src/codec/list.js";
import * as small from "../../../runtime/typescript/src/codec/list-small.js";

/** `count` items of three bytes behind a tag each, as a message has them. */
function items(count: number, tag: readonly number[]): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, () => [...tag, 3, 97, 98, 99]).flat());
}

/** The end of each item that the loop of generated code comes to. */
function walk(extendList: typeof fast.extendList, bytes: Uint8Array, tag: number, first: number): number[] {
  const list: number[] = [];
  let at = first;
  for (let i = extendList(list, bytes, at, bytes.length, tag); at !== 0; at = nextItem(bytes, bytes.length, tag)) {
    cursor.at = at + 4;
    list[i++] = cursor.at;
  }
  return list;
}

describe.each([
  ["fast", fast.extendList],
  ["small", small.extendList],
])("lists, %s", (_name, extendList) => {
  it.each([1, 2, 100, 5_000])("%i items one behind the other are one list, without holes", (count) => {
    const one = walk(extendList, items(count, [10]), 10, 1);
    expect(one).toEqual(Array.from({ length: count }, (_, i) => 5 * (i + 1)));
    const two = walk(extendList, items(count, [0xa2, 0x01]), 162, 2);
    expect(two).toEqual(Array.from({ length: count }, (_, i) => 6 * (i + 1)));
  });

  it("an item behind a tag of three bytes is left to the switch", () => {
    expect(walk(extendList, items(5_000, [0xc2, 0xbb, 0x01]), 23_986, 3)).toEqual([7]);
  });

  it("what was in the list stays, and the next item goes behind it", () => {
    expect(extendList([1, 2, 3], items(5_000, [10]), 1, 25_000, 10)).toBe(3);
  });
});

describe("room for items", () => {
  it("is made for those that follow one another in a long message", () => {
    const bytes = Uint8Array.from([...items(2_000, [10]), 16, 1, ...items(7, [10])]);
    const list: unknown[] = [];
    expect(fast.extendList(list, bytes, 1, bytes.length, 10)).toBe(0);
    expect(list).toHaveLength(2_000);
  });

  it("is not made in a short message", () => {
    const list: unknown[] = [];
    expect(fast.extendList(list, items(100, [10]), 1, 500, 10)).toBe(0);
    expect(list).toHaveLength(0);
  });

  it("is not made for more than a million items at once, nor for more than the bytes hold", () => {
    const list: unknown[] = [];
    fast.extendList(
      list,
      new Uint8Array(3 << 20).fill(0).map((_, i) => (i % 2 === 0 ? 10 : 0)),
      1,
      3 << 20,
      10,
    );
    expect(list).toHaveLength(1 << 20);
    const cut = items(2_000, [10]).subarray(0, 9_998);
    expect(() => fast.extendList([], cut, 1, cut.length, 10)).toThrow("runs past the end");
    const giant = Uint8Array.from([...items(2_000, [10]), 10, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(() => fast.extendList([], giant, 1, giant.length, 10)).toThrow("runs past the end");
  });
});

it("the next item is looked for within the message, by all bytes of its tag", () => {
  const bytes = Uint8Array.from([10, 0xa2, 0x01, 10, 0xa2, 0x02]);
  const next = (at: number, end: number, tag: number): number => {
    cursor.at = at;
    return nextItem(bytes, end, tag);
  };
  expect(next(0, 6, 10)).toBe(1);
  expect(next(1, 6, 10)).toBe(0);
  expect(next(3, 3, 10)).toBe(0);
  expect(next(6, 6, 10)).toBe(0);
  expect(next(1, 6, 162)).toBe(3);
  expect(next(1, 2, 162)).toBe(0);
  expect(next(4, 6, 162)).toBe(0);
  expect(next(5, 6, 162)).toBe(0);
});
