import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  containsBytes,
  endsWithBytes,
  equalsBytes,
  startsWithBytes,
  utf8Text,
} from "../../../runtime/typescript/src/validate/bytes.js";

/** Few values, so that much is found. */
const few = fc.uint8Array({ max: 2, maxLength: 12 });

describe("bytes and constants", () => {
  it("compare as the text that has each byte as a character", () => {
    fc.assert(
      fc.property(few, fc.oneof(few, fc.uint8Array({ maxLength: 3 })), (bytes, part) => {
        const [whole, constant] = [String.fromCharCode(...bytes), String.fromCharCode(...part)];
        expect(equalsBytes(bytes, constant)).toBe(whole === constant);
        expect(equalsBytes(bytes, whole)).toBe(true);
        expect(startsWithBytes(bytes, constant)).toBe(whole.startsWith(constant));
        expect(endsWithBytes(bytes, constant)).toBe(whole.endsWith(constant));
        expect(containsBytes(bytes, constant)).toBe(whole.includes(constant));
      }),
    );
  });
});

describe("utf8Text", () => {
  it("reads UTF-8, without a byte order mark", () => {
    expect(utf8Text(Uint8Array.of(0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80))).toBe("é😀");
    expect(utf8Text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xef, 0xbb, 0xbf))).toBe("a\ufeff");
  });

  it.each([[[0xff]], [[0xc3]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]]])(
    "refuses %j",
    (bytes) => {
      expect(() => utf8Text(Uint8Array.from(bytes))).toThrow(
        expect.objectContaining({ reason: "VALIDATION_FAILED", message: expect.stringContaining("valid UTF-8") }),
      );
    },
  );
});
