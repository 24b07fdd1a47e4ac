import { describe, expect, it } from "vitest";
import { cursor } from "../../../runtime/typescript/src/codec/cursor.js";
import {
  readBool,
  readInt32,
  readInt64,
  readLength,
  readSint32,
  readSint64,
  readTag,
  readUint32,
  readUint64,
  writeBool,
  writeInt32,
  writeInt64,
  writeLength,
  writeSint32,
  writeSint64,
  writeUint32,
  writeUint64,
} from "../../../runtime/typescript/src/codec/varint.js";

/** Encodings from the rules of the format, in hex. */
const int32s: [number, string][] = [
  [0, "00"],
  [1, "01"],
  [127, "7f"],
  [128, "8001"],
  [300, "ac02"],
  [16384, "808001"],
  [2097152, "80808001"],
  [268435456, "8080808001"],
  [2147483647, "ffffffff07"],
  [-1, "ffffffffffffffffff01"],
  [-2147483648, "80808080f8ffffffff01"],
];
const int64s: [bigint, string][] = [
  [0n, "00"],
  [4294967296n, "8080808010"],
  [34359738367n, "ffffffff7f"],
  [9223372036854775807n, "ffffffffffffffff7f"],
  [-1n, "ffffffffffffffffff01"],
  [-9223372036854775808n, "80808080808080808001"],
];
const uint64s: [bigint, string][] = [
  [1n, "01"],
  [18446744073709551615n, "ffffffffffffffffff01"],
  [9223372036854775808n, "80808080808080808001"],
];
const sint64s: [bigint, string][] = [
  [0n, "00"],
  [-1n, "01"],
  [1n, "02"],
  [2147483648n, "8080808010"],
  [9223372036854775807n, "feffffffffffffffff01"],
  [-9223372036854775808n, "ffffffffffffffffff01"],
];
const sint32s: [number, string][] = [
  [0, "00"],
  [-1, "01"],
  [1, "02"],
  [2147483647, "feffffff0f"],
  [-2147483648, "ffffffff0f"],
];

const bytes = new Uint8Array(600);
const written = (end: number): string => Buffer.from(bytes.subarray(3, end)).toString("hex");
const from = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

describe("varints", () => {
  it.each(int32s)("int32 %d is %s", (value, hex) => {
    expect(written(writeInt32(bytes, 3, value, "f"))).toBe(hex);
    expect(readInt32(from(hex), 0)).toBe(value);
    expect(cursor.at).toBe(hex.length / 2);
  });

  it.each(sint32s)("sint32 %d is %s", (value, hex) => {
    expect(written(writeSint32(bytes, 3, value, "f"))).toBe(hex);
    expect(readSint32(from(hex), 0)).toBe(value);
  });

  it.each(int64s)("int64 %d is %s", (value, hex) => {
    expect(written(writeInt64(bytes, 3, value, "f"))).toBe(hex);
    expect(written(writeInt64(bytes, 3, String(value), "f"))).toBe(hex);
    expect(readInt64(from(hex), 0)).toBe(value);
    expect(cursor.at).toBe(hex.length / 2);
  });

  it.each(uint64s)("uint64 %d is %s", (value, hex) => {
    expect(written(writeUint64(bytes, 3, value, "f"))).toBe(hex);
    expect(readUint64(from(hex), 0)).toBe(value);
  });

  it.each(sint64s)("sint64 %d is %s", (value, hex) => {
    expect(written(writeSint64(bytes, 3, value, "f"))).toBe(hex);
    expect(readSint64(from(hex), 0)).toBe(value);
  });

  it("uint32 goes up to 2^32-1, of longer varints the low 32 bits count", () => {
    expect(written(writeUint32(bytes, 3, 0xffffffff, "f"))).toBe("ffffffff0f");
    expect(readUint32(from("ffffffff0f"), 0)).toBe(0xffffffff);
    expect(readUint32(from("ffffffff7f"), 0)).toBe(0xffffffff);
    expect(readInt32(from("ffffffffffffffffff7f"), 0)).toBe(-1);
    expect(readUint32(from("818080808080808000"), 0)).toBe(1);
  });

  it("a bool is true for any varint but zero", () => {
    expect(written(writeBool(bytes, 3, true, "f"))).toBe("01");
    expect(written(writeBool(bytes, 3, false, "f"))).toBe("00");
    expect(["00", "01", "7f", "8000", "8001", "80808080808080808001"].map((hex) => readBool(from(hex), 0))).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
    ]);
  });

  it.each([[readUint32], [readInt32], [readInt64], [readUint64], [readSint64], [readBool]])(
    "more than ten bytes are no varint: %o",
    (read) => {
      expect(() => read(from("ffffffffffffffffffff01"), 0)).toThrow("longer than ten bytes");
    },
  );
});

