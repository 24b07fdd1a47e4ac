import { describe, expect, test } from "vitest";
import { RestartBudget, resolveRestart, type RestartOptions } from "../../../runtime/typescript/src/daemon/restart.js";
import { ManualClock } from "../../suites/manual-clock.js";

function budget(options: RestartOptions, random = 0): { take: () => number | undefined; clock: ManualClock } {
  const clock = new ManualClock();
  const made = new RestartBudget(resolveRestart(options), clock, () => random);
  return { take: () => made.take(), clock };
}

describe("restarts", () => {
  test("pauses double up to the longest, half of each is random", () => {
    const options = { firstDelayMs: 100, maxDelayMs: 500, maxRestarts: 6 };
    const least = budget(options);
    expect(Array.from({ length: 7 }, least.take)).toEqual([50, 100, 200, 250, 250, 250, undefined]);
    const most = budget(options, 0.999_999);
    expect(Array.from({ length: 4 }, most.take)).toEqual([100, 200, 400, 500]);
  });

  test("those that are long ago do not count, neither for the number nor for the pause", () => {
    const { take, clock } = budget({ firstDelayMs: 100, maxRestarts: 2, windowMs: 10_000 });
    expect([take(), take(), take()]).toEqual([50, 100, undefined]);
    clock.advance(9_999);
    expect(take()).toBeUndefined();
    clock.advance(1);
    expect([take(), take(), take()]).toEqual([50, 100, undefined]);
  });

  test("never", () => {
    expect(budget({ policy: "never" }).take()).toBeUndefined();
  });

  test.each([
    [{ policy: "always" }, 'restart.policy is "always"; it is "on-failure" or "never"'],
    [{ maxRestarts: 0 }, "restart.maxRestarts is 0; it is a whole number from 1 to 1000"],
    [{ firstDelayMs: 1.5 }, "restart.firstDelayMs is 1.5; it is a whole number from 1 to 3600000"],
    [{ windowMs: NaN }, "restart.windowMs is NaN; it is a whole number from 1 to 86400000"],
    [
      { maxRestart: 3 },
      'restart has no option "maxRestart"; the options are policy, firstDelayMs, maxDelayMs, maxRestarts, windowMs',
    ],
  ])("%j", (options, message) => {
    expect(() => resolveRestart(options as RestartOptions)).toThrow(
      expect.objectContaining({ reason: "OPTION_INVALID", message }),
    );
  });
});
