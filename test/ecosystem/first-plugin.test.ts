// docs/first-plugin.md, followed by a new user in an empty folder, from the packed tarballs: every message on the way is compared.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { applyDiff, blocksOf } from "../support/guides.js";
import { type Both, environment, home, packBoth, removeHome, root } from "../package/packed.js";

let both: Both;
beforeAll(() => {
  both = packBoth();
}, 120_000);
afterAll(() => removeHome(), 60_000);

/** What differs from run to run and from machine to machine. */
function settle(text: string): string {
  return text
    .replaceAll(join(home, "work"), "FOLDER")
    .replaceAll(/\(\d+(?:\.\d+)?ms\)|(?<=duration_ms )[\d.]+/g, "TIME")
    .replaceAll(/^added \d+ packages in \S+$/gm, "added packages");
}

/** Where the next block starts. */
let cwd = "";

/**
 * Runs a block.
 *
 * @param interruptAt a line at which the user presses Ctrl-C.
 * @returns what was printed and the exit code.
 */
async function runBlock(script: string, interruptAt?: string): Promise<[string, number | null]> {
  // The packages are not published from here: what would come from the registry comes from the tarballs.
  const local = script
    .replaceAll(/^npx crucible-gen init/gm, `npx --yes --package=${both.paths[0]} crucible-gen init`)
    .replaceAll(/^npm install$/gm, `npm install --no-save ${both.paths.join(" ")}`);
  // Told by a trap, so that a block that fails half-way tells too.
  const folder = join(home, "folder.txt");
  const child = spawn("sh", ["-ec", `exec 2>&1\ntrap 'pwd > ${folder}' EXIT\n${local}`], {
    cwd,
    env: {
      ...environment(),
      NODE_OPTIONS: "--test-reporter=spec",
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
      // Also where these tests were started by a silent npm.
      npm_config_loglevel: "notice",
    },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    if (interruptAt !== undefined && printed.includes(interruptAt)) process.kill(-child.pid!, "SIGINT");
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  cwd = readFileSync(folder, "utf8").trim();
  return [printed, code];
}

test("what docs/first-plugin.md says to do does what it says", async () => {
  cwd = join(home, "work");
  mkdirSync(cwd);
  const document = readFileSync(join(root, "docs/first-plugin.md"), "utf8");
  let ran = 0;
  let printed: [string, number | null] | undefined;
  const blocks = blocksOf(document);
  for (const [at, { language, note, text }] of blocks.entries()) {
    if (language === "diff") applyDiff(join(cwd, /^file=(\S+)$/.exec(note)![1]!), text);
    else if (language === "sh") {
      const interrupted = note === "run interrupted";
      const expected = blocks[at + 1]!.text;
      printed = await runBlock(text, interrupted ? expected.trimEnd().split("\n").at(-1) : undefined);
      // Both ways of ending by Ctrl-C are well: npm says nothing of it, or its signal.
      if (!interrupted) expect([text, printed]).toEqual([text, [expect.any(String), exitOf(note)]]);
      ran++;
    } else {
      expect(note).toBe("output");
      expect(settle(printed![0])).toBe(settle(text));
    }
  }
  expect(ran).toBe(14);
}, 300_000);

function exitOf(note: string): number {
  return Number(/^run(?: exit=(\d+))?$/.exec(note)![1] ?? 0);
}
