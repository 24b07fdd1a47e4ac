import { afterEach, describe, expect, test } from "vitest";
import type { ArenaPair } from "../../runtime/typescript/src/arena/arena.js";

/** Two sides that share memory, ready to be tried. */
export interface ArenaHarness {
  /** Both sides of `bytes` for each direction. */
  create(bytes: number): readonly [ArenaPair, ArenaPair];
  dispose?(): void;
}

const arenaBytes = 1_048_576;
const someBytes = (first: number, count = 64): Uint8Array => Uint8Array.from({ length: count }, (_, i) => first + i);

/** What every arena keeps; see arena.ts for the contract. */
export function describeArena(name: string, harness: ArenaHarness): void {
  describe(`${name}, as every arena,`, () => {
    const open: ArenaPair[] = [];
    const pair = (): readonly [ArenaPair, ArenaPair] => {
      const both = harness.create(arenaBytes);
      open.push(...both);
      return both;
    };
    const read = (side: ArenaPair, offset: number, count = 64): Uint8Array => side.incoming.read(offset, count);
    afterEach(() => {
      for (const side of open.splice(0)) {
        side.outgoing.close();
        side.incoming.close();
      }
      harness.dispose?.();
    });

    test("is as long as was asked for, and holds zeros", () => {
      const [first, second] = pair();
      expect([first.outgoing.length, first.incoming.length]).toEqual([arenaBytes, arenaBytes]);
      expect([second.outgoing.length, second.incoming.length]).toEqual([arenaBytes, arenaBytes]);
      expect(read(second, arenaBytes - 64)).toEqual(new Uint8Array(64));
    });

    test("what one side writes the other reads, each direction by itself", () => {
      const [first, second] = pair();
      first.outgoing.map()!.set(someBytes(1), 5);
      second.outgoing.map()!.set(someBytes(100), 5);
      expect(read(second, 5)).toEqual(someBytes(1));
      expect(read(first, 5)).toEqual(someBytes(100));
      first.outgoing.map()!.set(someBytes(7), arenaBytes - 64);
      expect(read(second, arenaBytes - 64)).toEqual(someBytes(7));
    });

    test("what was read is a copy", () => {
      const [first, second] = pair();
      first.outgoing.map()!.set(someBytes(1));
      const copy = read(second, 0);
      first.outgoing.map()!.fill(0, 0, 64);
      expect(copy).toEqual(someBytes(1));
    });

    test("a view is the memory itself, on both sides", () => {
      const [first, second] = pair();
      const writer = first.outgoing.view(4_096, 64, () => {})!;
      const reader = second.incoming.view(4_096, 64, () => {})!;
      expect([writer.length, reader.length]).toEqual([64, 64]);
      writer.set(someBytes(3));
      expect(reader).toEqual(someBytes(3));
      writer[0] = 99;
      expect(reader[0]).toBe(99);
      expect(first.outgoing.map()![4_096]).toBe(99);
    });

    test("cleared, it reads zeros on both sides and can be written again", () => {
      const [first, second] = pair();
      const bytes = first.outgoing.map()!;
      bytes.set(someBytes(1), 8_192);
      first.outgoing.clear();
      expect(read(second, 8_192)).toEqual(new Uint8Array(64));
      expect(bytes.subarray(8_192, 8_256)).toEqual(new Uint8Array(64));
      bytes.set(someBytes(2), 8_192);
      expect(read(second, 8_192)).toEqual(someBytes(2));
    });

    test("closed, it reads zeros and has no views; twice is once, and the other side goes on", () => {
      const [first, second] = pair();
      first.outgoing.map()!.set(someBytes(1));
      second.incoming.close();
      second.incoming.close();
      expect(read(second, 0)).toEqual(new Uint8Array(64));
      expect(second.incoming.view(0, 64, () => {})).toBeUndefined();
      expect(first.outgoing.map()!.subarray(0, 64)).toEqual(someBytes(1));
      first.outgoing.close();
      first.outgoing.close();
      expect(first.outgoing.map()).toBeUndefined();
      expect(first.outgoing.view(0, 64, () => {})).toBeUndefined();
      first.outgoing.clear();
    });
  });
}
