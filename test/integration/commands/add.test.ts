// From a new repository to methods of one's own, without an editor: what is printed, and what the files are then.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InstalledLab, read, type Run } from "./installed.js";

let lab: InstalledLab;
beforeAll(() => {
  lab = new InstalledLab();
}, 60_000);
afterAll(() => lab.remove());

const notes = `syntax = "proto3";

package acme.v1;

// Finds notes.
service Search {
  // One of them.
  rpc Get(GetRequest) returns (Note);
}

message GetRequest {}
message Note {}
`;
const add = (dir: string, ...args: string[]): Promise<Run> => lab.run(dir, ["add", ...args]);
const schema = (dir: string, path = "proto/notes.proto"): string => readFileSync(join(dir, path), "utf8");

describe("a plugin grows", () => {
  test("transcript: a method with messages of its own, one with messages that are there, a service of the daemon", async () => {
    const dir = lab.project("grow", {
      "proto/notes.proto": notes,
      "package.json": '{"type":"module"}',
      "tsconfig.json": JSON.stringify({
        compilerOptions: { module: "nodenext", strict: true, outDir: "dist", rootDir: ".", types: ["node"] },
      }),
    });
    await lab.generate(dir);
    expect(
      await add(dir, "method", "Search", "Query", "--server-stream", "--comment", "Streams what is found."),
    ).toEqual({
      code: 0,
      stdout: `proto/notes.proto changed: added acme.v1.Search/Query, acme.v1.QueryRequest, acme.v1.QueryResponse
gen: 5 written, 0 unchanged
src/search.ts changed: added query
Next: give QueryRequest and QueryResponse fields and run crucible-gen generate, write query in src/search.ts
`,
      stderr: "",
    });
    const types = ["--request", "Note", "--response", "google.protobuf.Empty"];
    expect((await add(dir, "method", "acme.v1.Search", "Put", ...types, "--client-stream")).stdout).toBe(
      `proto/notes.proto changed: added acme.v1.Search/Put, import google/protobuf/empty.proto
gen: 4 written, 1 unchanged
src/search.ts changed: added put
Next: write put in src/search.ts
`,
    );
    expect((await add(dir, "service", "Vault", "--host", "daemon", "--file", "proto/vault.proto", "--json")).code).toBe(
      0,
    );
    expect((await add(dir, "service", "Tasks", "--file", "proto/notes.proto")).stdout).toMatch(
      /^proto\/notes.proto changed: added acme\.v1\.Tasks\n[^]*\nNext: crucible-gen add method Tasks <name>\n$/,
    );
    expect((await add(dir, "method", "Tasks", "List")).stdout).toContain("src/tasks.ts written: fill in its methods\n");
    expect(schema(dir)).toBe(
      `${notes.replace("package acme.v1;", 'package acme.v1;\n\nimport "google/protobuf/empty.proto";').replace(
        "returns (Note);\n",
        `returns (Note);
  // Streams what is found.
  rpc Query(QueryRequest) returns (stream QueryResponse);
  rpc Put(stream Note) returns (google.protobuf.Empty);
`,
      )}
message QueryRequest {}

message QueryResponse {}

service Tasks {
  rpc List(ListRequest) returns (ListResponse);
}

message ListRequest {}

message ListResponse {}
`,
    );
    expect(schema(dir, "proto/vault.proto")).toBe(`syntax = "proto3";

package acme.v1;

import "crucible/options/v1/options.proto";

service Vault {
  option (crucible.options.v1.service).host = HOST_DAEMON;
}
`);
    await lab.compile(dir);
  }, 60_000);

  test("--dry-run shows the change, --json tells it, and neither leaves more than was asked for", async () => {
    const dir = lab.project("dry", { "proto/notes.proto": notes });
    const before = read(dir);
    const { code, stdout } = await add(dir, "method", "Search", "Query", "--response", "Note", "--dry-run");
    expect([code, stdout]).toEqual([
      0,
      `dry run: nothing is changed
--- proto/notes.proto
+++ proto/notes.proto
@@ -6,7 +6,10 @@
 service Search {
   // One of them.
   rpc Get(GetRequest) returns (Note);
+  rpc Query(QueryRequest) returns (Note);
 }
 
 message GetRequest {}
 message Note {}
+
+message QueryRequest {}
`,
    ]);
    expect(read(dir)).toEqual(before);
    const told = await add(dir, "method", "Search", "Query", "--response", "Note", "--json", "--no-skeleton");
    expect(JSON.parse(told.stdout)).toMatchObject({
      ok: true,
      file: "proto/notes.proto",
      created: false,
      added: ["acme.v1.Search/Query", "acme.v1.QueryRequest"],
      imported: [],
      dryRun: false,
      generated: { skeletons: [] },
    });
  });
});

