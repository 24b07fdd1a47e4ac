import { afterEach, describe, expect, it, vi } from "vitest";
import { compareTime, compareToNow, isNearNow } from "../../../runtime/typescript/src/validate/time.js";

afterEach(() => {
  vi.useRealTimers();
});

function stopAt(unixMs: number): void {
  vi.useFakeTimers({ now: unixMs, toFake: ["Date"] });
}

describe("compareTime", () => {
  it("compares seconds, then nanoseconds", () => {
    expect(compareTime({ seconds: 5n }, 4n, 999_999_999)).toBeGreaterThan(0);
    expect(compareTime({ seconds: 4n, nanos: 1 }, 4n)).toBeGreaterThan(0);
    expect(compareTime({ seconds: 4n, nanos: 1 }, 4n, 1)).toBe(0);
    expect(compareTime({ nanos: -1 }, 0n)).toBeLessThan(0);
    expect(compareTime({}, 0n)).toBe(0);
  });
});

describe("now", () => {
  it.each([1_700_000_000_250, -1500])("is compared with to the millisecond at %d", (unixMs) => {
    stopAt(unixMs);
    const seconds = BigInt(Math.floor(unixMs / 1000));
    const nanos = (unixMs - Number(seconds) * 1000) * 1_000_000;
    expect(compareToNow({ seconds, nanos })).toBe(0);
    expect(compareToNow({ seconds, nanos: nanos + 1 })).toBeGreaterThan(0);
    expect(compareToNow({ seconds: seconds - 1n, nanos })).toBeLessThan(0);
    expect(isNearNow({ seconds: seconds + 3n, nanos }, 3n)).toBe(true);
    expect(isNearNow({ seconds: seconds - 3n, nanos }, 3n)).toBe(true);
    expect(isNearNow({ seconds: seconds + 3n, nanos: nanos + 1 }, 3n)).toBe(false);
    expect(isNearNow({ seconds: seconds - 3n, nanos: nanos - 1 }, 3n)).toBe(false);
    expect(isNearNow({ seconds: seconds - 3n, nanos: nanos - 1 }, 3n, 1)).toBe(true);
  });

  it("is far from times that do not exist", () => {
    expect(isNearNow({ seconds: (1n << 63n) - 1n, nanos: 2 ** 31 - 1 }, 1n)).toBe(false);
  });
});
