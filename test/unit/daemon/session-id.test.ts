import { expect, test } from "vitest";
import { drawSessionId } from "../../../runtime/typescript/src/daemon/session-id.js";

test("byte 6 has high nibble 8, everything else is drawn", () => {
  const drawn = Array.from({ length: 200 }, drawSessionId);
  expect(drawn.every(({ sessionLo }) => ((sessionLo >>> 12) & 0xf) === 8)).toBe(true);
  expect(new Set(drawn.map(({ sessionHi, sessionLo }) => `${sessionHi} ${sessionLo}`)).size).toBe(200);
  // Each other bit is 1 somewhere and 0 somewhere.
  const fold = (pick: (a: number, b: number) => number, half: "sessionHi" | "sessionLo"): number =>
    drawn.map((id) => id[half]).reduce(pick) >>> 0;
  expect(fold((a, b) => a | b, "sessionHi")).toBe(0xffff_ffff);
  expect(fold((a, b) => a & b, "sessionHi")).toBe(0);
  expect(fold((a, b) => a | b, "sessionLo")).toBe(0xffff_8fff);
  expect(fold((a, b) => a & b, "sessionLo")).toBe(0x8000);
});
