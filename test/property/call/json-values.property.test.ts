import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonValues, TooLongError } from "../../../generator/call/json-values.js";

const space = fc.constantFrom(" ", "\n", "\r\n", "\t", "  ");

/** Reads pieces; the values that came out. */
function read(pieces: readonly string[]): string[] {
  const values = new JsonValues(1_000_000);
  return [...pieces.flatMap((piece) => values.push(piece)), ...values.end()];
}

/** A text cut at some places. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => (text.length === 0 ? 0 : place % text.length)))].toSorted(
    (a, b) => a - b,
  );
  return [0, ...at].map((start, i) => text.slice(start, at[i] ?? text.length));
}

test("any values, with any space between, cut anywhere, come out one by one", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.json(), space)), fc.array(fc.nat(), { maxLength: 8 }), (values, places) => {
      const text = values.map(([value, after]) => value + after).join("");
      expect(read(cut(text, places)).map((one) => JSON.parse(one) as unknown)).toEqual(
        values.map(([value]) => JSON.parse(value) as unknown),
      );
    }),
    { numRuns: 500 },
  );
});

test("objects need nothing between them, however they are laid out", () => {
  fc.assert(
    fc.property(fc.array(fc.object()), fc.array(fc.nat(), { maxLength: 8 }), (objects, places) => {
      const text = objects.map((one) => JSON.stringify(one, null, 2)).join("");
      expect(read(cut(text, places)).map((one) => JSON.parse(one) as unknown)).toEqual(
        objects.map((one) => JSON.parse(JSON.stringify(one)) as unknown),
      );
    }),
    { numRuns: 300 },
  );
});

test("nothing is lost or made up, whatever the text is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.nat(), { maxLength: 5 }), (text, places) => {
      const whole = read([text]);
      expect(read(cut(text, places))).toEqual(whole);
      const bare = (one: string): string => one.replaceAll(/[\s\ufeff]/g, "");
      expect(bare(whole.join(""))).toBe(bare(text));
    }),
    { numRuns: 500 },
  );
});

test("a value that never ends is refused", () => {
  const values = new JsonValues(1_000);
  expect(() => {
    for (let i = 0; i < 100; i++) values.push(`{"a":"${"x".repeat(100)}",`);
  }).toThrow(TooLongError);
});