describe("refused values", () => {
  const cases: [string, () => number, string][] = [
    [
      "int32, too large",
      () => writeInt32(bytes, 0, 2147483648, "a.B.c"),
      "a.B.c takes an integer of 32 bits, not 2147483648",
    ],
    ["int32, a fraction", () => writeInt32(bytes, 0, 1.5, "a.B.c"), "not 1.5"],
    ["int32, NaN", () => writeInt32(bytes, 0, Number.NaN, "a.B.c"), "not NaN"],
    ["int32, text", () => writeInt32(bytes, 0, "5" as never, "a.B.c"), "not a string"],
    ["int32, null", () => writeInt32(bytes, 0, null as never, "a.B.c"), "not null"],
    ["uint32, negative", () => writeUint32(bytes, 0, -1, "a.B.c"), "from 0 to 4294967295, not -1"],
    ["uint32, too large", () => writeUint32(bytes, 0, 4294967296, "a.B.c"), "not 4294967296"],
    ["sint32, a bigint", () => writeSint32(bytes, 0, 1n as never, "a.B.c"), "not 1n"],
    ["bool, a number", () => writeBool(bytes, 0, 1 as never, "a.B.c"), "takes a boolean, not 1"],
    [
      "int64, too large",
      () => writeInt64(bytes, 0, 9223372036854775808n, "a.B.c"),
      "an integer of 64 bits, not 9223372036854775808n",
    ],
    ["int64, far too large", () => writeInt64(bytes, 0, 1n << 200n, "a.B.c"), "not a bigint"],
    ["int64, too small", () => writeInt64(bytes, 0, -9223372036854775809n, "a.B.c"), "not -9223372036854775809n"],
    ["uint64, negative", () => writeUint64(bytes, 0, -1n, "a.B.c"), "an unsigned integer of 64 bits, not -1n"],
    ["uint64, too large", () => writeUint64(bytes, 0, 18446744073709551616n, "a.B.c"), "not 18446744073709551616n"],
    ["sint64, words", () => writeSint64(bytes, 0, "many", "a.B.c"), "a 64-bit integer, not a string"],
    ["int64, nothing", () => writeInt64(bytes, 0, "", "a.B.c"), "not a string"],
    ["int64, an unsafe number", () => writeInt64(bytes, 0, 2 ** 60, "a.B.c"), "a 64-bit integer"],
  ];

  it.each(cases)("%s", (_, write, message) => {
    expect(write).toThrow(
      expect.objectContaining({ reason: "ENCODE_INVALID", message: expect.stringContaining(message) }),
    );
  });
});

describe("tags and lengths", () => {
  it("reads tags of all sizes, overlong ones up to five bytes too", () => {
    for (const [hex, tag] of [
      ["08", 8],
      ["7a", 122],
      ["8201", 130],
      ["fa7f", 16378],
      ["8a00", 10],
      ["ffffffff0f", 0xffffffff],
    ] as const) {
      expect(readTag(from(hex), 0)).toBe(tag);
      expect(cursor.at).toBe(hex.length / 2);
    }
  });

  it.each(["00", "07", "8000", "808000", "ffffffff1f", "888080808000", "88808080808080800f"])(
    "refuses the tag %s",
    (hex) => {
      expect(() => readTag(from(hex), 0)).toThrow(expect.objectContaining({ reason: "DECODE_INVALID" }));
    },
  );

  it("reads a length that ends in bounds", () => {
    expect(readLength(from("02aaaa"), 0, 3)).toBe(3);
    expect(cursor.at).toBe(1);
    expect(readLength(from("8200aaaa"), 0, 4)).toBe(4);
    expect(cursor.at).toBe(2);
  });

  it.each(["03aaaa", "ffffffff0f", "8080808010", "82808080808000", "82", "ff"])("refuses the length %s", (hex) => {
    expect(() => readLength(from(hex), 0, 3)).toThrow(expect.objectContaining({ reason: "DECODE_INVALID" }));
  });

  it("moves what is longer than 127 bytes to make room for its length", () => {
    for (const length of [0, 127, 128, 300]) {
      const body = Uint8Array.from({ length }, (_, i) => i);
      bytes.set(body, 6);
      const end = writeLength(bytes, 5, 6 + length);
      const stop = readLength(bytes, 5, end);
      expect(stop).toBe(end);
      expect(bytes.slice(cursor.at, stop)).toEqual(body);
    }
  });
});
