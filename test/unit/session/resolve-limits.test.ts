import { expect, test } from "vitest";
import { createLimits } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { defaultLimits } from "../../../runtime/typescript/src/session/limits.js";
import { adoptLimits, resolveLimits } from "../../../runtime/typescript/src/session/resolve-limits.js";

test("what is missing or undefined is the default", () => {
  expect(resolveLimits()).toEqual(defaultLimits);
  expect(resolveLimits({ maxCalls: 7, ...({ maxFrameBytes: undefined } as object) })).toEqual({
    ...defaultLimits,
    maxCalls: 7,
  });
});

test.each([
  { maxCalls: 0 },
  { maxCalls: 65_537 },
  { maxFrameBytes: 65_535 },
  { maxMessageBytes: 2 ** 31 },
  { heartbeatIntervalMs: 999 },
  { maxCalls: 1.5 },
  { maxCalls: Number.NaN },
  { maxCalls: "7" as unknown as number },
  { other: 1 } as object,
])("%j is refused by name", (given) => {
  const name = Object.keys(given)[0]!;
  expect(() => resolveLimits(given)).toThrow(
    expect.objectContaining({ reason: "OPTION_INVALID", message: expect.stringContaining(name) }),
  );
});

test("a plugin adopts what the daemon announces; 0 and absent mean the default", () => {
  const own = resolveLimits({ maxCalls: 5, frameTimeoutMs: 50, heartbeatIntervalMs: 60_000 });
  expect(adoptLimits(own, undefined, 0)).toEqual({ ...defaultLimits, frameTimeoutMs: 50 });
  const announced = createLimits({ maxFrameBytes: 70_000, maxCalls: 9 });
  expect(adoptLimits(own, announced, 2_000)).toEqual({
    ...defaultLimits,
    frameTimeoutMs: 50,
    maxFrameBytes: 70_000,
    maxCalls: 9,
    heartbeatIntervalMs: 2_000,
  });
  expect(() => adoptLimits(own, createLimits({ maxCalls: 70_000 }), 0)).toThrow(
    expect.objectContaining({ reason: "REGISTER_INVALID" }),
  );
  expect(() => adoptLimits(own, undefined, 10)).toThrow(expect.objectContaining({ reason: "REGISTER_INVALID" }));
});
