import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  containsBytes,
  endsWithBytes,
  equalsBytes,
  startsWithBytes,
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
