import { expect, test } from "vitest";
import { failureOf } from "../../../../generator/call/call.js";
import { type RuntimeDoor } from "../../../../generator/call/runtime.js";
import { Code, CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { validationError, violationsOf } from "../../../../runtime/typescript/src/rpc/violations.js";

const door = { Code, CrucibleError, violationsOf } as unknown as RuntimeDoor;

/** What is told of so many broken rules. */
function told(rules: number): string {
  const violations = Array.from({ length: rules }, (_, i) => ({
    fieldPath: i === 1 ? "" : `tags[${i}]`,
    rulePath: "string.min_len",
    ruleId: "string.min_len",
    message: "is short",
    forKey: false,
  }));
  const failure = failureOf(validationError("request of a.A/B", violations, false), door, new AbortController().signal);
  return (failure as Error).message.replace("VALIDATION_FAILED: request of a.A/B breaks the rules of its schema: ", "");
}

test("broken rules are told in one line, ten of them", () => {
  expect(told(1)).toBe("tags[0]: is short (exit code 103)");
  expect(told(3)).toBe("tags[0]: is short; is short; tags[2]: is short (exit code 103)");
  expect(told(10)).toMatch(/; tags\[9\]: is short \(exit code 103\)$/);
  expect(told(12)).toMatch(/; tags\[9\]: is short \(and 2 more\) \(exit code 103\)$/);
});
