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
])("short text, %s", (_name, { joinAscii, keepKey, knownKey, longestJoined }) => {
  it("joins every number of characters up to the longest, anywhere in the bytes", () => {
    const bytes = ascii(`>>${letters}\u0000\u007f<<`);
    const text = new TextDecoder("latin1").decode(bytes);
    for (let start = 0; start < 6; start++) {
      for (let length = 0; length <= longestJoined && start + length <= bytes.length; length++) {
        expect(joinAscii(bytes, start, start + length)).toBe(text.slice(start, start + length));
      }
    }
  });

  it.each(["a", "author", "__proto__", "12", "x".repeat(32), "x".repeat(33), "ключ", "é", ""])(
    "keeps the key %j as what it is, and knows no other by it",
    (key) => {
      const bytes = ascii(`..${key}..`);
      const stop = bytes.length - 2;
      expect(keepKey(key, bytes, 2, stop)).toBe(key);
      expect([undefined, key]).toContain(knownKey(bytes, 2, stop));
      for (let i = 2; i < stop; i++) {
        const other = bytes.slice();
        other[i] = other[i]! ^ 1;
        // One byte is another: the same slot perhaps, never the same key.
        expect(knownKey(other, 2, stop)).not.toBe(key);
      }
    },
  );
});

it("a key that was kept is known, until another takes its place", () => {
  const bytes = ascii("first-key");
  fast.keepKey("first-key", bytes, 0, bytes.length);
  expect(fast.knownKey(bytes, 0, bytes.length)).toBe("first-key");
  // The same length, first and last byte.
  const other = ascii("first_key");
  expect(fast.knownKey(other, 0, other.length)).toBeUndefined();
  fast.keepKey("first_key", other, 0, other.length);
  expect(fast.knownKey(other, 0, other.length)).toBe("first_key");
  expect(fast.knownKey(bytes, 0, bytes.length)).toBeUndefined();
});
