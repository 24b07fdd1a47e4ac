import { beforeEach, describe, expect, it } from "vitest";
import { cursor } from "../../../runtime/typescript/src/codec/cursor.js";
import { readLenientString, readString } from "../../../runtime/typescript/src/codec/text.js";
import { writeString } from "../../../runtime/typescript/src/codec/write-string.js";

const bytes = new Uint8Array(100_000);
const texts = [
  "",
  "a",
  "12345678",
  "123456789",
  "x".repeat(31),
  "x".repeat(32),
  "x".repeat(127),
  "x".repeat(128),
  "x".repeat(20_000),
  "é",
  "ü".repeat(31),
  "ü".repeat(42),
  "ü".repeat(100),
  "日本語",
  "日".repeat(31),
  "日".repeat(42),
  "日".repeat(43),
  "日".repeat(6000),
  "\u{1f600}",
  "a\u{1f600}b".repeat(20),
  "\ufeffmark",
  "\ufffd",
  "a\u0000b",
];

beforeEach(() => {
  cursor.windowEnd = 0;
  cursor.end = bytes.length;
});

describe("strings", () => {
  it.each(texts)("%j is written as its length and its UTF-8, and read back", (text) => {
    const expected = new TextEncoder().encode(text);
    const end = writeString(bytes, 7, text, "f");
    expect(readString(bytes, 7, end)).toBe(text);
    expect(cursor.at).toBe(end);
    expect(readLenientString(bytes, 7, end)).toBe(text);
    expect(bytes.slice(end - expected.length, end)).toEqual(expected);
  });

  it.each(["\ud800", "\udc00", "a\ud800b", `${"x".repeat(40)}\ud83d`, "\udc00\ud800"])(
    "unpaired surrogates become U+FFFD",
    (text) => {
      const end = writeString(bytes, 0, text, "f");
      expect(readString(bytes, 0, end)).toBe(new TextDecoder().decode(new TextEncoder().encode(text)));
    },
  );

  it("many in a row are read through windows", () => {
    const many = Array.from({ length: 5000 }, (_, i) => `${texts[i % 16]?.slice(0, 150) ?? ""}${i}`);
    let at = 0;
    const buffer = new Uint8Array(1_000_000);
    let end = 0;
    for (const text of many) end = writeString(buffer, end, text, "f");
    cursor.end = end;
    at = 0;
    for (const text of many) {
      expect(readString(buffer, at, end)).toBe(text);
      at = cursor.at;
    }
    expect(at).toBe(end);
  });

  it.each([
    ["c3"],
    ["c080"],
    ["eda080"],
    ["f4908080"],
    ["61ff62"],
    [`${"61".repeat(200)}ff`],
    [`${"c3bc".repeat(20)}c3`],
  ])("%s is no UTF-8", (hex) => {
    const text = Buffer.from(hex, "hex");
    const input = Uint8Array.from([
      ...(text.length < 128 ? [text.length] : [(text.length % 128) + 128, text.length >> 7]),
      ...text,
    ]);
    cursor.end = input.length;
    expect(() => readString(input, 0, input.length)).toThrow(
      expect.objectContaining({ reason: "DECODE_INVALID", message: expect.stringContaining("not valid UTF-8") }),
    );
    expect(readLenientString(input, 0, input.length)).toBe(new TextDecoder().decode(text));
  });

  it("refuses what is no string", () => {
    expect(() => writeString(bytes, 0, 5 as never, "a.B.c")).toThrow("a.B.c takes a string, not 5");
    expect(() => writeString(bytes, 0, undefined as never, "a.B.c")).toThrow("a.B.c takes a string, not undefined");
  });
});
