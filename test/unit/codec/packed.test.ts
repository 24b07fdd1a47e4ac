// Packed lists of integers of 32 bits against a reader that takes value after value.
import { describe, expect, it } from "vitest";
import { cursor } from "../../../runtime/typescript/src/codec/cursor.js";
import {
  readPackedInt32,
  readPackedSint32,
  readPackedUint32,
  writePackedInt32,
  writePackedUint32,
} from "../../../runtime/typescript/src/codec/packed.js";
import {
  readInt32,
  readLength,
  readSint32,
  readUint32,
  writeInt32,
  writeUint32,
} from "../../../runtime/typescript/src/codec/varint.js";

type ReadValue = (bytes: Uint8Array, at: number) => number;
type ReadList = (list: number[], bytes: Uint8Array, at: number, end: number) => void;

const kinds: [string, ReadList, ReadValue][] = [
  ["int32", readPackedInt32, readInt32],
  ["uint32", readPackedUint32, readUint32],
  ["sint32", readPackedSint32, readSint32],
];

let seed = 1;
function below(limit: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
}

/** One varint of any form: short, as long as need be or longer, a negative one, or ten bytes of any content. */
function varint(): number[] {
  const bits = (count: number): number[] => Array.from({ length: count }, () => 128 | below(128));
  switch (below(5)) {
    case 0:
      return [...bits(4), 0xf8 | below(8), 0xff, 0xff, 0xff, 0xff, 1];
    case 1:
      return [...bits(9), below(2)];
    case 2:
      return [below(128)];
    default:
      return [...bits(below(6)), below(128)];
  }
}

/** A list of so many values behind its length, inside other bytes. */
function listOf(count: number): Uint8Array {
  const values = Array.from({ length: count }, varint).flat();
  const length = [(values.length & 127) | 128, ((values.length >> 7) & 127) | 128, values.length >> 14];
  return Uint8Array.from([0xff, 0xff, 0xff, ...length, ...values, 0x80, 0x80]).subarray(3);
}

/** What is read, or undefined where that is refused. */
function outcome(read: () => number[]): number[] | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function oneByOne(read: ReadValue, bytes: Uint8Array, end: number): number[] {
  const list = [7];
  const stop = readLength(bytes, 0, end);
  for (let at = cursor.at; at < stop; at = cursor.at) list.push(read(bytes, at));
  if (cursor.at !== stop) throw new Error("past the end");
  return list;
}

function atOnce(read: ReadList, bytes: Uint8Array, end: number): number[] {
  const list = [7];
  read(list, bytes, 0, end);
  // Holes would be equal to nothing that is read one by one.
  return Array.from(list, (value, i) => (i in list ? value : NaN));
}

describe.each(kinds)("a packed list of %s", (_, readList, readValue) => {
  it("of any length and form has the values that it has one by one", () => {
    for (let count = 0; count < 400; count += count < 24 ? 1 : 17) {
      const bytes = listOf(count);
      const list = atOnce(readList, bytes, bytes.length - 2);
      expect(cursor.at).toBe(bytes.length - 2);
      expect(list).toEqual(oneByOne(readValue, bytes, bytes.length - 2));
      expect(list).toHaveLength(count + 1);
    }
  });

  it("that is damaged anywhere is refused or read as it is one by one", () => {
    let refused = 0;
    for (const count of [3, 20, 300]) {
      const bytes = listOf(count);
      for (let i = 0; i < bytes.length; i++) {
        const damaged = bytes.slice();
        damaged[i]! ^= 1 << below(8);
        const expected = outcome(() => oneByOne(readValue, damaged, damaged.length - 2));
        expect(outcome(() => atOnce(readList, damaged, damaged.length - 2))).toEqual(expected);
        if (expected === undefined) refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  it("that is cut off in the middle of a value is refused", () => {
    const all = Uint8Array.from([0x80, 0x08, ...new Uint8Array(1024).fill(0x80)]);
    for (const ends of [[], [2], [1025], [500, 700, 900]]) {
      const bytes = all.slice();
      for (const end of ends) bytes[end] = 1;
      expect(outcome(() => atOnce(readList, bytes, bytes.length))).toBeUndefined();
    }
  });
});

type WriteValue = (bytes: Uint8Array, at: number, value: number, field: string) => number;
type WriteList = (bytes: Uint8Array, at: number, list: readonly number[], field: string) => number;

/** 0 and both sides of each power of two. */
const edges = [0, ...Array.from({ length: 31 }, (_, bits) => [2 ** bits, 2 ** (bits + 1) - 1]).flat()];

it.each<[string, WriteList, WriteValue, number[]]>([
  ["int32", writePackedInt32, writeInt32, [...edges, ...edges.map((value) => -1 - value)]],
  ["uint32", writePackedUint32, writeUint32, [...edges, 2 ** 31, 2 ** 32 - 1]],
])("a long list of %s is written as its values are", (_name, write, writeOne, list) => {
  const bytes = new Uint8Array(2_000);
  const end = write(bytes, 0, list, "f");
  const stop = readLength(bytes, 0, end);
  const one = new Uint8Array(20);
  const values = list.flatMap((value) => [...one.subarray(0, writeOne(one, 0, value, "f"))]);
  expect(stop).toBe(end);
  expect([...bytes.subarray(cursor.at, end)]).toEqual(values);
});
