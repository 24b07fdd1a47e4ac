import { afterEach, expect, test, vi } from "vitest";
import { logToStderr } from "../../../runtime/typescript/src/daemon/log.js";
import type { LogRecord } from "../../../runtime/typescript/src/observe/log.js";

afterEach(() => {
  vi.restoreAllMocks();
});

function written(record: LogRecord): string {
  let text = "";
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  logToStderr(record);
  return text;
}

test("warnings, errors and what plugins print are one line of JSON each", () => {
  const text = written({ level: "warn", message: "two\nlines", pluginId: "search", reason: "PEER_LOST" });
  expect(text.endsWith("\n")).toBe(true);
  const { time, ...rest } = JSON.parse(text) as Record<string, unknown>;
  expect(rest).toEqual({ level: "warn", plugin: "search", reason: "PEER_LOST", message: "two lines" });
  expect(new Date(time as string).toISOString()).toBe(time);

  const printed = JSON.parse(
    written({ level: "info", message: "\u001b[31mred", pluginId: "search", stream: "stdout" }),
  ) as object;
  expect(printed).toMatchObject({ level: "info", stream: "stdout", message: "\u001b[31mred" });
  const thrown = JSON.parse(written({ level: "error", message: "m", error: new Error("deep") })) as { stack: string };
  expect(thrown.stack).toContain("deep");
});

test("the rest is not written", () => {
  expect(written({ level: "info", message: "m" })).toBe("");
  expect(written({ level: "debug", message: "m" })).toBe("");
});
