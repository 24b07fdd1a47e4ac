import { beforeEach, describe, expect, it } from "vitest";
import { cursor } from "../../../runtime/typescript/src/codec/cursor.js";
import { readKey } from "../../../runtime/typescript/src/codec/key.js";
import { readKey as readKeySmall } from "../../../runtime/typescript/src/codec/key-small.js";
import { writeString } from "../../../runtime/typescript/src/codec/write-string.js";

const bytes = new Uint8Array(1_000);
const texts = [
  "",
  "a",
  "author",
  "__proto__",
  "12",
  "x".repeat(32),
  "x".repeat(33),
  "x".repeat(200),
  "é",
  "ключ",
  "日本語",
  "a\u0000b",
];

beforeEach(() => {
  cursor.windowEnd = 0;
  cursor.end = bytes.length;
});

describe.each([
  ["fast", readKey],
  ["small", readKeySmall],
])("keys of maps, %s", (_name, read) => {
  it.each(texts)("%j is read as any string is, the first time and the next", (text) => {
    const end = writeString(bytes, 7, text, "f");
    for (let time = 0; time < 2; time++) {
      cursor.windowEnd = 0;
      expect(read(bytes, 7, end)).toBe(text);
      expect(cursor.at).toBe(end);
    }
  });

  it("keys with the same length, beginning and end are told apart, whichever came last", () => {
    for (const text of ["first-key", "first_key", "first-key", "first.key", "first_key"]) {
      cursor.windowEnd = 0;
      expect(read(bytes, 0, writeString(bytes, 0, text, "f"))).toBe(text);
    }
  });

  it("a key that runs past the end of its entry is refused, known or not", () => {
    const end = writeString(bytes, 0, "author", "f");
    expect(read(bytes, 0, end)).toBe("author");
    expect(() => read(bytes, 0, end - 1)).toThrow("past the end");
  });

  it("a key that is not valid UTF-8 is refused", () => {
    bytes.set([2, 0xc3, 0x28], 0);
    expect(() => read(bytes, 0, 3)).toThrow("not valid UTF-8");
  });
});
