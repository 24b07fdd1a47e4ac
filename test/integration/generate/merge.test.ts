// What becomes of a file of the user when its schema changes, told line by line.
import { chmodSync, lstatSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
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
message Other {
  string id = 1;
}
service Lister {
${methods.map((method) => `  rpc ${method};\n`).join("")}}
`;

const before = schema("List(Plain) returns (Plain)", "Count(Plain) returns (Plain)", "Old(Plain) returns (Plain)");
const after = schema(
  "List(Plain) returns (stream Plain)",
  "Watch(Other) returns (stream Plain)",
  "Count(Other) returns (Plain)",
);

const mine = `// Mine.
import {Code,CrucibleError} from 'crucible-runtime/plugin'
import { serve } from "crucible-runtime/plugin";
import { ListerPlugin, type Plain, type PlainInit } from "../gen/plain_plugin.js";

class Lister extends ListerPlugin
{
   async list(request: Plain): Promise<PlainInit> { return { id: request.id + "}" } } // as it is

   async count({ id }: Plain) {
     if (id === "") throw new CrucibleError("EMPTY", "nothing", {code: Code.InvalidArgument})
     return { id };
   }
   old = async (request: Plain) => request
}

await serve(new Lister());
`;

async function project(name: string, text = mine): Promise<string> {
  const dir = lab.project(name, { "proto/plain.proto": before, "src/lister.ts": text });
  await lab.generate(dir);
  expect(read(dir)["src/lister.ts"]).toBe(text);
  writeFileSync(join(dir, "proto/plain.proto"), after);
  return dir;
}

const merged = mine
  .replace("import {Code,CrucibleError}", "import {Code,CrucibleError, type HandlerContext}")
  .replace("type Plain, type PlainInit }", "type Plain, type PlainInit, type Other }")
  .replace("async count({ id }: Plain)", "async count({ id }: Other)")
  .replace(
    "// as it is\n",
    `// as it is

   async *watch(
      _request: Other,
      _context: HandlerContext,
   ): AsyncIterable<PlainInit> {
      throw new CrucibleError(
         "NOT_IMPLEMENTED",
         "Lister.Watch is not implemented yet: write it in src/lister.ts",
         { code: Code.Unimplemented },
      );
   }
`,
  );

const told = `src/lister.ts changed: added watch; adjusted count
src/lister.ts:8:4: conflict: list answers in another way than the schema; change it by hand
- async list(request: Plain): Promise<PlainInit> {
+ async *list(_request: Plain, _context: HandlerContext): AsyncIterable<PlainInit> {
`;
const note = "src/lister.ts:14:4: note: old is no longer in the schema; remove it when you are done with it\n";

test("new methods arrive, types are exchanged, a conflict is shown, what is gone is named; nothing else changes", async () => {
  const dir = await project("merge");
  const { code, stdout, stderr } = await lab.run(dir, ["generate"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`gen: 4 written, 1 unchanged\n${told}${note}`);
  expect(read(dir)["src/lister.ts"]).toBe(merged);
  expect(await lab.generate(dir)).toMatchObject({ written: [], merged: [], conflicts: [], notes: [] });
});

test("a dry run shows the same as a diff, and changes nothing", async () => {
  const dir = await project("dry");
  const files = read(dir);
  const { code, stdout } = await lab.run(dir, ["generate", "--dry-run"]);
  expect(code).toBe(0);
  expect(read(dir)).toEqual(files);
  expect(stdout).toBe(`dry run: nothing is changed
gen: 4 written, 1 unchanged
${told}--- src/lister.ts
+++ src/lister.ts
@@ -1,13 +1,24 @@
 // Mine.
-import {Code,CrucibleError} from 'crucible-runtime/plugin'
+import {Code,CrucibleError, type HandlerContext} from 'crucible-runtime/plugin'
 import { serve } from "crucible-runtime/plugin";
-import { ListerPlugin, type Plain, type PlainInit } from "../gen/plain_plugin.js";
+import { ListerPlugin, type Plain, type PlainInit, type Other } from "../gen/plain_plugin.js";
 
 class Lister extends ListerPlugin
 {
    async list(request: Plain): Promise<PlainInit> { return { id: request.id + "}" } } // as it is
+
+   async *watch(
+      _request: Other,
+      _context: HandlerContext,
+   ): AsyncIterable<PlainInit> {
+      throw new CrucibleError(
+         "NOT_IMPLEMENTED",
+         "Lister.Watch is not implemented yet: write it in src/lister.ts",
+         { code: Code.Unimplemented },
+      );
+   }
 
-   async count({ id }: Plain) {
+   async count({ id }: Other) {
      if (id === "") throw new CrucibleError("EMPTY", "nothing", {code: Code.InvalidArgument})
      return { id };
    }
${note}`);
  expect(await lab.generate(dir, "--dry-run")).toMatchObject({ dryRun: true, merged: [{ path: "src/lister.ts" }] });
});

test("a method that was never filled in is written anew in its new shape", async () => {
  const dir = lab.project("untouched", { "proto/plain.proto": before });
  await lab.generate(dir);
  writeFileSync(join(dir, "proto/plain.proto"), after);
  const report = await lab.generate(dir);
  expect(report).toMatchObject({ merged: [{ added: ["watch"], adjusted: ["list", "count"] }], conflicts: [] });
  const text = read(dir)["src/lister.ts"]!;
  expect(text).toMatch(
    /async \*list\(\s*_request: Plain,\s*_context: HandlerContext,?\s*\): AsyncIterable<PlainInit> \{/,
  );
});

test("the mode of the file stays, and a link stays a link", async () => {
  const dir = await project("kinds");
  mkdirSync(join(dir, "elsewhere"));
  renameSync(join(dir, "src/lister.ts"), join(dir, "elsewhere/real.ts"));
  symlinkSync("../elsewhere/real.ts", join(dir, "src/lister.ts"));
  chmodSync(join(dir, "elsewhere/real.ts"), 0o750);
  // Links are not searched; the class is found where the skeleton would be.
  const report = await lab.generate(dir);
  expect(report.skeletons).toEqual([]);
  expect(lstatSync(join(dir, "src/lister.ts")).isSymbolicLink()).toBe(true);
  const plain = await project("modes");
  chmodSync(join(plain, "src/lister.ts"), 0o750);
  await lab.generate(plain);
  expect(statSync(join(plain, "src/lister.ts")).mode & 0o777).toBe(0o750);
  expect(read(plain)["src/lister.ts"]).toBe(merged);
});

const unreadable: [name: string, text: string | Buffer, why: RegExp][] = [
  [
    "a syntax error",
    mine.replace("return { id };", "return = { id };"),
    /^src\/lister\.ts lacks watch and could not be changed \(line 1\d is no TypeScript\)/,
  ],
  [
    "bytes that are no UTF-8",
    Buffer.concat([Buffer.from("// caf\xe9\n", "latin1"), Buffer.from(mine)]),
    /^src\/lister\.ts lacks watch and could not be changed \(it is no UTF-8\)/,
  ],
];
test.each(unreadable)("%s: the file stays as it is, a note says what is missing", async (name, text, why) => {
  const dir = await project(name.replaceAll(/\W+/g, "-"));
  writeFileSync(join(dir, "src/lister.ts"), text);
  const files = read(dir)["src/lister.ts"];
  const report = await lab.generate(dir);
  expect(report.notes.length).toBe(1);
  expect(report.notes[0]).toMatch(why);
  expect(read(dir)["src/lister.ts"]).toBe(files);
});

test("a last import that nothing uses any more makes room for the one that takes its place", async () => {
  const other = `import { ListerPlugin } from "../gen/plain_plugin.js";
import type { Gone, GoneInit } from "../gen/gone_plugin.js";
`;
  const text = mine
    .replace('import { ListerPlugin, type Plain, type PlainInit } from "../gen/plain_plugin.js";\n', other)
    .replace("list(request: Plain): Promise<PlainInit>", "list(request: Gone): Promise<GoneInit>")
    .replace("{ id }: Plain", "{ id }")
    .replace("(request: Plain) => request", "(request) => request")
    .replace("../gen/plain_plugin.js", "../elsewhere/plain_plugin.js");
  const dir = lab.project("last-import", {
    "proto/plain.proto": before,
    "src/lister.ts": text,
    "elsewhere/plain_plugin.ts": 'export * from "../gen/plain_plugin.js";\n',
  });
  expect(await lab.generate(dir)).toMatchObject({ notes: [] });
  expect(read(dir)["src/lister.ts"]).toBe(
    text
      .replace(
        'import type { Gone, GoneInit } from "../gen/gone_plugin.js";',
        'import type { Plain, PlainInit } from "../gen/plain_plugin.js";',
      )
      .replace("list(request: Gone): Promise<GoneInit>", "list(request: Plain): Promise<PlainInit>"),
  );
});
