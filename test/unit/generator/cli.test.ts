import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { type CliHost, ExitCode, runCli } from "../../../generator/cli.js";
import { packageVersion } from "../../../generator/package-root.js";

const empty = mkdtempSync(join(tmpdir(), "crucible-cli-"));
const broken = join(empty, "broken");
mkdirSync(join(broken, "proto"), { recursive: true });
writeFileSync(join(broken, "proto/a.proto"), `syntax = "proto3";\n${"message {}\n".repeat(30)}`);
afterAll(() => rmSync(empty, { recursive: true, force: true }));

async function run(args: string[], overrides: Partial<CliHost> = {}) {
  let stdout = "";
  let stderr = "";
  const code = await runCli(args, {
    cwd: empty,
    env: {},
    stdin: Readable.from([]),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
    ...overrides,
  });
  return { code, stdout, stderr };
}

describe("asked for help", () => {
  const words: [args: string[], words: string[]][] = [
    [["--help"], ["generate", "--version", "Exit codes", "70", "<command> --help"]],
    [["-h"], ["generate", "--version", "Exit codes", "70"]],
    [
      ["add", "method", "--help"],
      ["--request", "--server-stream", "--dry-run", "--no-skeleton", "--json", "Exit codes"],
    ],
    [
      ["generate", "--help"],
      ["generate", "--config", "--out", "--no-skeleton", "--json", "--version", "Exit codes", "70"],
    ],
  ];
  test.each(words)("%j", async (args, expected) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stderr]).toEqual([ExitCode.Ok, ""]);
    for (const word of expected) expect(stdout).toContain(word);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain("\u001b");
  });

  test("the version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${packageVersion()}\n`, stderr: "" });
    expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe("arguments that make no sense: code 2, one line, where to look", () => {
  test.each([
    [[], 'no command is given: run "crucible-gen --help"'],
    [["generat"], 'there is no generat: did you mean generate? run "crucible-gen --help"'],
    [["frobnicate"], 'there is no command frobnicate: run "crucible-gen --help"'],
    [["--bogus"], "no command is given"],
    [["generate", "--bogus"], 'generate has no option --bogus: run "crucible-gen generate --help"'],
    [["generate", "--cofnig=x"], "generate has no option --cofnig: did you mean --config? run"],
    [["generate", "--skeletn", "--nope"], "generate has no option --skeletn: run"],
    [["check", "--no-skeletn"], "check has no option --no-skeletn: did you mean --no-skeleton? run"],
    [["generate", "extra"], 'generate has no use for "extra": run'],
    [["generate", "--out"], "--out wants a value: run"],
    [["check", "--allow", "huge"], "--allow cannot be huge, but major, minor or patch: run"],
    [["completion", "tcsh"], "shell cannot be tcsh, but bash, zsh or fish: run"],
    [["add", "method", "Notes"], 'add method wants 2 words, and got 1: run "crucible-gen add method --help"'],
    [["add", "enum"], "add enum is nothing that can be done: write add service or method: run"],
    [["call", "Get"], "call needs the plugin's program behind --, as in call Query -- node dist/plugin.js: run"],
    [
      ["call", "Get", "--command=node a.js", "--", "node", "b.js"],
      "call takes --command or a program behind --, not both: run",
    ],
    [["check", "--", "node"], "check takes no --: run"],
  ])("%j", async (args, line) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([ExitCode.Usage, ""]);
    expect(stderr).toMatch(/^error: [^\n]*run "crucible-gen (?:[a-z]+ )*--help"\n$/);
    expect(stderr.startsWith(`error: ${line}`), stderr).toBe(true);
  });
});

describe("mistakes: code 1", () => {
  test("without a place", async () => {
    const { code, stdout, stderr } = await run(["generate"]);
    expect([code, stdout]).toEqual([ExitCode.Mistake, ""]);
    expect(stderr).toBe(
      `error: there is neither buf.gen.yaml nor a folder proto in ${empty}: write proto/notes.proto, or go to the folder that has it\n`,
    );
  });

  test("with a place, as editors read it; no more than twenty", async () => {
    const { code, stderr } = await run(["generate"], { cwd: broken });
    expect(code).toBe(ExitCode.Mistake);
    const lines = stderr.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^proto\/a\.proto:2:\d+: /);
    expect(lines.length).toBe(21);
    expect(lines[20]).toMatch(/^\.\.\. and \d+ more$/);
  });

  test("as JSON: all of them, on stdout, nothing else", async () => {
    const { code, stdout, stderr } = await run(["generate", "--json"], { cwd: broken });
    expect([code, stderr]).toEqual([ExitCode.Mistake, ""]);
    const told = JSON.parse(stdout) as { ok: boolean; exitCode: number; errors: object[] };
    expect(told).toMatchObject({ ok: false, exitCode: 1 });
    expect(told.errors.length).toBeGreaterThan(20);
    expect(told.errors[0]).toMatchObject({ path: "proto/a.proto", line: 2, message: expect.any(String) as unknown });
  });
});

const told = async (env: NodeJS.ProcessEnv, isTTY: boolean): Promise<string> => {
  let text = "";
  await run(["generate"], { env, stderr: { isTTY, write: (more) => (text += more) } });
  return text;
};

describe("colours", () => {
  test("only on a terminal, and not for those who ask for none", async () => {
    expect(await told({}, true)).toContain("\u001b[31merror\u001b[39m");
    expect(await told({}, false)).not.toContain("\u001b");
    expect(await told({ NO_COLOR: "1" }, true)).not.toContain("\u001b");
    expect(await told({ TERM: "dumb" }, true)).not.toContain("\u001b");
  });
});

describe("faults and interruptions", () => {
  const failing: CliHost["stdout"] = {
    write() {
      throw new TypeError("boom\nsecond line");
    },
  };

  test("a fault of ours: code 70, one line, the stack only when asked for", async () => {
    const { code, stderr } = await run(["--version"], { stdout: failing });
    expect(code).toBe(ExitCode.Internal);
    expect(stderr).toBe("error: a fault of crucible-gen: boom (report it with CRUCIBLE_DEBUG=1 set)\n");
    const debug = await run(["--version"], { stdout: failing, env: { CRUCIBLE_DEBUG: "1" } });
    expect(debug.stderr).toContain("at Object.write");
  });

  test("interrupted: code 130", async () => {
    const { code, stderr } = await run(["generate"], { cwd: broken, signal: AbortSignal.abort(new Error("SIGINT")) });
    expect([code, stderr]).toEqual([ExitCode.Interrupted, "error: interrupted: nothing was changed\n"]);
  });
});
