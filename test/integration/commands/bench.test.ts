// Load on a plugin, by the command as a user has it. What is counted is tested, never how fast it was.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { program } from "../support/programs.js";
import { InstalledLab, root, type Run } from "./installed.js";

let lab: InstalledLab;
let dir: string;
let echo: string;
beforeAll(async () => {
  lab = new InstalledLab();
  const schema = readFileSync(join(root, "test/integration/lab/proto/lab/v1/lab.proto"), "utf8");
  dir = lab.project("app", { "proto/lab/v1/lab.proto": schema });
  echo = await program("echo-plugin");
}, 60_000);
afterAll(() => lab.remove());
afterEach(() => expect(readdirSync(lab.temporary)).toEqual([]));

const bench = (...args: string[]): Promise<Run> =>
  lab.command(dir, ["bench", ...args, "--duration", "200ms", "--warm-up", "20ms", "--", process.execPath, echo]);

interface Report {
  readonly ok: boolean;
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly responses: number;
  readonly seconds: number;
  readonly latencyMs: Readonly<Record<"min" | "p50" | "p90" | "p99" | "p999" | "max", number>>;
  readonly failed: Readonly<Record<string, number>>;
  readonly messages: Readonly<Record<string, string>>;
}

describe("every kind of method", () => {
  test.each([
    ["Say", '{"text":"x"}', 1, { requestBytes: 3, responseBytes: 3 }],
    ["Count", '{"upTo":7}', 7, { requestBytes: 2, responseBytes: 14 }],
    ["Sum", '{"value":1}{"value":2}', 1, { requestBytes: 4, responseBytes: 2 }],
    ["Chat", '{"line":"a"}{"line":"b"}', 2, { requestBytes: 6 }],
    ["Whisper", '{"secret":"x"}', 1, { requestBytes: 3 }],
  ])("%s", async (method, request, responses, expected) => {
    const { code, stdout, stderr } = await bench(method, request, "-c", "4", "--json");
    expect([code, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({
      ok: true,
      method: `lab.v1.Echo/${method}`,
      concurrency: 4,
      failed: {},
      ...expected,
    });
    expect(report.calls).toBeGreaterThan(0);
    expect(report.responses).toBe(report.calls * responses);
    expect(report.callsPerSecond).toBe(Math.round(report.calls / report.seconds));
    const { min, p50, p90, p99, p999, max } = report.latencyMs;
    expect([min, p50, p90, p99, p999, max].toSorted((a, b) => a - b)).toEqual([min, p50, p90, p99, p999, max]);
  });

  test("as text", async () => {
    const { code, stdout } = await bench("Count", '{"upTo":2}');
    expect(code).toBe(0);
    const memory = process.platform === "linux" ? "memory   \\d+ MiB in the plugin\\n" : "";
    expect(stdout).toMatch(
      new RegExp(
        `^lab\\.v1\\.Echo/Count, 16 at a time for \\d+\\.\\d s\\ncalls {4}[\\d,]+ calls/s \\([\\d,]+ calls\\)\\nstream {3}[\\d,]+ responses\\n` +
          `bytes {4}2 out, 4 back\\nlatency  p50 [\\d.]+ ms, p90 [\\d.]+ ms, p99 [\\d.]+ ms, p99\\.9 [\\d.]+ ms, max [\\d.]+ ms\\n${memory}$`,
      ),
    );
  });
});

describe("what goes wrong", () => {
  test("calls that fail are counted by reason; the exit code says so", async () => {
    const { code, stdout } = await bench("Act", '{"action":"throw-own","argument":"x"}', "--json");
    const report = JSON.parse(stdout) as Report;
    expect([code, report.ok, report.calls, Object.keys(report.failed)]).toEqual([1, false, 0, ["NOTE_UNKNOWN"]]);
    expect(report.messages).toEqual({ NOTE_UNKNOWN: "x" });
    const late = await bench("Act", '{"action":"wait"}', "--timeout", "20ms");
    expect(late.stdout).not.toContain("latency");
    expect([late.code, late.stdout]).toEqual([
      1,
      expect.stringMatching(/\nfailed {3}\d+ calls: DEADLINE_EXCEEDED: [^\n]+\n$/),
    ]);
  });

  test("a plugin that ends: the code of the error", async () => {
    const { code, stdout, stderr } = await bench("Act", '{"action":"exit","argument":"3"}');
    expect([code, stdout]).toEqual([114, ""]);
    expect(stderr).toMatch(/^error: PEER_LOST: [^\n]*\n$/);
  });

  test.each([
    [["bench", "Say"], 2, /^error: bench needs the plugin's program behind --/],
    [["bench", "Say", "-c", "0", "--", "x"], 1, /^error: --concurrency cannot be "0": write 1 to 10000\n$/],
    [["bench", "Say", "--duration", "5", "--", "x"], 1, /^error: --duration cannot be "5": /],
    [["bench", "Sai", "--", "x"], 1, /^error: there is no method Sai: did you mean lab\.v1\.Echo\/Say/],
    [["bench", "Say", "--", "no-such-program"], 105, /^error: COMMAND_NOT_FOUND: /],
  ])("%j", async (args, expected, line) => {
    const { code, stdout, stderr } = await lab.command(dir, args);
    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr).toMatch(line);
  });
});
