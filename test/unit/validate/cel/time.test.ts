import { expect, test } from "vitest";
import { CelFault } from "../../../../runtime/typescript/src/validate/cel/fault.js";
import {
  compareTimes,
  dateOf,
  dayOfYear,
  durationMinus,
  durationPlus,
  millisOf,
  secondsOf,
  timestampMinus,
  timestampPlus,
} from "../../../../runtime/typescript/src/validate/cel/time.js";

test("missing times and parts are zero", () => {
  expect(compareTimes(undefined, {})).toBe(0);
  expect(compareTimes({ seconds: -1n }, undefined)).toBeLessThan(0);
  expect(compareTimes({ nanos: 5 }, { seconds: 0n, nanos: 4 })).toBeGreaterThan(0);
  expect([secondsOf(undefined), millisOf({ nanos: -1_999_999 })]).toEqual([0n, -1]);
});

test("timestamps keep their nanoseconds positive, durations their sign", () => {
  expect(timestampMinus({ seconds: 1n }, { seconds: 1n, nanos: 1 })).toEqual({ seconds: -1n, nanos: 999_999_999 });
  expect(timestampPlus({ nanos: 600_000_000 }, { nanos: 600_000_000 })).toEqual({ seconds: 1n, nanos: 200_000_000 });
  expect(durationMinus({ seconds: 1n }, { seconds: 2n, nanos: 500_000_000 })).toEqual({
    seconds: -1n,
    nanos: -500_000_000,
  });
  expect(durationPlus({ seconds: 1n, nanos: -1 }, undefined)).toEqual({ seconds: 0n, nanos: 999_999_999 });
});

test("what leaves the years 1 to 9999, or 64 bits of nanoseconds, is an error", () => {
  expect(() => timestampPlus({ seconds: 253_402_300_799n }, { seconds: 1n })).toThrow(CelFault);
  expect(() => timestampMinus({ seconds: -62_135_596_800n }, { nanos: 1 })).toThrow(CelFault);
  expect(() => durationPlus({ seconds: 9_223_372_036n }, { seconds: 1n })).toThrow(CelFault);
  expect(() => dateOf({ seconds: 1n << 60n })).toThrow(CelFault);
});

test("days are counted from 0, in UTC", () => {
  expect(dayOfYear({ seconds: 0n })).toBe(0);
  expect(dayOfYear({ seconds: BigInt(Date.UTC(2020, 11, 31, 23, 59) / 1000) })).toBe(365);
  expect(dayOfYear({ seconds: BigInt(Date.UTC(2021, 2, 1) / 1000) })).toBe(59);
});
