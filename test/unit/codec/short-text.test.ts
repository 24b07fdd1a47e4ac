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
])("short text, %s", (_name, { joinAscii, longestJoined }) => {
  it("joins every number of characters up to the longest, anywhere in the bytes", () => {
    const bytes = ascii(`>>${letters}\u0000\u007f<<`);
    const text = new TextDecoder("latin1").decode(bytes);
    for (let start = 0; start < 6; start++) {
      for (let length = 0; length <= longestJoined && start + length <= bytes.length; length++) {
        expect(joinAscii(bytes, start, start + length)).toBe(text.slice(start, start + length));
      }
    }
  });
});
