// diff, check and migrate as their users see them: every message, and that nothing is changed when something is wrong.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bufProgram } from "../../support/buf.js";
import { InstalledLab, read, root, type Run } from "./installed.js";

const schema = `syntax = "proto3";

package acme.v1;

import "buf/validate/validate.proto";
import "crucible/options/v1/options.proto";

message QueryRequest {
  string text = 1 [(buf.validate.field).string.min_len = 1];
  uint32 limit = 2;
}
message QueryResponse {
  repeated string results = 1;
}

service SearchProvider {
  rpc Query(QueryRequest) returns (QueryResponse);
}

service Kiln {
  option (crucible.options.v1.service).host = HOST_DAEMON;
  rpc GetNote(QueryRequest) returns (QueryResponse);
}
`;
/** What the next version makes of it. */
const changed = schema
  .replace(
    "string text = 1 [(buf.validate.field).string.min_len = 1]",
    "string words = 1 [(buf.validate.field).string.min_len = 3]",
  )
  .replace("uint32 limit = 2;", "uint32 limit = 2;\n  reserved 9;")
  .replace(
    "rpc Query(QueryRequest) returns (QueryResponse);",
    "rpc Query(QueryRequest) returns (stream QueryResponse);\n  rpc Count(QueryRequest) returns (QueryResponse);",
  );
const source = `import { type HandlerContext, serve } from "crucible-runtime/plugin";
import { type QueryRequest, type QueryResponseInit, SearchProviderPlugin } from "../gen/acme/v1/search_plugin.js";

class Search extends SearchProviderPlugin {
  async query({ text }: QueryRequest, _context: HandlerContext): Promise<QueryResponseInit> {
    return { results: [text] };
  }
}

await serve(new Search());
`;
const tsconfig = JSON.stringify({
  compilerOptions: { target: "es2022", module: "nodenext", types: [], strict: true },
  include: ["src"],
});
const path = "proto/acme/v1/search.proto";

let lab: InstalledLab;
/** A repository whose tag v1 has the schema, generated; its working tree has the next one. */
let dir: string;
const git = (...args: string[]): void =>
  void execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@x", "-c", "init.defaultBranch=main", ...args], {
    cwd: dir,
    stdio: "ignore",
  });

beforeAll(async () => {
  lab = new InstalledLab();
  dir = lab.project("repo/packages/app", {
    [path]: schema,
    "src/search.ts": source,
    "tsconfig.json": tsconfig,
    "package.json": '{"type":"module"}',
  });
  await lab.generate(dir);
  // The project is not at the top of its repository.
  git("init", "../..");
  git("add", ".");
  git("commit", "-m", "first");
  git("tag", "v1");
  writeFileSync(join(dir, path), changed);
}, 60_000);
afterAll(() => lab.remove());
afterEach(() => expect(readdirSync(lab.temporary)).toEqual([]));

const failed = (code: number, ...lines: string[]): Run => ({
  code,
  stdout: "",
  stderr: lines.map((line) => `${line}\n`).join(""),
});

const diffed = (
  from: string,
): string => `${path}:9:3: major: field text of acme.v1.QueryRequest is called words now; its bytes are the same, its JSON is not; code changes: run crucible-gen migrate [FIELD_RENAMED]
${path}:9:3: major: rules of acme.v1.QueryRequest.words are stricter: string.min_len is 3 now, was 1; the new side can refuse what the old one sends; breaks old daemon x new plugin and new daemon x old plugin; update both together [VALIDATION_TIGHTENED]
${path}:18:3: major: method Query of acme.v1.SearchProvider is a stream of responses now, was unary: calls between old and new fail with METHOD_MISMATCH; breaks old daemon x new plugin and new daemon x old plugin; update both together; code changes: run crucible-gen migrate [KIND_CHANGED]
${path}:18:3: patch: method Query of acme.v1.SearchProvider has a deadline of none now, was 30 s: new callers wait longer [TIMEOUT_CHANGED]
${path}:19:3: minor: method Count of acme.v1.SearchProvider is new (wire id 0x3ce3abd5); calls of it to an old plugin fail with METHOD_UNKNOWN; breaks new daemon x old plugin; update the plugin first [METHOD_ADDED]
since ${from}: asks for a major version (3 major, 1 minor, 1 patch); breaks old daemon x new plugin and new daemon x old plugin: update both together
`;

