import { describe, expect, it } from "vitest";
import { writeString as fast } from "../../../runtime/typescript/src/codec/write-string.js";
import { writeString as small } from "../../../runtime/typescript/src/codec/write-string-small.js";

const letters = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";

describe.each([
  ["fast", fast],
  ["small", small],
])("writing strings, %s", (_name, writeString) => {
  it("writes text of every length, not ASCII from anywhere on, and nothing beside it", () => {
    for (let length = 0; length <= letters.length; length++) {
      for (let ascii = 0; ascii <= length; ascii++) {
        for (const stranger of ["\u0080", "\u0161", "\u6c42", "\u{1f600}", "\ud800"]) {
          const text =
            ascii === length
              ? letters.slice(0, length)
              : letters.slice(0, ascii) + stranger + letters.slice(ascii + 1, length);
          const bytes = new Uint8Array(600);
          const encoded = new TextEncoder().encode(text);
          const end = writeString(bytes, 5, text, "field");
          expect(end).toBe(6 + encoded.length);
          expect([...bytes.subarray(5, end)]).toEqual([encoded.length, ...encoded]);
          expect(bytes.subarray(0, 5).every((byte) => byte === 0)).toBe(true);
        }
      }
    }
  });

  it("refuses what is no string, and says where", () => {
    expect(() => writeString(new Uint8Array(600), 0, 7 as never, "a.B.c")).toThrow("a.B.c takes a string, not 7");
  });
});
