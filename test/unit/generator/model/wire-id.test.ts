import { expect, test } from "vitest";
import { wireId } from "../../../../generator/model/wire-id.js";

// Vectors from the FNV reference (draft-eastlake-fnv, appendix C) and the offset basis.
test.each([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
])("FNV-1a-32 of %j", (text, hash) => {
  expect(wireId(text)).toBe(hash);
});

test("counts bytes of UTF-8, not characters", () => {
  let hash = 0x811c9dc5;
  for (const byte of [0xc3, 0xa9]) hash = Math.imul(hash ^ byte, 0x01000193);
  expect(wireId("é")).toBe(hash >>> 0);
});