describe("diff", () => {
  test("a tag, a folder of schemas, a project, an image, and another folder of the repository", async () => {
    expect(await lab.run(dir, ["diff", "--against", "v1"])).toEqual({ code: 0, stdout: diffed("v1"), stderr: "" });
    lab.project("repo/packages/app/old", { "acme/v1/search.proto": schema });
    expect((await lab.run(dir, ["diff", "--against", "old"])).stdout).toBe(diffed("old"));
    const whole = lab.project("released", { [path]: schema });
    expect((await lab.run(dir, ["diff", "--against", whole])).stdout).toBe(diffed(whole));
    const stage = lab.project("stage", {
      "search.proto": schema,
      "buf.yaml": "version: v2\nmodules: [{path: proto}, {path: own}]\n",
      [path]: schema,
    });
    for (const own of ["buf/validate/validate.proto", "crucible/options/v1/options.proto"]) {
      lab.project("stage", { [`own/${own}`]: readFileSync(join(root, "proto", own), "utf8") });
    }
    for (const name of ["v1.json.gz", "v1.desc#format=binpb"]) {
      execFileSync(bufProgram, ["build", "proto", "-o", join(dir, name)], {
        cwd: stage,
        env: { PATH: "", HOME: lab.dir },
      });
      const file = name.split("#")[0] ?? "";
      expect((await lab.run(dir, ["diff", "--against", file])).stdout).toBe(diffed(file));
      rmSync(join(dir, file));
    }
    rmSync(join(dir, "old"), { recursive: true });
  }, 60_000);

  test("as JSON, and without any change", async () => {
    const { stdout } = await lab.run(dir, ["diff", "--against", "v1", "--json"]);
    const report = JSON.parse(stdout) as { changes: object[] };
    expect(report).toMatchObject({
      ok: true,
      against: "v1",
      bump: "major",
      first: "both",
      breaks: { oldDaemonNewPlugin: true, newDaemonOldPlugin: true },
    });
    expect(report.changes[0]).toEqual({
      rule: "FIELD_RENAMED",
      element: "acme.v1.QueryRequest.words",
      was: "acme.v1.QueryRequest.text",
      message: "field text of acme.v1.QueryRequest is called words now; its bytes are the same, its JSON is not",
      bump: "major",
      breaks: { oldDaemonNewPlugin: false, newDaemonOldPlugin: false },
      code: true,
      buf: ["FIELD_SAME_NAME", "FIELD_SAME_JSON_NAME", "FIELD_NO_DELETE_UNLESS_NAME_RESERVED"],
      location: { path, line: 9, column: 3 },
    });
    expect(await lab.run(dir, ["diff", "--against", "proto"])).toEqual({
      code: 0,
      stdout: "no changes since proto\n",
      stderr: "",
    });
  });

  test("what only buf knows, and what buf.yaml says of it", async () => {
    const own = lab.project("ruled", {
      "before/x.proto":
        'syntax = "proto2";\npackage x;\nmessage M {\n  reserved 5;\n  optional int32 a = 1 [default = 1];\n}\n',
      "proto/x.proto": 'syntax = "proto2";\npackage x;\nmessage M {\n  optional int32 a = 1 [default = 2];\n}\n',
    });
    const run = async (): Promise<string[]> =>
      (await lab.run(own, ["diff", "--against", "before"])).stdout.match(/\[[A-Z_]{2,}\]/g) ?? [];
    expect(await run()).toEqual(["[RESERVED_MESSAGE_NO_DELETE]", "[FIELD_SAME_DEFAULT]"]);
    lab.project("ruled", {
      "buf.yaml": "version: v2\nmodules: [{path: proto}]\nbreaking: {use: [WIRE], except: [FIELD_SAME_DEFAULT]}\n",
    });
    expect(await run()).toEqual(["[RESERVED_MESSAGE_NO_DELETE]"]);
  });
});

