// Lists in messages that are so long that room is made for all items at once, in runs that others interrupt.
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { type CorpusMessage, loadCorpus } from "../../support/corpus.js";
import { expectSame, ownOnly } from "../../support/same-message.js";

let lists: CorpusMessage;
beforeAll(async () => {
  lists = (await loadCorpus()).messages.get("corpus.proto3.Lists")!;
});

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 25) };

/** By the name of a list: what makes an item of so many bytes, or about as many. */
const items: Readonly<Record<string, (size: number) => unknown>> = {
  strings: (size) => "x".repeat(size),
  byteStrings: (size) => new Uint8Array(size).fill(10),
  messages: (size) => ({ stringField: "é".repeat(size >> 1), int32Field: size }),
  points: (size) => ({ x: size, y: -size }),
  farStrings: (size) => "y".repeat(size),
  farPoints: (size) => ({ x: size }),
  int64s: (size) => BigInt(size),
};

const run = fc.record({
  name: fc.constantFrom(...Object.keys(items)),
  count: fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, fc.integer({ min: 50, max: 2_000 })),
  size: fc.oneof({ weight: 3, arbitrary: fc.nat(20) }, fc.nat(300)),
});

/** What protobuf-es writes for each run, one behind the other. */
function bytesOf(desc: DescMessage, runs: readonly { name: string; count: number; size: number }[]): Uint8Array {
  const parts = runs.map(({ name, count, size }) =>
    toBinary(desc, create(desc, { [name]: Array.from({ length: count }, () => items[name]!(size)) })),
  );
  return Buffer.concat(parts);
}

it("runs of items, however long and in whatever order, are what protobuf-es makes of them", () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 8 }), (runs) => {
      const { desc, decode } = lists;
      const bytes = bytesOf(desc, runs);
      expectSame(ownOnly(decode(bytes)), ownOnly(fromBinary(desc, bytes)));
    }),
    options,
  );
});

it("long lists that are cut off or damaged are refused, or are what protobuf-es makes of them", () => {
  const attempt = (decode: () => object): object | undefined => {
    try {
      return decode();
    } catch {
      return undefined;
    }
  };
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), place, fc.nat(255), (runs, where, byte) => {
      const { desc, decode } = lists;
      const bytes = bytesOf(desc, runs);
      const at = Math.floor(where * bytes.length);
      const cut = bytes.subarray(0, at);
      const theirs = attempt(() => fromBinary(desc, cut));
      expectSame(ownOnly(attempt(() => decode(cut))), ownOnly(theirs));
      // protobuf-es takes some fields with the wire type of another.
      const damaged = Uint8Array.from(bytes);
      damaged[at] = byte;
      const ours = attempt(() => decode(damaged));
      if (ours !== undefined) expectSame(ownOnly(ours), ownOnly(fromBinary(desc, damaged)));
    }),
    options,
  );
});

it("more items than room is made for at once", () => {
  const { decode } = lists;
  const bytes = new Uint8Array(2 * 1_200_000);
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = 0x7a;
  const { byteStrings } = decode(bytes) as unknown as { byteStrings: Uint8Array[] };
  expect(byteStrings).toHaveLength(1_200_000);
  expect(byteStrings.every((item) => item.length === 0)).toBe(true);
});
