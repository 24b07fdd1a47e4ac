import { describe, expect, it } from "vitest";
import { encodeTable } from "../../../generator/targets/typescript/pattern/table.js";
import { Automaton } from "../../../runtime/typescript/src/validate/automaton.js";

// Accepts what ends in an even number of "é", and everything with a "!" in it; nothing with a "😀" before that.
const even = {
  kinds: {
    count: 4,
    starts: [0, 0x21, 0x22, 0xe9, 0xea, 0x1f600, 0x1f601],
    kinds: [0, 1, 0, 2, 0, 3, 0],
    samples: [0],
  },
  start: 3,
  moves: [0, 0, 0, 0, 1, 1, 1, 1, 3, 1, 3, 0, 3, 1, 2, 0],
  accepts: [false, true, false, true],
};

describe("Automaton", () => {
  it("is written as one short text", () => {
    expect(encodeTable(even)).toBe("EEDDHAAhBBBAnGCBA2o9DDBABDBBBDBABDBBBCBA");
  });

  it.each([
    ["", true],
    ["x", true],
    ["é", false],
    ["éé", true],
    ["éxé", false],
    ["é!", true],
    ["é!😀", true],
    ["😀", false],
    ["éé😀!", false],
    // Halves of a pair are characters of their own.
    ["\ud83d", true],
    ["é\ude00é", false],
    ["\ude00\ud83d", true],
  ])("says to %j: %s", (text, expected) => {
    expect(new Automaton(encodeTable(even)).test(text)).toBe(expected);
  });

  it("holds numbers of any size", () => {
    const states = 3000;
    // Counts the characters of a text: 2997 and more are too many.
    const moves = [0, 1, ...Array.from({ length: states - 2 }, (_, i) => (i === states - 3 ? 0 : i + 3))];
    const accepts = [false, true, ...Array.from({ length: states - 2 }, () => true)];
    const counter = new Automaton(
      encodeTable({ kinds: { count: 1, starts: [0], kinds: [0], samples: [0] }, start: 2, moves, accepts }),
    );
    expect([0, 1, 2996, 2997, 2998, 5000].map((length) => counter.test("a".repeat(length)))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("may begin where it is settled already", () => {
    const settled = (start: number): Automaton =>
      new Automaton(
        encodeTable({
          kinds: { count: 1, starts: [0], kinds: [0], samples: [0] },
          start,
          moves: [0, 1],
          accepts: [false, true],
        }),
      );
    expect([settled(0).test(""), settled(0).test("a"), settled(1).test(""), settled(1).test("a")]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("refuses a table that was cut", () => {
    expect(() => new Automaton(encodeTable(even).slice(0, -3)).test("a")).toThrow(/ends early/);
  });
});
