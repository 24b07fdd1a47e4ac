import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as text from "../../../runtime/typescript/src/validate/text.js";

const halves = ["\ud83d", "\ude00", "\ud83d\ude00", "a", "é", "€"];
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...halves), { maxLength: 12 }).map((parts) => parts.join("")),
);
const counts = fc.nat({ max: 30 });

describe("code points", () => {
  it("are counted as iteration counts them", () => {
    fc.assert(
      fc.property(texts, counts, (value, count) => {
        const expected = Array.from(value).length;
        expect(text.codePointCount(value)).toBe(expected);
        expect(text.isShorterThan(value, count)).toBe(expected < count);
        expect(text.isLongerThan(value, count)).toBe(expected > count);
      }),
    );
  });
});

describe("bytes in UTF-8", () => {
  it("are counted as TextEncoder makes them", () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(texts, counts, (value, count) => {
        const expected = encoder.encode(value).length;
        expect(text.utf8Length(value)).toBe(expected);
        expect(text.isShorterInUtf8(value, count)).toBe(expected < count);
        expect(text.isLongerInUtf8(value, count)).toBe(expected > count);
      }),
    );
  });
});
