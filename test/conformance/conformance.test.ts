// The conformance suite of protobuf against generated codecs: binary and JSON, what is required and what is recommended.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseJson } from "./json-text.js";
import { findRunner } from "./runner.js";
import { buildTestee } from "./testee-program.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const knownFailures = fileURLToPath(new URL("known-failures.txt", import.meta.url));

/** How many requests of each message type the suite makes of generated codecs, at least. */
const types = {
  "proto2.TestAllTypesProto2": 1200,
  "proto3.TestAllTypesProto3": 1400,
  "editions.proto2.TestAllTypesProto2": 1200,
  "editions.proto3.TestAllTypesProto3": 1400,
  "editions.TestAllTypesEdition2023": 14,
};

const runner = findRunner();
if ("reason" in runner) console.log(`The conformance suite is skipped: ${runner.reason}`);

describe("the list of known failures", () => {
  it("is empty", () => {
    const lines = readFileSync(knownFailures, "utf8").split("\n");
    expect(lines.filter((line) => line.trim() !== "" && !line.startsWith("#"))).toEqual([]);
  });
});

describe("the JSON that the testee reads", () => {
  it.each(['{"a":1,"a":2}', '{"a":{"b":1},"\\u0061":2}', '[{"b":"{","b":[]}]', '{"":1,"" : 2}'])(
    "refuses %s",
    (text) => {
      expect(() => parseJson(text)).toThrow("two members are named");
    },
  );

  it.each(['{"a":"a:","b":{"a":1}}', '[{"a":1},{"a":"\\":"}]', '"a:"', '{"a":{},"b":{"a":"}"},"c":0}'])(
    "takes %s",
    (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    },
  );
});

describe.skipIf("reason" in runner)("generated codecs", () => {
  let folder: string;
  let testee: string[];
  beforeAll(async () => {
    mkdirSync(join(root, ".cache/conformance"), { recursive: true });
    folder = mkdtempSync(join(root, ".cache/conformance/run-"));
    testee = await buildTestee(folder);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("pass all that is required and recommended, binary and JSON", () => {
    const [program = "", ...args] = "command" in runner ? runner.command : [];
    // The default leaves out editions altogether.
    args.push("--enforce_recommended", "--maximum_edition", "2024", "--failure_list", knownFailures);
    args.push("--output_dir", folder, process.execPath, ...testee, join(folder, "tally.txt"));
    const { stdout, stderr, status } = spawnSync(program, args, {
      encoding: "utf8",
      timeout: 110_000,
      maxBuffer: 256 * 1024 * 1024,
    });
    const report = `${stdout}${stderr}`;
    const errors = report.split("\n").filter((line) => line.startsWith("ERROR"));
    expect({ errors, status }, report.slice(-2000)).toEqual({ errors: [], status: 0 });

    // Two suites: binary with JSON, and the text format, which protobuf-es does not speak.
    const results = [...report.matchAll(/CONFORMANCE SUITE (PASSED|FAILED): (.*)/g)].map(([, , counts]) => counts);
    expect(results).toEqual([
      expect.stringMatching(/^\d{4,} successes, 0 skipped, 0 expected failures, 0 unexpected failures/),
      expect.stringMatching(/^0 successes, \d+ skipped, 0 expected failures, 0 unexpected failures/),
    ]);
    console.log(`Conformance suite: ${results[0]}`);

    const tally = readFileSync(join(folder, "tally.txt"), "utf8").split("\n");
    for (const [type, least] of Object.entries(types)) {
      const answered = tally.filter(
        (line) => line.startsWith(`protobuf_test_messages.${type} `) && !/skipped/.test(line),
      );
      expect(sum(answered), type).toBeGreaterThanOrEqual(least);
      expect(sum(answered.filter((line) => /protobufPayload: protobufPayload/.test(line))), type).toBeGreaterThan(0);
    }
  }, 120_000);
});

/** Adds the numbers at the ends of lines. */
function sum(lines: readonly string[]): number {
  return lines.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
}
