import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const model = fileURLToPath(new URL("credit.pml", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "crucible-model-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Why the model cannot be searched here, if it cannot. */
function missing(): string | undefined {
  for (const [program, argument] of [
    ["spin", "-V"],
    ["gcc", "--version"],
  ] as const) {
    try {
      execFileSync(program, [argument], { stdio: "ignore" });
    } catch {
      return `${program} is not installed`;
    }
  }
  return undefined;
}

const reason = missing();
if (reason !== undefined) console.log(`The model of credit is not searched: ${reason}`);

/**
 * Searches the whole model as the macros have it, or up to the first error; returns what the search prints. What stops at an
 * error has seen 20,000 states at most: to compile it takes longer than to run it.
 */
function search(macros: string, optimization: "-O0" | "-O1"): string {
  const cwd = mkdtempSync(join(folder, "search-"));
  copyFileSync(model, join(cwd, "credit.pml"));
  const run = (program: string, args: readonly string[]): string =>
    execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 150_000 });
  run("spin", [...macros.split(" "), "-a", "credit.pml"]);
  run("gcc", ["-w", optimization, "-DSAFETY", "-o", "pan", "pan.c"]);
  return run(join(cwd, "pan"), ["-m100000", "-w22"]);
}

const timeout = 160_000;

describe.skipIf(reason !== undefined)("the rules of credit", () => {
  test.each([
    ["one call both ways, long and short messages", "-DCALLS=1 -DKEPT -DMESSAGES=4"],
    ["one call whose windows grow, and which may be cancelled", "-DCALLS=1 -DGROW -DCANCEL_CALLS -DMESSAGES=2"],
    ["two calls, one of which may be left unread", "-DSTOPS -DONE_WAY -DMESSAGES=2"],
    ["two calls, left unread by either side, and cancelled", "-DSTOPS -DCANCEL_CALLS -DMESSAGES=1"],
    ["two calls with all of it", "-DSTOPS -DONE_WAY -DGROW -DCANCEL_CALLS -DMESSAGES=1"],
    ["one call with an advance", "-DCALLS=1 -DKEPT -DADVANCE=3 -DFRAGMENT=5 -DMESSAGES=3"],
    ["two calls that share an advance, cancelled", "-DCANCEL_CALLS -DADVANCE=1 -DFRAGMENT=5 -DMESSAGES=1"],
    ["the same, left unread", "-DONE_WAY -DSTOPS -DCANCEL_CALLS -DADVANCE=1 -DFRAGMENT=5 -DMESSAGES=1"],
  ])("keep every window and let nobody wait for ever: %s", { timeout }, (_, macros) => {
    const printed = search(macros, "-O1");
    expect(printed).toContain("errors: 0");
    // Each of these would say that less than everything was searched.
    expect(printed).not.toMatch(/Search not completed|max search depth too small|out of memory/);
  });

  test.each([
    ["that a sender does not wait while more than half a window is left", "BROKEN_WAIT", "taken"],
    ["that half a window of what was consumed is granted", "BROKEN_GRANT", "taken"],
    ["that fragments of an unfinished message are consumed as they come", "BROKEN_PARTIAL", "taken"],
    ["that a frame is sent only if it fits the window", "BROKEN_OVERRUN", "n<="],
    ["that fragments behind whole messages are not consumed as they come", "BROKEN_KEEP", "kept"],
  ])("would fail without the rule %s", { timeout }, (_, macro, assertion) => {
    const printed = search(`-D${macro} -DCALLS=1 -DKEPT -DMESSAGES=4`, "-O0");
    expect(printed).toMatch(new RegExp(`assertion violated \\(+${assertion}`));
    expect(printed).toContain("errors: 1");
  });

  test("would fail without the rule that what a call owes is owed until its Cancel has left", { timeout }, () => {
    const printed = search("-DBROKEN_FORGIVE -DCANCEL_CALLS -DADVANCE=1 -DFRAGMENT=5 -DMESSAGES=1", "-O0");
    expect(printed).toMatch(/assertion violated \(+n<=/);
    expect(printed).toContain("errors: 1");
  });

  test("would fail without the rule that reading never waits for writing", { timeout }, () => {
    expect(search("-DBROKEN_READ -DMESSAGES=1", "-O0")).toContain("errors: 1");
  });
});
