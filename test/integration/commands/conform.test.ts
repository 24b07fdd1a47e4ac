// The conformance cases against our own runtime, which passes them all, and against plugins that are wrong in one way:
// each fails the cases that are about it, and no others.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../../generator/cli.js";
import { chooseCases, conform, conformanceCases, type CaseResult } from "../../../generator/conform/conform.js";
import { program } from "../support/programs.js";
import { root } from "./installed.js";

let plugin: string;
let wire: string;
beforeAll(async () => {
  plugin = await program("conformance-plugin");
  wire = await program("bent-wire");
}, 60_000);

async function cli(args: string[], env: NodeJS.ProcessEnv = {}) {
  let stdout = "";
  let stderr = "";
  const code = await runCli(["conform", ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdin: Readable.from([]),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** Runs the cases of some rooms; what failed, with its problem. */
async function failures(
  rooms: readonly string[],
  env: NodeJS.ProcessEnv,
  bent = false,
): Promise<Record<string, string>> {
  const results: CaseResult[] = await conform({
    command: [process.execPath, ...(bent ? [wire] : []), plugin],
    cwd: root,
    env: { ...process.env, ...env },
    cases: chooseCases(rooms),
    signal: new AbortController().signal,
    patienceMs: 2_000,
    print: () => {},
    onResult: () => {},
  });
  return Object.fromEntries(results.filter(({ passed }) => !passed).map(({ name, problem }) => [name, problem]));
}

test("our own runtime passes every case", async () => {
  const { code, stdout, stderr } = await cli(["--", process.execPath, plugin]);
  expect(stdout.match(/^FAIL.*$/gm)).toBeNull();
  expect(stdout).toContain(`\n${conformanceCases.length} passed, 0 failed\n`);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^ok {4}handshake\/opens +completes the handshake with the token and the key of its ticket\n/);
}, 120_000);

describe("an application that is wrong", () => {
  test.each([
    ["metadata", ["unary"], { "unary/metadata": 'metadata of user is "bob,ada", not "ada,bob"' }],
    [
      "count",
      ["stream", "credit/respected"],
      {
        "stream/server": 'the list of numbers is "0,1,2,3,4", not "1,2,3,4,5"',
        "credit/respected": "the last number is 99, not 100",
      },
    ],
    [
      "fail",
      ["errors"],
      {
        "errors/own": expect.stringMatching(
          /^Fail ended with HANDLER_FAILED \(.*\), not with NOTE_UNKNOWN$/,
        ) as unknown,
      },
    ],
    ["talk", ["stream"], { "stream/bidi": "message 1 of Talk did not come within 2000 ms" }],
    ["stop", ["deadline"], { "deadline/enforced": "the handler of Wait is running, not stopped" }],
    ["exit", ["unary/echo"], { "unary/echo": "it ended (exit code 3) before it dialled" }],
  ])(
    "%s",
    async (fault, rooms, expected) => {
      expect(await failures(rooms, { CONFORM_FAULT: fault })).toEqual(expected);
    },
    60_000,
  );
});

describe("a runtime that is wrong", () => {
  test.each([
    ["nothing", ["unary", "stream", "credit", "shutdown"], {}],
    [
      "heartbeat",
      ["control/heartbeat", "control/event", "unary/echo"],
      {
        "control/heartbeat": "the answer to a Heartbeat did not come within 2000 ms",
      },
    ],
    [
      "credit",
      ["credit/granted", "credit/respected", "stream"],
      {
        "credit/granted": "credit for Sum did not come within 2000 ms",
      },
    ],
    [
      "half",
      ["stream/server", "stream/client", "unary"],
      {
        "stream/server": "STREAM_MISUSE: it set END_STREAM on a Stream, though it was called",
      },
    ],
    [
      "checksum",
      ["stream/server", "stream/client", "unary/echo"],
      {
        "stream/server": "BAD_CHECKSUM: it sent a frame whose checksum differs",
      },
    ],
    [
      "cancel",
      ["cancel/answered", "cancel/late", "deadline/expired"],
      {
        "cancel/answered": "the end of Wait did not come within 2000 ms",
      },
    ],
    [
      "silent",
      ["breach/version", "identity/client", "unary/echo"],
      {
        "breach/version": "the end of the connection with BAD_VERSION did not come: it closed the connection",
        "identity/client": "the end of the connection with DAEMON_IDENTITY did not come: it closed the connection",
      },
    ],
    [
      "alone",
      ["resume/comes-back", "join/bounded", "unary/echo"],
      { "resume/comes-back": "it has not dialled again within 5000 ms" },
    ],
    [
      "retired",
      ["join/retired", "join/second", "unary/echo"],
      { "join/retired": "the answer to Shutdown did not come within 2000 ms" },
    ],
    [
      "parity",
      ["control/heartbeat-sent", "unary/echo"],
      {
        "control/heartbeat-sent": "BAD_MESSAGE_ID: it opened the id 2: its own are odd",
      },
    ],
  ])(
    "%s",
    async (bend, rooms, expected) => {
      expect(await failures(rooms, { CONFORM_BEND: bend }, true)).toEqual(expected);
    },
    60_000,
  );
});

test("cases have names of their own, and a place in PROTOCOL.md", () => {
  const protocol = readFileSync(join(root, "proto/PROTOCOL.md"), "utf8");
  expect(new Set(conformanceCases.map(({ name }) => name)).size).toBe(conformanceCases.length);
  for (const { name, section } of conformanceCases) {
    const heading = `\n${section.includes(".") ? "###" : "##"} ${section.slice(1)}${section.includes(".") ? " " : ". "}`;
    expect([name, protocol.includes(heading)]).toEqual([name, true]);
  }
});

describe("the command", () => {
  test("--json, one room", async () => {
    const { code, stdout, stderr } = await cli(["--json", "unary/metadata", "--", process.execPath, plugin], {
      CONFORM_FAULT: "metadata",
    });
    expect([code, stderr]).toEqual([1, ""]);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      exitCode: 1,
      passed: 0,
      failed: 1,
      notTried: 0,
      cases: [
        {
          name: "unary/metadata",
          section: "§8",
          demands: "hands metadata on, keys that repeat in their order",
          passed: false,
          problem: 'metadata of user is "bob,ada", not "ada,bob"',
          ms: expect.any(Number) as unknown,
        },
      ],
    });
  });

  test("a case that fails, and what the plugin prints, made harmless", async () => {
    const { code, stdout, stderr } = await cli(["unary/echo", "--output", "--", process.execPath, plugin], {
      CONFORM_FAULT: "output",
    });
    expect([code, stdout]).toEqual([0, "ok    unary/echo  answers a unary call\n1 passed, 0 failed\n"]);
    expect(stderr.split("\n")[0]).toBe("[plugin] ·[31mred");
    const failed = await cli(["unary/echo", "--", process.execPath, "-e", "0"]);
    expect([failed.code, failed.stdout]).toEqual([
      1,
      "FAIL  unary/echo  answers a unary call (§9): it ended (exit code 0) before it dialled\n0 passed, 1 failed\n",
    ]);
  });

  test("a plugin without the service: one line, whatever cases were asked for", async () => {
    const echo = await program("echo-plugin");
    for (const rooms of [[], ["unary", "frames"]]) {
      expect(await cli([...rooms, "--", process.execPath, echo])).toEqual({
        code: 1,
        stdout: "",
        stderr:
          "error: the plugin hosts lab.v1.Echo, not crucible.conformance.v1.Conformance, which every case calls: implement what crucible-gen conform --schema prints\n",
      });
    }
  }, 60_000);

  test("a program that does not dial is tried once", async () => {
    const { code, stdout } = await cli(["unary", "--", process.execPath, "-e", "console.error('no wire here')"]);
    const others = chooseCases(["unary"]).length - 1;
    expect([code, stdout.replaceAll(/ {2,}/g, "  ")]).toEqual([
      1,
      `FAIL  unary/echo  answers a unary call (§9): it ended (exit code 0) before it dialled: no wire here\n0 passed, 1 failed, ${others} not tried: the program does not dial the address of its ticket\n`,
    ]);
  });

  test("--schema and --list launch nothing", async () => {
    const schema = readFileSync(join(root, "proto/crucible/conformance/v1/conformance.proto"), "utf8");
    expect(await cli(["--schema"])).toEqual({ code: 0, stdout: schema, stderr: "" });
    const { stdout } = await cli(["--list", "credit"]);
    expect(stdout.split("\n")[0]).toBe(
      "credit/respected    sends no more than its window, and goes on when it is granted (§10)",
    );
  });

  test.each([
    [
      [],
      2,
      'error: conform needs the plugin\'s program behind --, as in conform -- node dist/plugin.js: run "crucible-gen conform --help"\n',
    ],
    [["no/such", "--", "x"], 1, "error: there is no case no/such: crucible-gen conform --list shows all\n"],
    [["--", "no-such-program"], 1, 'error: "no-such-program" cannot be started (ENOENT): name a program after --\n'],
  ])("%j", async (args, code, stderr) => {
    expect(await cli(args)).toEqual({ code, stdout: "", stderr });
  });
});
