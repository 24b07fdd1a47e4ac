import { describe, expect, it } from "vitest";
import * as fast from "../../../runtime/typescript/src/codec/short-text.js";
import * as small from "../../../runtime/typescript/src/codec/short-text-small.js";

const letters = "abcdefghijklmnopqrstuvwxyz";

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe.each([
  ["fast", fast],
  ["small", small],
])("short text, %s", (_name, { joinAscii, longestJoined, putAscii }) => {
  it("joins every number of characters up to the longest, anywhere in the bytes", () => {
    const bytes = ascii(`>>${letters}\u0000\u007f<<`);
    const text = new TextDecoder("latin1").decode(bytes);
    for (let start = 0; start < 6; start++) {
      for (let length = 0; length <= longestJoined && start + length <= bytes.length; length++) {
        expect(joinAscii(bytes, start, start + length)).toBe(text.slice(start, start + length));
      }
    }
  });

  it("writes every number of characters up to the first that is not ASCII, and no more", () => {
    for (let length = 0; length <= letters.length; length++) {
      for (let ascii = 0; ascii <= length; ascii++) {
        for (const stranger of ["\u0080", "\u0161", "\u6c42"]) {
          const text = (letters.slice(0, ascii) + stranger.repeat(length)).slice(0, length);
          const bytes = new Uint8Array(40);
          expect(putAscii(bytes, 5, text)).toBe(ascii);
          expect(new TextDecoder().decode(bytes.subarray(5, 5 + ascii))).toBe(text.slice(0, ascii));
          expect([...bytes.subarray(0, 5), ...bytes.subarray(5 + ascii)].every((byte) => byte === 0)).toBe(true);
        }
      }
    }
  });
});
