// `generate --watch` beside an editor: a real process, real files, and after each change the same bytes as from nothing.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Lab, read } from "./project.js";

let lab: Lab;
const children: ChildProcess[] = [];
beforeAll(() => {
  lab = new Lab();
}, 60_000);
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  lab.remove();
});

interface Event {
  readonly event: "generated" | "failed";
  readonly written: readonly string[];
  readonly deleted: readonly string[];
  readonly skeletons: readonly string[];
  readonly merged: readonly { readonly path: string; readonly added: readonly string[] }[];
  readonly compileMs: number | null;
  readonly errors: readonly string[];
}

/** The command in a folder, and what it tells. */
function start(
  cwd: string,
  ...args: string[]
): { child: ChildProcess; next(): Promise<Event>; ended: Promise<unknown[]> } {
  const child = spawn(process.execPath, [lab.launcher, "generate", "--watch", "--json", ...args], {
    cwd,
    env: { PATH: "/usr/bin:/bin", HOME: lab.dir, TMPDIR: lab.temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    child,
    ended: once(child, "exit"),
    async next() {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error("the command has ended");
        const event = JSON.parse(value) as Event;
        if (!isIdle(event)) return event;
      }
    },
  };
}

/** A file that is written may be seen twice: emptied and filled, and then once more, with nothing left to do. */
function isIdle({ event, written, deleted, skeletons, merged }: Event): boolean {
  return event === "generated" && [written, deleted, skeletons, merged].every((list) => list.length === 0);
}

let copies = 0;
/** What `generate` makes of the schemas as they are now, in an empty folder. */
async function fromNothing(dir: string): Promise<Record<string, string>> {
  const copy = lab.project(`copy${copies++}`, {});
  for (const path of ["proto", "buf.gen.yaml"]) cpSync(join(dir, path), join(copy, path), { recursive: true });
  await lab.generate(copy, "--no-skeleton");
  return generated(copy);
}

function generated(dir: string): Record<string, string> {
  return Object.fromEntries(Object.entries(read(dir)).filter(([path]) => path.startsWith("gen/")));
}

const shared = 'syntax = "proto3";\npackage day.v1;\n\nmessage Shared {\n  string id = 1;\n}\n';
const other = 'syntax = "proto3";\npackage day.v1;\n\nmessage Other {\n  string id = 1;\n}\n';
const rules = `syntax = "proto3";
package day.v1;
import "day/shared.proto";
import "buf/validate/validate.proto";

// Looks things up.
service Lookup {
  rpc Find(Query) returns (Shared);
}
message Query {
  string text = 1 [(buf.validate.field).string.min_len = 1];
  Shared after = 2;
}
`;

test("follows schemas and settings, outlives mistakes, and leaves nothing behind", async () => {
  const dir = lab.project("day", {
    "proto/day/shared.proto": shared,
    "proto/day/other.proto": other,
    "proto/day/rules.proto": rules,
  });
  const proto = (name: string): string => join(dir, "proto/day", name);
  const { child, next, ended } = start(dir);
  const first = await next();
  expect(first).toMatchObject({ event: "generated", skeletons: ["src/lookup.ts"], compileMs: null });
  expect(generated(dir)).toEqual(await fromNothing(dir));

  // Another comment: one file, and nobody else's is touched.
  const untouched = statSync(join(dir, "gen/day/shared_codec.ts"), { bigint: true }).mtimeNs;
  writeFileSync(proto("other.proto"), other.replace("message", "// Whatever.\nmessage"));
  const comment = await next();
  expect(comment).toMatchObject({ event: "generated", written: ["gen/day/other_codec.ts", "gen/day/other_pb.ts"] });
  expect(comment.compileMs).toBeGreaterThan(0);
  expect(statSync(join(dir, "gen/day/shared_codec.ts"), { bigint: true }).mtimeNs).toBe(untouched);
  expect(generated(dir)).toEqual(await fromNothing(dir));

  // A rule in an imported file gives its importer another validator.
  const ruled = shared
    .replace("package day.v1;\n", 'package day.v1;\nimport "buf/validate/validate.proto";\n')
    .replace("id = 1;", "id = 1 [(buf.validate.field).string.uuid = true];");
  writeFileSync(proto("shared.proto"), ruled);
  expect((await next()).written).toEqual(
    expect.arrayContaining(["gen/day/shared_validate.ts", "gen/day/rules_validate.ts"]),
  );
  expect(generated(dir)).toEqual(await fromNothing(dir));

  // Half a file, as an editor may leave it, is told with its place; nothing changes until it is whole.
  const before = read(dir);
  writeFileSync(proto("rules.proto"), rules.slice(0, rules.indexOf("string text")));
  const half = await next();
  expect([half.event, half.errors.length]).toEqual(["failed", 1]);
  expect(half.errors[0]).toMatch(/^proto\/day\/rules\.proto:\d+:\d+: /);
  expect({ ...read(dir), "proto/day/rules.proto": "" }).toEqual({ ...before, "proto/day/rules.proto": "" });
  writeFileSync(proto("rules.proto"), rules.replace("  rpc", "  rpc Count(Query) returns (Shared);\n  rpc"));
  expect(await next()).toMatchObject({ event: "generated", merged: [{ path: "src/lookup.ts", added: ["count"] }] });
  expect(generated(dir)).toEqual(await fromNothing(dir));

  // A burst: however many runs it takes, the last state is met.
  for (let i = 0; i < 20; i++) {
    writeFileSync(proto("other.proto"), `${other}message Burst${i} {}\n`);
    mkdirSync(proto(`new${i}`), { recursive: true });
    writeFileSync(proto(`new${i}/new.proto`), `syntax = "proto3";\npackage day.new${i};\nmessage New {}\n`);
  }
  const expected = await fromNothing(dir);
  while (JSON.stringify(generated(dir)) !== JSON.stringify(expected)) await next();

  // Renamed and deleted: their output goes with them.
  renameSync(proto("other.proto"), proto("another.proto"));
  for (let i = 0; i < 20; i++) rmSync(proto(`new${i}`), { recursive: true });
  const less = await fromNothing(dir);
  expect(Object.keys(less)).toContain("gen/day/another_codec.ts");
  while (JSON.stringify(generated(dir)) !== JSON.stringify(less)) await next();

  // Other settings: everything anew. Broken ones are told.
  const settings = read(dir)["buf.gen.yaml"]!;
  writeFileSync(join(dir, "buf.gen.yaml"), settings.replace("plugins:", "plugins"));
  let told = await next();
  while (told.event === "generated") told = await next();
  expect(told.errors).toEqual([expect.stringMatching(/^buf\.gen\.yaml:\d+:\d+: /)]);
  writeFileSync(join(dir, "buf.gen.yaml"), settings.replaceAll("import_extension=js", "import_extension=ts"));
  while (told.event === "failed") told = await next();
  expect(told.compileMs).toBeNull();
  expect(generated(dir)).toEqual(await fromNothing(dir));

  child.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
  expect(readdirSync(lab.temporary)).toEqual([]);
}, 240_000);

test("begins with a schema that is broken, and without plugins of ours", async () => {
  const dir = lab.project("broken", {
    "proto/p.proto": "message {}",
    "buf.gen.yaml": `version: v2\ninputs: [{directory: proto}]\nmanaged: {enabled: true}\nplugins: [{local: protoc-gen-es, out: gen, opt: target=ts}]\n`,
  });
  const { child, next, ended } = start(dir);
  expect(await next()).toMatchObject({ event: "failed", errors: [expect.stringMatching(/^proto\/p\.proto:1:\d+: /)] });
  writeFileSync(join(dir, "proto/p.proto"), 'syntax = "proto3";\nmessage P {}\n');
  // What only buf knows to do, it does each time.
  expect(await next()).toMatchObject({ event: "generated", written: ["gen/p_pb.ts"], compileMs: null });
  writeFileSync(join(dir, "proto/p.proto"), 'syntax = "proto3";\nmessage Q {}\n');
  expect(await next()).toMatchObject({ event: "generated", written: ["gen/p_pb.ts"], compileMs: null });
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}, 120_000);

test("has to have something to watch, and cannot be a dry run", async () => {
  const dir = lab.project("nothing", {});
  expect(await lab.run(dir, ["generate", "--watch"])).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: there is neither buf\.gen\.yaml nor a folder proto in [^\n]*\n$/) as string,
  });
  expect(await lab.run(dir, ["generate", "--watch", "--dry-run"])).toEqual({
    code: 1,
    stdout: "",
    stderr: "error: --watch writes what --dry-run only shows: give one of them\n",
  });
});
