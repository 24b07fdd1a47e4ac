// Where messages are checked: on which side, when, and what the caller hears of it.
import { describe, expect, test } from "vitest";
import { Code, CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { validationError, violationsOf } from "../../../runtime/typescript/src/rpc/violations.js";
import { decodeError, encodeError } from "../../../runtime/typescript/src/session/error-frame.js";
import { maxErrorBytes } from "../../../runtime/typescript/src/session/limits.js";
import type { Violation } from "../../../runtime/typescript/src/validate/validator.js";
import { maxViolations } from "../../../runtime/typescript/src/validate/violation.js";
import { Echo, pairUp, type SideOptions } from "../../suites/peers.js";

const badRequest = { key: "invalid", value: "" };
const badAnswer = { unary: () => ({ key: "invalid answer", value: "" }) };

async function failure(promise: Promise<unknown>): Promise<CrucibleError> {
  const result = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(result).toBeInstanceOf(CrucibleError);
  return result as CrucibleError;
}

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
}

describe.each([
  ["daemon", "plugin"],
  ["plugin", "daemon"],
] as const)("a call from the %s to the %s", (caller, host) => {
  const pair = (sides: { readonly caller?: SideOptions; readonly host?: SideOptions }) => {
    const made = pairUp({ [caller]: sides.caller ?? {}, [host]: sides.host ?? {} });
    const sent = made.wire[caller === "daemon" ? "fromDaemon" : "fromPlugin"];
    return { echo: made[caller].client(Echo), bytesSent: () => sent.reduce((sum, { length }) => sum + length, 0) };
  };

  test("has its request checked on arrival, unless the host says otherwise", async () => {
    const error = await failure(pair({}).echo.unary(badRequest));
    expect(error).toMatchObject({ reason: "VALIDATION_FAILED", started: false });
    expect(error.message).toBe(
      "request of test.v1.Echo/Unary breaks the rules of its schema: key: must not be invalid",
    );
    expect(violationsOf(error)).toMatchObject([{ fieldPath: "key", ruleId: "string.not_in", forKey: false }]);
    const { echo } = pair({ host: { validation: { requests: false } } });
    expect(await echo.unary(badRequest)).toMatchObject({ key: "invalid" });
  });

  test("has its response checked before it leaves, and again when it arrives", async () => {
    const leaving = await failure(pair({ host: { handlers: badAnswer } }).echo.unary({}));
    expect(leaving).toMatchObject({ reason: "VALIDATION_FAILED", code: Code.Internal, started: true });
    const arriving = await failure(
      pair({ host: { handlers: badAnswer, validation: { responses: false } } }).echo.unary({}),
    );
    expect(arriving).toMatchObject({ reason: "VALIDATION_FAILED", code: Code.Internal, started: true });
    expect(arriving.message).toMatch(/^response of test\.v1\.Echo\/Unary breaks/);
    expect(violationsOf(arriving)).toHaveLength(1);
    const { echo } = pair({
      caller: { validation: { responses: false } },
      host: { handlers: badAnswer, validation: { responses: false } },
    });
    expect(await echo.unary({})).toMatchObject({ key: "invalid answer" });
  });

  test("says that its handler had begun when a later request breaks the rules", async () => {
    const error = await failure(pair({}).echo.up([{ key: "a" }, badRequest]));
    expect(error).toMatchObject({ reason: "VALIDATION_FAILED", code: Code.InvalidArgument, started: true });
    expect(violationsOf(error)).toMatchObject([{ fieldPath: "key" }]);
  });

  test("has its requests checked before they leave where that is asked for", async () => {
    const { echo, bytesSent } = pair({ caller: { validation: { requestsSent: true } } });
    const before = bytesSent();
    const error = await failure(echo.unary(badRequest));
    expect(error).toMatchObject({ reason: "VALIDATION_FAILED", started: false });
    expect(violationsOf(error)).toMatchObject([{ fieldPath: "key" }]);
    const streamed = await failure(drain(echo.down(badRequest)));
    expect(streamed.reason).toBe("VALIDATION_FAILED");
    // Nothing has left for either of them.
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(bytesSent()).toBe(before);
    expect((await failure(echo.up([{ key: "a" }, badRequest]))).reason).toBe("VALIDATION_FAILED");
    expect((await failure(drain(echo.both([badRequest])))).reason).toBe("VALIDATION_FAILED");
    expect(await echo.unary({ key: "a", value: "b" })).toMatchObject({ key: "a", value: "b" });
    expect(await echo.up([{ key: "a" }, { key: "b" }])).toMatchObject({ key: "2" });
  });
});

describe("the violations of an error", () => {
  const make = (count: number, fieldPath: (i: number) => string): Violation[] =>
    Array.from({ length: count }, (_, i) => ({
      fieldPath: fieldPath(i),
      rulePath: "map.values.string.len",
      ruleId: "string.len",
      message: "must be 3 characters",
      forKey: false,
    }));
  const errorOf = (violations: Violation[]): CrucibleError => validationError("request of a.B/C", violations, false);
  /** The error as the other side reads it. */
  const overTheWire = (error: CrucibleError): CrucibleError => {
    const bytes = encodeError(error);
    expect(bytes.length).toBeLessThanOrEqual(maxErrorBytes);
    return decodeError(bytes);
  };

  test("arrive in their order, the first of many, with how many there are", () => {
    const error = overTheWire(errorOf(make(40, (i) => `items[${i}]`)));
    expect(error.message).toMatch(/: items\[0\]: must be 3 characters \(and 39 more\)$/);
    expect(violationsOf(error).map(({ fieldPath }) => fieldPath)).toEqual(
      Array.from({ length: 32 }, (_, i) => `items[${i}]`),
    );
    const capped = errorOf(make(maxViolations, () => "x"));
    expect(capped.message).toMatch(/\(and at least 999 more\)$/);
  });

  test("arrive cut when the keys in their paths are long", () => {
    for (const key of ["k".repeat(100_000), "\u{1f600}".repeat(50_000), "\u65e5".repeat(100_000)]) {
      const error = overTheWire(errorOf(make(32, () => `pairs["${key}"]`)));
      expect(error.message.length).toBeLessThan(700);
      const violations = violationsOf(error);
      expect(violations.length).toBeGreaterThan(4);
      for (const { fieldPath, ruleId } of violations) {
        expect(fieldPath.length).toBeLessThanOrEqual(512);
        expect(fieldPath).toMatch(/^pairs\["(?:k|\u{1f600}|\u65e5)+\u2026$/u);
        expect(ruleId).toBe("string.len");
      }
    }
  });

  test("are none where a peer sent no violations, or nonsense", () => {
    expect(violationsOf(new CrucibleError("X", "x"))).toEqual([]);
    const typeName = "crucible.ipc.v1.Violations";
    expect(violationsOf(new CrucibleError("X", "x", { details: [{ typeName, value: Uint8Array.of(255) }] }))).toEqual(
      [],
    );
  });
});
