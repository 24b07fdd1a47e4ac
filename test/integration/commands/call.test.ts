// Calls from the shell: the command as a user has it, a plugin that is a process, no part replaced.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../../generator/cli.js";
import { program } from "../support/programs.js";
import { InstalledLab, root, type Run } from "./installed.js";

let lab: InstalledLab;
let dir: string;
let echo: string;
beforeAll(async () => {
  lab = new InstalledLab();
  const lines = readFileSync(join(root, "test/integration/lab/proto/lab/v1/lab.proto"), "utf8");
  dir = lab.project("app", {
    "proto/lab/v1/lab.proto": lines,
    "say.json": '{"text": "from a file"}',
    "bad.bin": "",
    "empty/proto/README.md": "",
  });
  echo = `${process.execPath} ${await program("echo-plugin")}`;
}, 60_000);
afterAll(() => lab.remove());
afterEach(() => expect(readdirSync(lab.temporary)).toEqual([]));

const call = (args: readonly string[], input = ""): Promise<Run> =>
  lab.command(dir, ["call", "--command", echo, ...args], input);
const answered = (...lines: string[]): Run => ({
  code: 0,
  stdout: lines.map((line) => `${line}\n`).join(""),
  stderr: "",
});

describe("every kind of method", () => {
  test("unary: from the command line, from a file, from stdin", async () => {
    expect(await call(["lab.v1.Echo/Say", '{"text":"x","payload":"AQI="}'])).toEqual(
      answered('{"text":"x","payload":"AQI="}'),
    );
    expect(await call(["lab.v1.Echo.Say", "@say.json"])).toEqual(answered('{"text":"from a file"}'));
    expect(await call(["Echo/Say", "-"], ' {"text":\n"héllo"}\n')).toEqual(answered('{"text":"héllo"}'));
    expect(await call(["Say"])).toEqual(answered("{}"));
    const behind = ["call", "Say", '{"text":"x"}', "--", ...echo.split(" ")];
    expect(await lab.command(dir, behind)).toEqual(answered('{"text":"x"}'));
    expect(await call(["Say", "--defaults"])).toEqual(answered('{"text":"","payload":""}'));
  });

  test("streams, from either side and both; 64 bits; sealed", async () => {
    expect(await call(["Count", '{"upTo":3}'])).toEqual(answered('{"value":1}', '{"value":2}', '{"value":3}'));
    expect(await call(["Sum", '{"value":"9007199254740993"}{"value":1}'])).toEqual(
      answered('{"sum":"9007199254740994"}'),
    );
    expect(await call(["Sum", "-"], '{"value":1}\n{"value":2} {"value":3}')).toEqual(answered('{"sum":"6"}'));
    expect(await call(["Chat", '{"line":"a"} {"line":"b"}'])).toEqual(
      answered('{"line":"you said a"}', '{"line":"you said b"}'),
    );
    expect((await call(["Whisper", '{"secret":"x"}'])).stdout).toMatch(/^\{"digest":"2d711642/);
  });

  test("a conversation: each answer comes before the next request is written", async () => {
    const child = spawn(process.execPath, [lab.launcher, "call", "--command", echo, "Chat", "-"], {
      cwd: dir,
      env: { PATH: "/usr/bin:/bin", TMPDIR: lab.temporary },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (const word of ["one", "two", "three"]) {
      child.stdin.write(`{"line":"${word}"}\n`);
      expect((await lines.next()).value).toBe(`{"line":"you said ${word}"}`);
    }
    child.stdin.end();
    await once(child, "close");
    expect(child.exitCode).toBe(0);
  });

  test("metadata, the folder, and nothing left behind, grandchildren included", async () => {
    const act = (action: string, argument: string): string => JSON.stringify({ action, argument });
    const pairs = ["--metadata", "user=ada", "--metadata", "user=b=c", "--metadata", "other=x"];
    expect(await call(["Act", act("metadata", "user"), ...pairs])).toEqual(answered('{"result":"ada+b=c"}'));
    expect(await call(["Act", act("directory", "")])).toEqual(answered(JSON.stringify({ result: dir })));
    const { stdout } = await call(["Act", act("grandchild", "")]);
    const pid = Number((JSON.parse(stdout) as { result: string }).result);
    await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
  });

  test("what the plugin prints goes to stderr, harmless, or nowhere", async () => {
    const request = '{"action":"print","argument":"red \\u001b[31m\\n"}';
    const { code, stdout, stderr } = await call(["Act", request]);
    expect([code, stdout]).toEqual([0, '{"result":"undefined"}\n']);
    expect(stderr.split("\n").toSorted()).toEqual(["", "[plugin] red ·[31m", "[plugin] stderr: red ·[31m"]);
    expect((await call(["Act", request, "--quiet"])).stderr).toBe("");
  });
});

describe("failures: one line with the reason, and an exit code", () => {
  const failures: [name: string, args: string[], code: number, line: RegExp][] = [
    ["a rule", ["Act", "{}"], 103, /^VALIDATION_FAILED: request of lab\.v1\.Echo\/Act .*action: .* \(exit code 103\)$/],
    [
      "an error of the plugin",
      ["Act", '{"action":"throw-own","argument":"gone"}'],
      105,
      /^NOTE_UNKNOWN: gone \(exit code 105\)$/,
    ],
    ["a handler that throws", ["Act", '{"action":"throw","argument":"boom"}'], 113, /^HANDLER_FAILED: .*boom/],
    ["a deadline", ["Act", '{"action":"wait"}', "--timeout", "200ms"], 104, /^DEADLINE_EXCEEDED: /],
    [
      "a plugin that exits",
      ["Act", '{"action":"exit","argument":"3"}'],
      114,
      /^PEER_LOST: .*; the plugin has ended \(exit code 3\) \(exit code 114\)$/,
    ],
    ["metadata that cannot be", ["Say", "{}", "--metadata", "Not OK=x"], 103, /^METADATA_INVALID: /],
  ];
  test.each(failures)("%s", async (_, args, code, line) => {
    const result = await call([...args, "--quiet"]);
    expect([result.code, result.stdout, result.stderr.split("\n").length]).toEqual([code, "", 2]);
    expect(result.stderr.replace(/^error: /, "").trimEnd()).toMatch(line);
  });

  test("all broken rules that came, as JSON", async () => {
    const { stdout } = await call(["Act", "{}", "--json"]);
    const [error] = (JSON.parse(stdout) as { errors: [{ violations: unknown }] }).errors;
    expect(error.violations).toEqual([
      { fieldPath: "action", ruleId: "string.min_len", message: "must be at least 1 characters" },
    ]);
  });

  test("as JSON, after the responses that came before", async () => {
    const { code, stdout, stderr } = await call(["Act", '{"action":"throw-own","argument":"gone"}', "--json"]);
    expect([code, stderr]).toEqual([105, ""]);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      exitCode: 105,
      errors: [
        {
          message: "NOTE_UNKNOWN: gone (exit code 105)",
          reason: "NOTE_UNKNOWN",
          code: "NotFound",
          retryable: false,
          started: true,
        },
      ],
    });
  });

  test("a program that is not there, and one that is no plugin", async () => {
    const missing = await lab.command(dir, ["call", "--command", "no-such-program", "Say"]);
    expect([missing.code, missing.stdout]).toEqual([105, ""]);
    expect(missing.stderr).toMatch(/^error: COMMAND_NOT_FOUND: [^\n]*\n$/);
    const other = await lab.command(dir, ["call", "--command", `${process.execPath} -e 0`, "Say"]);
    expect(other.code).toBe(114);
    expect(other.stderr).toMatch(/^error: PLUGIN_EXITED: [^\n]*does it call serve\(\)\? \(exit code 114\)\n$/);
  });
});

describe("mistakes: code 1, one line, no process started", () => {
  const mistakes: [name: string, args: string[], line: string | RegExp][] = [
    ["no such method", ["Sai"], /^there is no method Sai: did you mean lab\.v1\.Echo\/Say\? /],
    [
      "a method of the daemon",
      ["Vault/Get"],
      "method lab.v1.Vault/Get is hosted by the daemon, for plugins to call: call one of the plugin's own",
    ],
    ["no JSON", ["Say", '{"text":'], /^request 1 is no JSON \(.*\): "\{\\"text\\":"$/],
    ["another message", ["Say", '{"txt":1}'], /^request 1 is no lab\.v1\.SayRequest: .*txt/],
    ["two requests", ["Say", "{} {}"], "lab.v1.Echo/Say takes one request: more than one was given"],
    ["no request", ["Say", " "], "lab.v1.Echo/Say takes one request: none was given, {} is an empty one"],
    [
      "a file that is missing",
      ["Say", "@nope.json"],
      "nope.json cannot be read (ENOENT): name a file of requests after the @",
    ],
    ["a folder for a file", ["Say", "@proto"], "proto cannot be read (EISDIR): name a file of requests after the @"],
    ["a timeout", ["Say", "--timeout", "5"], '--timeout cannot be "5": write 250ms, 5s or 2m, from 1ms to 24h'],
    ["metadata", ["Say", "--metadata", "x"], '--metadata "x" is no pair: write it as in user=ada'],
  ];
  test.each(mistakes)("%s", async (_, args, line) => {
    // The program is not there: whoever tried to start it would say so.
    let stdout = "";
    let stderr = "";
    const code = await runCli(["call", "--command", "no-such-program", ...args], {
      cwd: dir,
      env: { PATH: "/usr/bin:/bin" },
      stdin: Readable.from([]),
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      signal: new AbortController().signal,
    });
    expect([code, stdout]).toEqual([1, ""]);
    if (typeof line === "string") expect(stderr).toBe(`error: ${line}\n`);
    else expect(stderr.replace(/^error: /, "").trimEnd()).toMatch(line);
  });

  test("in the middle of a stream: what came before was sent, the line says which request", async () => {
    const { code, stderr } = await call(["Chat", "-"], '{"line":"a"}\n{"lime":"b"}\n');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: request 2 is no lab\.v1\.ChatRequest: [^\n]*lime[^\n]*\n$/);
  });

  test("no runtime, no schema, no program, a quote", async () => {
    const { code, stderr } = await lab.command(join(dir, "empty"), ["call", "--command", echo, "Say"]);
    expect([code, stderr]).toEqual([1, "error: proto holds no .proto file: write one, such as proto/notes.proto\n"]);
    expect((await lab.command(dir, ["call", "--command", "node 'x", "Say"])).stderr).toMatch(
      /^error: --command has a quote '/,
    );
    expect(await lab.command(dir, ["call", "Say"])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        'error: call needs the plugin\'s program behind --, as in call Query -- node dist/plugin.js: run "crucible-gen call --help"\n',
    });
  });
});

