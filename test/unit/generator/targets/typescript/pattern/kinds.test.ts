import { describe, expect, it } from "vitest";
import { renameKinds, tellApart } from "../../../../../../generator/targets/typescript/pattern/kinds.js";

const digits: [number, number][] = [[0x30, 0x39]];
const hexadecimal: [number, number][] = [
  [0x30, 0x39],
  [0x41, 0x46],
];

describe("tellApart", () => {
  it("finds one kind without sets", () => {
    expect(tellApart([])).toEqual({ count: 1, starts: [0], kinds: [0], samples: [0] });
  });

  it("joins what no set tells apart", () => {
    expect(tellApart([digits, hexadecimal])).toEqual({
      count: 3,
      starts: [0, 0x30, 0x3a, 0x41, 0x47],
      kinds: [0, 1, 0, 2, 0],
      samples: [0, 0x30, 0x41],
    });
  });

  it("takes sets that reach to both ends", () => {
    expect(tellApart([[[0, 0x10ffff]], [[0x10ffff, 0x10ffff]]])).toEqual({
      count: 2,
      starts: [0, 0x10ffff],
      kinds: [0, 1],
      samples: [0, 0x10ffff],
    });
  });

  it("gives up where there would be too many", () => {
    const singles = Array.from({ length: 200 }, (_, i): [number, number][] => [[2 * i, 2 * i]]);
    expect(tellApart(singles)).toBeUndefined();
    const long = Array.from({ length: 3000 }, (_, i): [number, number] => [2 * i, 2 * i]);
    expect(tellApart(Array.from({ length: 2000 }, () => long))).toBeUndefined();
  });
});

it("renameKinds joins neighbours that became one kind", () => {
  expect(renameKinds(tellApart([digits, hexadecimal])!, [0, 1, 1])).toEqual({
    count: 2,
    starts: [0, 0x30, 0x3a, 0x41, 0x47],
    kinds: [0, 1, 0, 1, 0],
    samples: [0, 0x30],
  });
  expect(renameKinds(tellApart([digits, hexadecimal])!, [0, 0, 0]).starts).toEqual([0]);
});
