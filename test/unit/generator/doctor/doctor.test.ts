import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../../../../generator/cli.js";
import { examine } from "../../../../generator/doctor/doctor.js";
import type { DoctorPlace, Finding } from "../../../../generator/doctor/finding.js";
import { checkSockets, checkState, checkTemporary } from "../../../../generator/doctor/machine.js";
import { checkBubblewrap, checkCgroups, checkPackages } from "../../../../generator/doctor/optional.js";
import { checkBuf, checkLibraries, checkNode, checkTypeScript, isAtLeast } from "../../../../generator/doctor/tools.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const own = process.geteuid?.() ?? 0;
const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

let home: string;
let place: DoctorPlace;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "crucible-doctor-"));
  made.push(home);
  for (const name of ["tmp", "run", "cgroup", "project"]) mkdirSync(join(home, name));
  chmodSync(join(home, "tmp"), 0o1777);
  place = {
    cwd: join(home, "project"),
    env: { HOME: home, TMPDIR: join(home, "tmp"), PATH: "" },
    nodeVersion: "20.20.2",
    uid: own,
    tmp: join(home, "tmp"),
    cgroups: join(home, "cgroup"),
    platform: "linux",
    signal: new AbortController().signal,
  };
});

function install(name: string, version: string): void {
  const path = join(home, "project/node_modules", name, "package.json");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ name, version, exports: {} }));
}

const brief = ({ status, found }: Finding): string => `${status} ${found.replaceAll(home, "~")}`;

test("nothing is made or changed by looking", async () => {
  await examine(place);
  expect(readdirSync(home, { recursive: true }).toSorted()).toEqual(["cgroup", "project", "run", "tmp"]);
});

test.each([
  ["20.19.0", "ok"],
  ["26.1.0", "ok"],
  ["20.18.9", "problem"],
  ["18.20.0", "problem"],
])("Node %s: %s", (nodeVersion, status) => {
  expect(checkNode({ ...place, nodeVersion }).status).toBe(status);
});