describe("what cannot be: code 1, one line, every file as it was", () => {
  const mistakes: [args: string[], line: string | RegExp][] = [
    [
      ["method", "Search", "Get"],
      "proto/notes.proto:8:3: acme.v1.Search has a method Get already: choose another name",
    ],
    [
      ["method", "Search", "get"],
      "proto/notes.proto:8:3: acme.v1.Search has a method Get already: choose another name",
    ],
    [["method", "Serch", "Get"], "error: there is no service Serch: did you mean acme.v1.Search?"],
    [["method", "Search", "1st"], 'error: "1st" cannot name a method: write it as in Query'],
    [["method", "Search", "Q", "--request", "a b"], /^error: "a b" cannot be the name of a message: /],
    [
      ["method", "Search", "Q", "--request", "other.Note"],
      "error: there is no message other.Note: did you mean acme.v1.Note?",
    ],
    [["service", "Note"], "proto/notes.proto:12:1: there is a message acme.v1.Note already: choose another name"],
    [["service", "Se-rvice"], /^error: "Se-rvice" cannot name a service/],
    [["service", "New", "--file", "../x.proto"], /^error: \.\.\/x\.proto is in no folder of schemas: /],
    [["service", "New", "--file", "proto/a/x.txt"], /^error: x\.txt is no name of a schema: /],
    [
      ["service", "New", "--file", "proto/A-b/x.proto"],
      "error: the folder of x.proto names no package: add --package, as in --package acme.search.v1",
    ],
    [["service", "New", "--package", "x"], /^error: .*notes\.proto has the package acme\.v1: leave --package out/],
    [["service", "New", "--file", "README.md"], /^error: README\.md is no schema of this project/],
  ];
  test.each(mistakes)("%j", async (args, line) => {
    const dir = lab.project("wrong", { "proto/notes.proto": notes, "README.md": "" });
    const before = read(dir);
    const { code, stdout, stderr } = await add(dir, ...args);
    expect([code, stdout]).toEqual([1, ""]);
    if (typeof line === "string") expect(stderr).toBe(`${line}\n`);
    else expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(read(dir)).toEqual(before);
  });

  test("what only the compiler finds wrong: its line, and the file is put back, a new one taken away", async () => {
    const dir = lab.project("back", { "proto/notes.proto": notes });
    const before = read(dir);
    expect(await add(dir, "method", "Search", "Put", "--request", "string")).toEqual({
      code: 1,
      stdout: "",
      stderr: `proto/notes.proto:9:11: expected message type, found scalar type \`string\`
error: proto/notes.proto was put back as it was, because the schemas do not compile with acme.v1.Search/Put, acme.v1.string, acme.v1.PutResponse
`,
    });
    const taken = await add(dir, "service", "Odd", "--file", "proto/odd.proto", "--package", "acme.v1.Note");
    expect([taken.code, read(dir)]).toEqual([1, before]);
  });

  test("a file that is no UTF-8 is not touched", async () => {
    const dir = lab.project("bytes", { "proto/notes.proto": notes });
    const bytes = Buffer.concat([Buffer.from(notes), Buffer.from([0x2f, 0x2f, 0xff, 0x0a])]);
    writeFileSync(join(dir, "proto/notes.proto"), bytes);
    const { code } = await add(dir, "method", "Search", "Query");
    expect([code, readFileSync(join(dir, "proto/notes.proto")).equals(bytes)]).toEqual([1, true]);
  });
});

test.each([[["add"]], [["add", "thing"]], [["add", "method", "Search"]], [["add", "service", "A", "--client-stream"]]])(
  "%j makes no sense: code 2",
  async (args) => {
    const dir = lab.project("usage", { "proto/notes.proto": notes });
    const { code, stderr } = await lab.run(dir, args);
    expect([code, stderr.split("\n").length]).toEqual([2, 2]);
  },
);
