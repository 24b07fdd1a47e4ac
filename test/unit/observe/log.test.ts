import { expect, test } from "vitest";
import { oneLine } from "../../../runtime/typescript/src/error/text.js";
import { safeSink } from "../../../runtime/typescript/src/observe/log.js";

test("a line has no control characters and is bounded", () => {
  expect(oneLine(" a\r\n\tb\u001b[31m\u2028c\u0000 ")).toBe("a b [31m c");
  expect(oneLine("x".repeat(20), 10)).toBe(`${"x".repeat(10)}…`);
});

test("a sink that throws is nobody's problem", () => {
  const sink = safeSink(() => {
    throw new Error("disk full");
  });
  expect(() => sink({ level: "error", message: "m" })).not.toThrow();
});