test("buf: the one installed, none, one that does not run", async () => {
  expect(await checkBuf(place)).toMatchObject({
    status: "ok",
    found: expect.stringMatching(/^1\.\d+\.\d+$/) as unknown,
  });
  const foreign = { ...place, platform: "plan9" };
  expect(await checkBuf(foreign)).toMatchObject({ status: "problem", found: "absent" });
  writeFileSync(join(home, "run/buf"), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
  const broken = await checkBuf({ ...foreign, env: { PATH: join(home, "run") } });
  expect(broken).toMatchObject({ status: "problem", found: `${join(home, "run/buf")} does not run` });
  writeFileSync(join(home, "run/buf"), "#!/bin/sh\necho 1.9.0\n", { mode: 0o755 });
  expect(await checkBuf({ ...foreign, env: { PATH: join(home, "run") } })).toMatchObject({
    status: "problem",
    found: `1.9.0 in ${join(home, "run/buf")}`,
    cost: "a buf.gen.yaml of version v2 needs 1.32.0",
  });
});

test("what the project has, also packages that do not export their package.json", () => {
  expect([checkTypeScript(place), ...checkLibraries(place), ...checkPackages(place)].map(brief)).toEqual([
    "warning absent",
    "warning absent",
    "warning absent",
    ...Array.from({ length: 3 }, () => "optional absent"),
  ]);
  install("typescript", "5.3.9");
  install("crucible-runtime", "0.2.0");
  install("@bufbuild/protobuf", "2.99.0");
  install("koffi", "2.1.0");
  const found = [checkTypeScript(place), ...checkLibraries(place), checkPackages(place)[0]!].map(brief);
  expect(found.slice(0, 3)).toEqual(["warning 5.3.9", "warning 0.2.0", "ok 2.99.0"]);
  expect(found[3]).toMatch(/^ok 2\.1\.0/);
});

describe("the folder of sockets", () => {
  const folder = (): string => join(home, "tmp/crucible-plugins");
  test("missing, right, wrong, a link, a file", () => {
    expect(brief(checkSockets(place))).toBe("ok ~/tmp/crucible-plugins, made when it is first used");
    mkdirSync(folder(), { mode: 0o700 });
    expect(brief(checkSockets(place))).toBe("ok ~/tmp/crucible-plugins");
    chmodSync(folder(), 0o755);
    expect(checkSockets(place)).toMatchObject({
      status: "warning",
      found: `${folder()} has mode 0755 instead of 0700`,
      cost: `daemons use ${folder()}-${own} and warn at each start`,
    });
    rmSync(folder(), { recursive: true });
    symlinkSync(join(home, "run"), folder());
    expect(brief(checkSockets(place))).toBe("warning ~/tmp/crucible-plugins is a symbolic link");
    rmSync(folder());
    writeFileSync(folder(), "");
    const runtime = { ...place, env: { ...place.env, XDG_RUNTIME_DIR: join(home, "run") } };
    expect(checkSockets(runtime).cost).toBe(`daemons use ${join(home, "run/crucible-plugins")} and warn at each start`);
  });

  test("another's, no other place either, no users at all", () => {
    mkdirSync(folder(), { mode: 0o700 });
    expect(brief(checkSockets({ ...place, uid: own + 1 }))).toBe(
      `warning ~/tmp/crucible-plugins belongs to user ${own}`,
    );
    writeFileSync(`${folder()}-${own + 1}`, "");
    expect(checkSockets({ ...place, uid: own + 1 }).status).toBe("problem");
    expect(checkSockets({ ...place, uid: undefined }).status).toBe("problem");
  });
});

test("/tmp without its sticky bit, and a temporary folder that is not there", () => {
  expect(checkTemporary(place).map(({ status }) => status)).toEqual(["ok", "ok"]);
  chmodSync(place.tmp, 0o777);
  expect(brief(checkTemporary(place)[1]!)).toBe("warning mode 777, without the sticky bit");
  expect(checkTemporary({ ...place, env: { TMPDIR: join(home, "nope") } })[0]).toMatchObject({ status: "problem" });
});

test("the folder of keys", () => {
  expect(brief(checkState(place))).toBe("ok ~/.local/state/crucible");
  expect(brief(checkState({ ...place, env: { XDG_STATE_HOME: "/proc/nowhere" } }))).toMatch(
    own === 0 ? /^(?:ok|problem) / : /^problem /,
  );
});

describe("optional parts of the system", () => {
  test("control groups of both versions", () => {
    expect(brief(checkCgroups(place))).toBe("optional none for this user");
    for (const name of ["cpu", "memory"]) mkdirSync(join(place.cgroups, name));
    expect(brief(checkCgroups(place))).toBe("optional v1, for this user cpu, memory only");
    mkdirSync(join(place.cgroups, "pids"));
    expect(brief(checkCgroups(place))).toMatch(/^ok v1: cpu, memory, pids/);
    writeFileSync(join(place.cgroups, "cgroup.controllers"), "cpuset cpu io memory pids\n");
    expect(brief(checkCgroups(place))).toBe("optional v2, which this user may not divide");
    writeFileSync(join(place.cgroups, "cgroup.subtree_control"), "");
    expect(brief(checkCgroups(place))).toMatch(/^ok v2: cpu, memory, pids/);
    expect(checkCgroups({ ...place, platform: "darwin" }).status).toBe("optional");
  });

  test("bubblewrap: none, one that may do nothing, one that works", async () => {
    expect(brief(await checkBubblewrap(place))).toBe("optional absent");
    const env = { PATH: join(home, "run") };
    writeFileSync(join(home, "run/bwrap"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    expect(brief(await checkBubblewrap({ ...place, env }))).toBe(
      "optional installed, but the system lets it make no namespaces",
    );
    writeFileSync(join(home, "run/bwrap"), "#!/bin/sh\necho bubblewrap 9.9\n", { mode: 0o755 });
    expect(brief(await checkBubblewrap({ ...place, env }))).toMatch(/^ok 9\.9/);
  });
});

test.each([
  ["1.2.3", "1.2.3", true],
  ["1.10.0", "1.9.9", true],
  ["1.2.3-rc.1", "1.2", true],
  ["0.9.9", "1.0.0", false],
])("%s is at least %s: %s", (version, least, expected) => {
  expect(isAtLeast(version, least)).toBe(expected);
});

test("the command: a line each, the same as JSON, an exit code", async () => {
  async function run(...args: string[]): Promise<[number, string]> {
    let stdout = "";
    const code = await runCli(["doctor", ...args], {
      cwd: root,
      env: { PATH: "", HOME: home, TMPDIR: place.tmp },
      stdin: Readable.from([]),
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stdout += text) },
      signal: new AbortController().signal,
    });
    return [code, stdout];
  }
  const [code, text] = await run();
  const [jsonCode, json] = await run("--json");
  const { findings } = JSON.parse(json) as { findings: Finding[] };
  const expected = findings.some(({ status }) => status === "problem") ? 1 : 0;
  expect([code, jsonCode]).toEqual([expected, expected]);
  expect(text.trimEnd().split("\n").length).toBe(findings.length);
  expect(text).toMatch(/^ok +buf +1\./m);
  expect(text).not.toContain("\u001b");
});