describe("what --against cannot be: code 1, one line", () => {
  const wrong: [name: string, against: string, line: string | RegExp][] = [
    [
      "an unknown ref",
      "v9",
      'error: --against "v9": git knows no such branch, tag or commit, and no file or folder has the name: look at "git tag", or fetch it',
    ],
    [
      "a ref that looks like an option",
      "--upload-pack=x",
      /^error: --against "--upload-pack=x": git knows no such branch/,
    ],
    ["nothing", "", "error: --against is empty: name a branch, tag or commit of git, a folder, or an image"],
    [
      "a file that is no image",
      "package.json",
      /^error: --against package\.json is no image of schemas: write one by "buf build -o image\.binpb" or "protoc --include_imports -o"\n$/,
    ],
    ["an empty file", "empty.binpb", /^error: --against empty\.binpb is no image of schemas: /],
    ["a folder without schemas", "src", /^error: src\/\. holds no \.proto file|^error: \. holds no \.proto file/],
    ["a commit without schemas", "empty", "error: empty has no folder proto: name a commit that has schemas"],
    ["an invalid schema on the other side", "broken", /^broken:proto\/acme\/v1\/search\.proto:9:3: .*Nope/],
    [
      "a file that cannot be read",
      "secret.binpb",
      /^error: --against secret\.binpb cannot be read \(EACCES\): |no image of schemas/,
    ],
  ];
  beforeAll(() => {
    writeFileSync(join(dir, "empty.binpb"), "");
    writeFileSync(join(dir, "secret.binpb"), "x");
    chmodSync(join(dir, "secret.binpb"), 0);
    git("checkout", "-q", "--orphan", "empty-branch");
    git("read-tree", "--empty");
    git("commit", "--allow-empty", "-m", "empty");
    git("tag", "empty");
    git("checkout", "-q", "-f", "v1");
    writeFileSync(join(dir, path), schema.replace("  string text = 1", "  Nope a = 7;\n  string text = 1"));
    git("commit", "-a", "-m", "broken");
    git("tag", "broken");
    git("checkout", "-q", "-f", "v1");
    writeFileSync(join(dir, path), changed);
  });
  test.each(wrong)("%s", async (_, against, line) => {
    // All three resolve it by the same code.
    for (const command of against === "v9" ? ["diff", "migrate", "check"] : ["diff"]) {
      const { code, stdout, stderr } = await lab.run(dir, [command, `--against=${against}`]);
      expect([code, stdout]).toEqual([1, ""]);
      if (typeof line === "string") expect(stderr).toBe(`${line}\n`);
      else expect(stderr).toMatch(line);
      expect(stderr.trimEnd().split("\n").length).toBeLessThan(3);
    }
  });

  test("not a repository, no git, no --against, an invalid schema here", async () => {
    const outside = lab.project("outside", { [path]: schema });
    const { code, stderr } = await lab.run(outside, ["diff", "--against", "v1"]);
    expect([code, stderr]).toEqual([
      1,
      `error: --against "v1": there is no file or folder of that name, and ${outside} is not in a git repository: name a folder of .proto files or an image\n`,
    ]);
    expect(await lab.run(outside, ["diff", "--against", "v1"], { PATH: "/nowhere" })).toEqual(
      failed(1, "error: git cannot be started (ENOENT): install it, or give --against a folder or an image"),
    );
    for (const command of ["diff", "migrate"]) {
      expect(await lab.run(dir, [command])).toEqual(
        failed(
          2,
          `error: ${command} needs --against with the version before, such as --against v1.0.0: run "crucible-gen ${command} --help"`,
        ),
      );
    }
    writeFileSync(join(dir, path), "syntax = 3;");
    expect((await lab.run(dir, ["diff", "--against", "v1"])).stderr).toMatch(/^proto\/acme\/v1\/search\.proto:1:10: /);
    writeFileSync(join(dir, path), changed);
    expect(await lab.run(dir, ["diff", "--against", "v1", "--rename", "acme.v1.Nope=x"])).toEqual(
      failed(
        1,
        'error: --rename "acme.v1.Nope=x": the old schema has no acme.v1.Nope; write its name with its package',
      ),
    );
  });
});

