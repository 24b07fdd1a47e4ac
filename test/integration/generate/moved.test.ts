// What becomes of files of the user when `out` in buf.gen.yaml becomes another folder.
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Lab, read } from "./project.js";

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
}, 60_000);
afterAll(() => lab.remove());

const schema = (...methods: string[]): string => `syntax = "proto3";
package plain.v1;
message Plain {
  string id = 1;
}
service Lister {
${methods.map((method) => `  rpc ${method};\n`).join("")}}
`;

const mine = `\ufeff// import "../gen/plain/v1/plain_plugin.js" stays: it is a comment
import { serve, type HandlerContext } from "crucible-runtime/plugin";
import { ListerPlugin, type Plain , type PlainInit} from '../gen/plain/v1/plain_plugin.js'

class Lister extends ListerPlugin {
  async list(request: Plain, _context: HandlerContext): Promise<PlainInit> { return request }
}
await serve(new Lister());
`;
const user = `export * from "../../gen/plain/v1/plain_codec";
export type Pb = import("../../gen/plain/v1/plain_pb.js").Plain;
export const text = 'import "../../gen/plain/v1/plain_codec";';
export const { own } = await import("./own_plugin.js");
`;

async function project(name: string): Promise<string> {
  const dir = lab.project(name, {
    "proto/plain/v1/plain.proto": schema("List(Plain) returns (Plain)"),
    "src/lister.ts": mine,
    "src/deep/user.ts": user,
    "src/deep/own_plugin.ts": "export const own = 1;\n",
  });
  await lab.generate(dir);
  setOut(dir, "made/code");
  return dir;
}

function setOut(dir: string, out: string): void {
  const text = read(dir)["buf.gen.yaml"] ?? "";
  writeFileSync(join(dir, "buf.gen.yaml"), text.replaceAll(/\bout: .*$/gm, `out: ${out}`));
}

const movedMine = mine.replace("'../gen/plain", "'../made/code/plain");
const movedUser = user
  .replace('from "../../gen/plain', 'from "../../made/code/plain')
  .replace('import("../../gen/plain', 'import("../../made/code/plain');

test("imports follow, and nothing else of the files changes", async () => {
  const dir = await project("follow");
  writeFileSync(
    join(dir, "proto/plain/v1/plain.proto"),
    schema("List(Plain) returns (Plain)", "Get(Plain) returns (Plain)"),
  );
  const found = await lab.run(dir, ["check"]);
  expect(found.code).toBe(1);
  expect(found.stdout).toContain(
    'src/deep/user.ts: imports from gen, which is not generated any more: run "crucible-gen generate"\n',
  );
  const dry = await lab.run(dir, ["generate", "--dry-run"]);
  expect(dry.stdout).toContain('-export * from "../../gen/plain/v1/plain_codec";\n+export * from "../../made/code/');
  expect(read(dir)).toMatchObject({ "src/lister.ts": mine, "src/deep/user.ts": user });

  const { code, stdout } = await lab.run(dir, ["generate"]);
  expect([code, stdout]).toEqual([
    0,
    `made/code: 5 written, 0 unchanged
src/deep/user.ts changed: what it imported from gen, it imports from made/code
src/lister.ts changed: what it imported from gen, it imports from made/code
src/lister.ts changed: added get
note: gen has 5 generated files that are not written any more: delete it when nothing else imports from there, such as tests
`,
  ]);
  const files = read(dir);
  expect(files["src/deep/user.ts"]).toBe(movedUser);
  expect(files["src/lister.ts"]).not.toContain("$1");
  expect(files["src/lister.ts"]).toContain(
    movedMine.slice(movedMine.indexOf("class Lister"), movedMine.indexOf("\n}\n")),
  );
  expect(files["src/lister.ts"]).toContain(
    "  async get(_request: Plain, _context: HandlerContext): Promise<PlainInit> {\n",
  );
  expect(await lab.generate(dir)).toMatchObject({ written: [], merged: [], moved: [], notes: [] });
  expect((await lab.run(dir, ["check"])).code).toBe(0);
});

