import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter, maxLineCharacters } from "../../../runtime/typescript/src/daemon/line-splitter.js";

function split(chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

const bytes = (text: string): Buffer => Buffer.from(text);

test("lines end with LF or CR LF; the last one need not", () => {
  expect(split([bytes("one\ntwo\r\n\nfour")])).toEqual(["one", "two", "", "four"]);
  expect(split([])).toEqual([]);
  expect(split([bytes("\n")])).toEqual([""]);
});

test("where chunks are cut makes no difference, inside a character neither", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "é", "→", "😀"), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(80), { maxLength: 8 }), (whole, cuts) => {
      const all = bytes(whole);
      const at = [0, ...cuts.map((cut) => cut % (all.length + 1)).toSorted((a, b) => a - b), all.length];
      const chunks = at.slice(1).map((end, index) => all.subarray(at[index], end));
      expect(split(chunks)).toEqual(split([all]));
    }),
  );
});

test("a line that is too long is cut, marked, and does not spoil the next", () => {
  const long = "x".repeat(maxLineCharacters + 1);
  expect(split([bytes(`${long}\nnext\n`)])).toEqual([`${"x".repeat(maxLineCharacters)}…`, "next"]);
  expect(split([bytes("x".repeat(maxLineCharacters)), bytes("\nnext")])).toEqual([
    "x".repeat(maxLineCharacters),
    "next",
  ]);
  expect(split(Array.from({ length: 100 }, () => bytes(long)))).toEqual([`${"x".repeat(maxLineCharacters)}…`]);
});

test("bytes that are no UTF-8 become replacement characters", () => {
  expect(split([Uint8Array.of(0x61, 0xff, 0x0a, 0xc3)])).toEqual(["a\uFFFD", "\uFFFD"]);
});