describe("--list", () => {
  test("what the plugin hosts, what the schema says", async () => {
    const expected = `lab.v1.Echo
  Say(lab.v1.SayRequest) returns (lab.v1.SayResponse)  # Says the same again.
  Count(lab.v1.CountRequest) returns (stream lab.v1.CountResponse)  # Counts from 1.
  Sum(stream lab.v1.SumRequest) returns (lab.v1.SumResponse)  # Adds up.
  Chat(stream lab.v1.ChatRequest) returns (stream lab.v1.ChatResponse)  # Answers each line.
  Whisper(lab.v1.WhisperRequest) returns (lab.v1.WhisperResponse)  # Sealed, whatever it carries.
  Quote(lab.v1.QuoteRequest) returns (lab.v1.QuoteResponse)  # Says the same again, compressed.
  Act(lab.v1.ActRequest) returns (lab.v1.ActResponse)  # Does what its action says: see the fixture.
`;
    expect(await call(["--list"])).toEqual({ code: 0, stdout: expected, stderr: "" });
    expect(await lab.command(dir, ["call", "--list"])).toEqual({ code: 0, stdout: expected, stderr: "" });
    const { stdout } = await call(["--list", "--json"]);
    const told = JSON.parse(stdout) as { ok: boolean; methods: object[] };
    expect(told.methods.length).toBe(7);
    expect(told.methods[1]).toEqual({
      method: "lab.v1.Echo/Count",
      kind: "server_stream",
      request: "lab.v1.CountRequest",
      response: "lab.v1.CountResponse",
      about: "Counts from 1.",
    });
  });
});

test("Ctrl-C: code 130, the plugin ends with the command", async () => {
  const child = spawn(process.execPath, [lab.launcher, "call", "--command", echo, "Chat", "-"], {
    cwd: dir,
    env: { PATH: "/usr/bin:/bin", TMPDIR: lab.temporary },
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.write('{"line":"a"}\n');
  await once(child.stdout, "data");
  child.kill("SIGINT");
  await once(child, "close");
  expect([child.exitCode, stderr]).toEqual([130, "error: interrupted: the plugin was ended\n"]);
});

test("output that nobody reads any more: no stack, no process left", async () => {
  const child = spawn(process.execPath, [lab.launcher, "call", "--command", echo, "Count", '{"upTo":200000}'], {
    cwd: dir,
    env: { PATH: "/usr/bin:/bin", TMPDIR: lab.temporary },
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child.stdout, "data");
  child.stdout.destroy();
  await once(child, "close");
  expect([child.exitCode, stderr]).toEqual([130, ""]);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