describe("check", () => {
  test("nothing found; everything found, with what to do about each", async () => {
    writeFileSync(join(dir, path), schema);
    expect(await lab.run(dir, ["check", "--against", "v1"])).toEqual({
      code: 0,
      stdout: "nothing found: 8 generated files are fresh; since v1: asks for no new version\n",
      stderr: "",
    });
    writeFileSync(join(dir, path), changed);
    const gen = (name: string): string => join(dir, `gen/acme/v1/${name}`);
    const codec = readFileSync(gen("search_codec.ts"), "utf8");
    writeFileSync(gen("search_codec.ts"), codec.slice(0, 1000));
    writeFileSync(gen("search_pb.ts"), "");
    rmSync(gen("search_daemon.ts"));
    writeFileSync(gen("search_codec.ts.4711.tmp"), codec);
    writeFileSync(gen("gone_codec.ts"), "// @generated by protoc-gen-crucible from acme/v1/gone.proto\n");
    mkdirSync(gen("mine"));
    writeFileSync(gen("mine/notes.ts"), "// the user's own\n");
    const before = read(dir);
    const { code, stdout, stderr } = await lab.run(dir, ["check", "--against", "v1"]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout)
      .toBe(`gen/acme/v1/search_codec.ts: half-written, it ends in the middle of a line: run "crucible-gen generate"
gen/acme/v1/search_daemon.ts: missing: run "crucible-gen generate"
gen/acme/v1/search_pb.ts: half-written, it is empty: run "crucible-gen generate"
gen/acme/v1/search_plugin.ts: stale, the schema gives something else: run "crucible-gen generate"
gen/acme/v1/search_service.ts: stale, the schema gives something else: run "crucible-gen generate"
gen/acme/v1/search_validate.ts: stale, the schema gives something else: run "crucible-gen generate"
gen/acme/v1/gone_codec.ts: left over, no .proto gives it any more: run "crucible-gen generate", or delete it
gen/acme/v1/search_codec.ts.4711.tmp: left over from a run that was killed: delete it
src/search.ts: lacks count: run "crucible-gen generate", then fill in what it adds
src/search.ts:5:3: query answers in another way than the schema: change it to async *query(_request: QueryRequest, _context: HandlerContext): AsyncIterable<QueryResponseInit>
${diffed("v1").split("\n").slice(0, 3).join("\n")}
13 findings: 2 generated files are fresh; since v1: asks for a major version
`);
    expect(read(dir)).toEqual(before);
    const rest = await lab.run(dir, ["check", "--json", "--no-skeleton", "--against", "v1", "--allow", "major"]);
    const json = JSON.parse(rest.stdout) as { findings: { kind: string }[] };
    expect(json).toMatchObject({ ok: false, exitCode: 1, fresh: 2, bump: "major" });
    const generated = "half-written missing half-written stale stale stale left-over left-over".split(" ");
    expect(json.findings.map(({ kind }) => kind)).toEqual(generated);
    git("checkout", "-q", "-f", "v1");
    git("clean", "-q", "-f", "-d", "gen");
  }, 60_000);

  test("nothing generated yet, a class that is not there, a file that cannot be understood, an invalid schema", async () => {
    const bare = lab.project("bare", { [path]: schema });
    const first = (await lab.run(bare, ["check"])).stdout;
    expect(first.split("\n").slice(0, 2)).toEqual([
      'buf.gen.yaml: missing: run "crucible-gen generate", which writes it',
      'gen/acme/v1/search_codec.ts: missing: run "crucible-gen generate"',
    ]);
    expect(first).toContain(
      'src/search-provider.ts: missing, and no other class below src answers for its service: run "crucible-gen generate", then fill it in\n',
    );
    lab.project("bare", { "src/mine.ts": `${source.replace("async query", "async other")}\nconst x = ;\n` });
    expect((await lab.run(bare, ["check"])).stdout).toContain(
      "src/mine.ts: lacks query and cannot be changed by generate (line 12 is no TypeScript): write it there\n",
    );
    lab.project("bare", { [path]: "syntax = 3;" });
    const { code, stdout, stderr } = await lab.run(bare, ["check"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^proto\/acme\/v1\/search\.proto:1:10: /);
  }, 60_000);
});

describe("migrate", () => {
  const migrated = source.replace("{ text }", "{ words: text }");
  const renamed = schema.replace("string text = 1", "string words = 1");

  test("a dry run shows the change, a run makes it and keeps the mode of the file", async () => {
    writeFileSync(join(dir, path), renamed);
    const before = read(dir);
    expect(await lab.run(dir, ["migrate", "--against", "v1", "--dry-run"])).toEqual({
      code: 0,
      stderr: "",
      stdout: `dry run: nothing is changed
field acme.v1.QueryRequest.text -> acme.v1.QueryRequest.words
--- src/search.ts
+++ src/search.ts
@@ -2,7 +2,7 @@
 import { type QueryRequest, type QueryResponseInit, SearchProviderPlugin } from "../gen/acme/v1/search_plugin.js";
 
 class Search extends SearchProviderPlugin {
-  async query({ text }: QueryRequest, _context: HandlerContext): Promise<QueryResponseInit> {
+  async query({ words: text }: QueryRequest, _context: HandlerContext): Promise<QueryResponseInit> {
     return { results: [text] };
   }
 }
1 file would follow the schemas since v1; nothing is left to do by hand
`,
    });
    expect(read(dir)).toEqual(before);
    chmodSync(join(dir, "src/search.ts"), 0o600);
    expect((await lab.run(dir, ["migrate", "--against", "v1"])).stdout).toBe(
      "field acme.v1.QueryRequest.text -> acme.v1.QueryRequest.words\nsrc/search.ts changed in 1 place\n1 file followed the schemas since v1; nothing is left to do by hand\n",
    );
    expect(read(dir)).toEqual({ ...before, "src/search.ts": migrated });
    expect(statSync(join(dir, "src/search.ts")).mode & 0o777).toBe(0o600);
    git("checkout", "-q", "-f", "v1");
  }, 90_000);

  test("what the program cannot be: one line, nothing changed", async () => {
    writeFileSync(join(dir, path), renamed);
    const before = read(dir);
    const run = (...args: string[]): Promise<Run> => lab.run(dir, ["migrate", "--against", "v1", ...args]);
    expect(await run("--project", "nope.json")).toEqual(failed(1, "error: there is no nope.json: correct --project"));
    lab.project("repo/packages/app", { "bad.json": "{" });
    expect((await run("--project", "bad.json")).stderr).toMatch(/^error: bad\.json cannot be read: [^\n]*\n$/);
    rmSync(join(dir, "bad.json"));
    expect(read(dir)).toEqual(before);
  }, 90_000);
});
