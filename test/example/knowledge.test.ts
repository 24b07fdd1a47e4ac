// The example as a user runs it: a daemon and three plugins, each a real process.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Findings } from "../../examples/knowledge/src/report/findings.js";
import { Place, type Run, until, vault } from "./support/program.js";

/** As long as the processes of a machine under load may take. */
const timeout = 60_000;

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place[Symbol.dispose]());

async function findings(...args: string[]): Promise<Findings> {
  const { code, stdout, stderr } = await place.run("--json", ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.trim().split("\n")).toHaveLength(1);
  return JSON.parse(stdout) as Findings;
}

/** Every run ends like this: nothing of it is left. */
async function expectNothingLeft(): Promise<void> {
  await until(() => place.processes().length === 0, "the end of every process");
  expect(place.left()).toEqual([]);
}

describe("on the fixed vault", { timeout }, () => {
  const fixed = ["--vault", vault, "--min-notes", "20"];

  it("finds what is in the notes", async () => {
    const queries = ["bisque", "kiln wash", "silcon", "émail", "楽焼", "zirconium"];
    const result = await findings(...fixed, ...queries.flatMap((text) => ["--query", text]));

    expect(result.vault).toMatchObject({ notes: 20, skippedCount: 0 });
    expect(result.index.changes).toBe(20);
    expect(result.tasks).toMatchObject({ open: 9, done: 6, notes: 9 });
    expect(result.tasks.next.slice(0, 2)).toEqual([
      {
        note: { id: "firing-schedule.md", title: "Firing schedule" },
        line: 6,
        text: "Measure how fast it really cools",
      },
      {
        note: { id: "glazes/celadon.md", title: "Celadon" },
        line: 7,
        text: "Try silicon carbide for local reduction",
      },
    ]);
    expect(result.links).toMatchObject({ links: 36, dangling: 2 });
    expect(result.links.orphans).toEqual([
      { id: "kintsugi.md", title: "金継ぎ Kintsugi" },
      { id: "łukasz.md", title: "Łukasz's workshop" },
    ]);
    expect(result.links.mostLinked.slice(0, 2)).toEqual([
      { id: "kiln.md", title: "Kiln", backlinks: 5 },
      { id: "safety.md", title: "Safety", backlinks: 4 },
    ]);
    expect(result.links.walk.map(({ title }) => title)).toEqual(["Kiln", "Firing schedule", "Cone chart"]);

    const found = result.queries.map(({ text, total, hits }) => [text, total, hits[0]?.title, hits[0]?.snippet]);
    expect(found).toEqual([
      [
        "bisque",
        3,
        "Firing schedule",
        "Two firings: a slow bisque to 1,000 °C, then the glaze firing to 1,220 °C. Never open the Kiln above 100 °C.",
      ],
      ["kiln wash", 2, "Kiln", "Kiln wash on both shelves"],
      ["silcon", 1, "Celadon", "Try silicon carbide for local reduction"],
      ["émail", 2, "Émail", ""],
      ["楽焼", 2, "楽焼 Raku", ""],
      ["zirconium", 0, undefined, undefined],
    ]);
    await expectNothingLeft();
  });

  it("prints a report", async () => {
    const { code, stdout, stderr } = await place.run(...fixed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("20 documents");
    expect(stdout).toMatch(/tasks +pid \d+, up in .+15 tasks: 9 open, 6 done/);
    expect(stdout).toMatch(/most linked +Kiln +from 5 documents/);
    // Nothing that moves a cursor where there is no terminal, and no line that a terminal would break.
    expect(stdout).not.toContain("\u001b");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("ends well when nobody reads its report", async () => {
    const { child, outcome } = place.start(...fixed);
    child.stdout?.destroy();
    expect(await outcome).toMatchObject({ code: 0, stderr: "" });
    await expectNothingLeft();
  });
});

it("reads the documentation of the installed packages", { timeout }, async () => {
  const result = await findings();
  expect(result.vault.notes).toBeGreaterThanOrEqual(200);
  expect(result.index.changes).toBe(result.vault.notes);
  expect(result.queries[0]).toMatchObject({ text: "protocol buffers" });
  expect(result.queries[0]?.hits.some(({ id }) => id.includes("@bufbuild/"))).toBe(true);
  const pids = result.plugins.map(({ pid }) => pid);
  expect(new Set([...pids, result.daemon.pid]).size).toBe(4);
  expect(pids.filter((pid) => existsSync(join("/proc", String(pid))))).toEqual([]);
  await expectNothingLeft();
});

/** Makes a vault of so many notes that no run is over before it is killed. */
function manyNotes(): string {
  const text = "lorem ipsum dolor sit amet [[note 7]]\n- [ ] something\n".repeat(200);
  return place.write("many", Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`note ${at}.md`, text])));
}