test("also when the folder was renamed, or deleted", async () => {
  for (const name of ["renamed", "deleted"]) {
    const dir = await project(name);
    if (name === "deleted") rmSync(join(dir, "gen"), { recursive: true });
    else renameSync(join(dir, "gen"), join(dir, "elsewhere"));
    expect(await lab.generate(dir)).toMatchObject({
      moved: [
        { path: "src/deep/user.ts", from: "gen" },
        { path: "src/lister.ts", from: "gen" },
      ],
      notes: [],
    });
    expect(read(dir)).toMatchObject({ "src/lister.ts": movedMine, "src/deep/user.ts": movedUser });
  }
});

test("generated code below src is no file of yours", async () => {
  const dir = await project("below");
  setOut(dir, "src/gen");
  rmSync(join(dir, "gen"), { recursive: true });
  await lab.generate(dir);
  const before = read(dir);
  expect(before["src/deep/user.ts"]).toContain('from "../gen/plain/v1/plain_codec"');
  setOut(dir, "src/made");
  const report = await lab.generate(dir);
  expect(report.moved.map(({ path }) => path)).toEqual(["src/deep/user.ts", "src/lister.ts"]);
  expect(report.notes).toEqual([
    "src/gen has 5 generated files that are not written any more: delete it when nothing else imports from there, such as tests",
  ]);
  const after = read(dir);
  for (const [path, text] of Object.entries(before)) if (path.startsWith("src/gen/")) expect(after[path]).toBe(text);
});

test("out that is the project itself deletes nothing elsewhere: neither the folder before nor what was compiled", async () => {
  const dir = await project("root");
  const compiled = { "dist/gen/plain/v1/plain_codec.js": read(dir)["gen/plain/v1/plain_codec.ts"] ?? "" };
  lab.project("root", compiled);
  setOut(dir, ".");
  const report = await lab.generate(dir);
  expect(report.deleted).toEqual([]);
  expect(read(dir)).toMatchObject({ ...compiled, "plain/v1/plain_codec.ts": expect.any(String) as string });
  expect(read(dir)["src/deep/user.ts"]).toContain('from "../../plain/v1/plain_codec"');
});

test("a run that is told another folder moves nothing, and says what it could not compare", async () => {
  const dir = await project("told");
  setOut(dir, "gen");
  const report = await lab.generate(dir, "--out", "aside");
  expect(report).toMatchObject({
    moved: [],
    merged: [],
    notes: ["src/lister.ts was not compared with its schema: it imports from gen, which this run does not write to"],
  });
  expect(read(dir)).toMatchObject({ "src/lister.ts": mine, "src/deep/user.ts": user });
  expect(await lab.generate(dir)).toMatchObject({ written: [], moved: [], notes: [] });
});

test("a folder that a template of its own writes keeps its imports", async () => {
  const dir = await project("two");
  const template = read(dir)["buf.gen.yaml"] ?? "";
  writeFileSync(join(dir, "buf.gen.other.yaml"), template.replaceAll(/\bout: .*$/gm, "out: gen"));
  rmSync(join(dir, "src/lister.ts"));
  await lab.generate(dir, "--no-skeleton");
  expect(await lab.generate(dir)).toMatchObject({ moved: [] });
  expect(read(dir)["src/deep/user.ts"]).toBe(user);
});

test("a file that is none of ours is left alone", async () => {
  const dir = await project("foreign");
  for (const kind of ["codec", "pb"])
    writeFileSync(join(dir, `gen/plain/v1/plain_${kind}.ts`), "export const x = 1;\n");
  expect(await lab.generate(dir)).toMatchObject({ moved: [{ path: "src/lister.ts", from: "gen" }] });
  expect(read(dir)["src/deep/user.ts"]).toBe(user);
});
