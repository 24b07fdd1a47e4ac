import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isNode, programFiles, sourceProgram, withInspector } from "../../../../generator/dev/program.js";

const folder = mkdtempSync(join(tmpdir(), "crucible-program-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function project(name: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), text);
  }
  return join(folder, name);
}

describe("the program when none is named", () => {
  const ts = 'import { A } from "../gen/a_plugin.ts";\nawait serve(new A());';

  test("is the only source that serves a plugin, as Node runs it", () => {
    const dir = project("one", { "src/a.ts": ts, "src/lines.ts": "export const a = 1;" });
    expect(sourceProgram(dir, "22.18.0")).toEqual([process.execPath, "src/a.ts"]);
    expect(sourceProgram(dir, "24.0.0")).toEqual([process.execPath, "src/a.ts"]);
  });

  test.each([
    ["none", { "src/a.ts": "" }, "24.0.0", /^no file below src serves a plugin: name the program, as in /],
    ["two", { "src/a.ts": ts, "src/b.ts": ts }, "24.0.0", /^2 files below src serve plugins: /],
    ["old", { "src/a.ts": ts }, "20.19.0", /^Node 20\.19\.0 does not run src\/a\.ts as it is \(22\.18 does\): /],
    [
      "js",
      { "src/a.ts": ts.replace("plugin.ts", "plugin.js") },
      "24.0.0",
      /^src\/a\.ts imports a_plugin\.js, which Node /,
    ],
  ])("%s", (name, files, version, message) => {
    expect(() => sourceProgram(project(name, files), version)).toThrow(message);
  });
});

test("what is watched are the top folders of the files among the words", () => {
  const dir = project("watch", { "dist/src/a.js": "", "run.sh": "", "node_modules/tsx/cli.js": "" });
  const command = [
    "node",
    "--flag",
    "dist/src/a.js",
    "./run.sh",
    "node_modules/tsx/cli.js",
    "/bin/sh",
    "../one/src/a.ts",
  ];
  const watched = programFiles(command, dir);
  expect(watched.map(({ path }) => path)).toEqual([join(dir, "dist"), join(dir, "run.sh")]);
  expect(
    watched.map(({ counts, path }) => [counts(join(path, "x.js")), counts(join(path, "x.log")), counts(path)]),
  ).toEqual([
    [true, false, true],
    [true, false, true],
  ]);
});

test("the debugger is an argument of Node, or reaches it through its environment", () => {
  expect(withInspector(["node", "a.js"], "127.0.0.1:9229")).toEqual({
    command: ["node", "--inspect=127.0.0.1:9229", "a.js"],
    env: {},
  });
  expect(withInspector(["npx", "tsx", "a.ts"], "1").env["NODE_OPTIONS"]).toMatch(/--inspect=1$/);
  expect([isNode("/usr/bin/node"), isNode("nodemon"), isNode(process.execPath)]).toEqual([true, false, true]);
});
