// Completion as a shell does it: bash itself is asked; zsh and fish judge their scripts where they are installed.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../../../../generator/cli.js";
import { commands } from "../../../../generator/commands/commands.js";
import { outlineOf } from "../../../../generator/completion/outline.js";
import { completionScript, shells } from "../../../../generator/completion/scripts.js";

const folder = mkdtempSync(join(tmpdir(), "crucible-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const outline = outlineOf(commands);
const script = join(folder, "bash");
writeFileSync(script, completionScript("bash", outline));
writeFileSync(join(folder, "notes.proto"), "");
const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

/** What bash offers for the last word. */
function complete(...words: string[]): string[] {
  const typed = ["crucible-gen", ...words].map((word) => `'${word}'`).join(" ");
  const text = `source ${script}; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _crucible_gen; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const answer = execFileSync("bash", ["--norc", "-c", text], { cwd: folder, encoding: "utf8" });
  return answer
    .split("\n")
    .filter((line) => line !== "")
    .toSorted();
}

describe.runIf(has("bash"))("bash", () => {
  test("commands, those below them, options, their values", () => {
    expect(complete("")).toEqual(
      [...commands.map(({ usage }) => usage.split(" ")[0]!), "--help", "--version"].toSorted(),
    );
    expect(complete("ge")).toEqual(["generate"]);
    expect(complete("add", "")).toEqual(["--help", "method", "service"]);
    expect(complete("add", "method", "Search", "Query", "--re")).toEqual(["--request", "--response"]);
    expect(complete("generate", "--no")).toEqual(["--no-skeleton"]);
    expect(complete("init", "--kind", "")).toEqual(["daemon", "plugin"]);
    expect(complete("add", "service", "X", "--host", "d")).toEqual(["daemon"]);
    expect(complete("completion", "z")).toEqual(["zsh"]);
  });

  test("files where files are wanted, nothing where nobody can know, programs behind --", () => {
    expect(complete("add", "service", "X", "--file", "no")).toEqual(["notes.proto"]);
    expect(complete("add", "service", "X", "--comment", "")).toEqual([]);
    expect(complete("conform", "--", "bas")).toContain("bash");
    expect(complete("bench", "Say", "--", "node", "no")).toEqual(["notes.proto"]);
  });
});

test("every option of every command is in every script", () => {
  for (const shell of shells) {
    const text = completionScript(shell, outline);
    for (const { name, options } of outline) {
      expect(text).toContain(name);
      for (const option of options.flatMap(({ names }) => names)) {
        const typed =
          shell !== "fish" ? option : option.startsWith("--") ? `-l ${option.slice(2)} ` : `-s ${option.slice(1)} `;
        expect([shell, name, text.includes(typed) ? typed : "missing"]).toEqual([shell, name, typed]);
      }
    }
  }
  expect(outline.find(({ name }) => name === "bench")!.options.flatMap(({ names }) => names)).not.toContain("--c");
});

test.each(["zsh", "fish"] as const)("%s takes its script, where it is installed", (shell) => {
  const path = join(folder, shell);
  writeFileSync(path, completionScript(shell, outline));
  if (has(shell)) execFileSync(shell, ["-n", path]);
  // Quotes are even on each line of what they all share, so that no text of an option opens one.
  for (const line of completionScript(shell, outline).split("\n")) {
    if (line.startsWith("#")) continue;
    expect([line, line.replaceAll(/'\\''|\\'/g, "").split("'").length % 2]).toEqual([line, 1]);
  }
});

describe("the command", () => {
  const run = async (args: string[], env: NodeJS.ProcessEnv) => {
    let stdout = "";
    let stderr = "";
    const code = await runCli(["completion", ...args], {
      cwd: folder,
      env,
      stdin: Readable.from([]),
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      signal: new AbortController().signal,
    });
    return { code, stdout, stderr };
  };

  test("prints the script of the shell that is named, or of $SHELL", async () => {
    expect(await run(["fish"], {})).toEqual({ code: 0, stdout: completionScript("fish", outline), stderr: "" });
    expect((await run([], { SHELL: "/usr/bin/zsh" })).stdout).toBe(completionScript("zsh", outline));
  });

  test("names the shells that it knows", async () => {
    const { code, stdout, stderr } = await run([], { SHELL: "/bin/tcsh" });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe('error: completion needs a shell: bash, zsh, fish: run "crucible-gen completion --help"\n');
    expect((await run(["tcsh"], {})).code).toBe(2);
  });
});