/** Starts the example on many notes; resolves once its plugins are there. */
async function startLong(): Promise<Run> {
  const run = place.start("--vault", manyNotes(), "--query", "of this there is nothing");
  const early = run.outcome.then((outcome) => {
    throw new Error(`it ended too early: ${JSON.stringify(outcome)}`);
  });
  await Promise.race([until(() => place.processes().length === 4, "the plugins"), early]);
  early.catch(() => {});
  return run;
}

describe("a daemon that dies", { timeout }, () => {
  // Tried again, since on a machine under load Node's own start may take most of the second; an orphan stays each time.
  it.each([0, 300, 900])("leaves no plugin, and the next one starts at once (%i ms on)", { retry: 2 }, async (ms) => {
    const { child, outcome } = await startLong();
    await new Promise((resolve) => {
      setTimeout(resolve, ms);
    });
    child.kill("SIGKILL");
    expect((await outcome).signal).toBe("SIGKILL");
    await until(() => place.processes().length === 0, "the end of the plugins", 1000);

    expect((await findings("--vault", vault, "--min-notes", "20")).vault.notes).toBe(20);
    await expectNothingLeft();
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("ends everything on %s", async (signal) => {
    const { child, outcome } = await startLong();
    child.kill(signal);
    expect(await outcome).toMatchObject({ code: 130, stdout: "" });
    await expectNothingLeft();
  });

  it("is not disturbed by a second one that wants its sockets", async () => {
    const first = await startLong();
    const second = await place.run("--vault", vault, "--min-notes", "20");
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toMatch(/^knowledge: [^\n]+\n$/);
    expect(await first.outcome).toMatchObject({ code: 0, stderr: "" });
    await expectNothingLeft();
  });
});

describe("what a user can get wrong", { timeout }, () => {
  it("tells what it can do", async () => {
    const { code, stdout, stderr } = await place.run("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const option of ["--vault", "--query", "--min-notes", "--sockets", "--json", "--help"]) {
      expect(stdout).toContain(option);
    }
  });

  it.each([
    [["--vault", "missing"], "missing does not exist: name the folder that holds your notes"],
    [["--vault", "file.md"], "file.md is no folder: name the folder that holds your notes"],
    [["--vault", "empty"], "empty has no Markdown in it: name the folder that holds your notes"],
    [["--vault", ""], "--vault names no folder: give one, or leave it out"],
    [
      ["--vault", vault],
      `20 notes in ${vault}, fewer than the 200 wanted: name another folder with --vault, or lower --min-notes`,
    ],
    [["--min-notes", "many"], "--min-notes many is no whole number from 1 up: give one, or leave it out"],
    [["--query", " "], "--query takes a text of 1 to 256 characters: correct it, or leave it out"],
    [["--valut", "x"], "Unknown option '--valut': run with --help to see what there is"],
    [["--vault"], "Option '--vault <value>' argument missing: run with --help to see what there is"],
    [["notes"], "Unexpected argument 'notes': run with --help to see what there is"],
  ])("%j fails in one line", async (args, message) => {
    place.write(".", { "file.md": "# A note\n", "empty/readme.txt": "no Markdown" });
    expect(await place.run(...args)).toEqual({ code: 1, signal: null, stdout: "", stderr: `knowledge: ${message}\n` });
    expect(place.left()).toEqual([]);
  });

  it("says the same in JSON", async () => {
    const { code, stdout } = await place.run("--json", "--vault", "missing");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: "missing does not exist: name the folder that holds your notes",
    });
  });
});
