// What happens to files when schemas change.
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Lab, read } from "./project.js";
import { notes, plain } from "./protos.js";

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
}, 60_000);
afterAll(() => lab.remove());
afterEach(() => expect(readdirSync(lab.temporary)).toEqual([]));

const paths = (dir: string, folder: string): string[] =>
  Object.keys(read(dir)).filter((path) => path.startsWith(folder));

describe("stale files", () => {
  test("go with their .proto, and empty folders with them; whatever else is there stays", async () => {
    const dir = lab.project("stale", { "proto/acme/v1/notes.proto": notes, "proto/plain/v1/plain.proto": plain });
    await lab.generate(dir);
    writeFileSync(join(dir, "gen/acme/v1/mine.ts"), "export const mine = 1;\n");
    writeFileSync(join(dir, "gen/README.md"), "mine\n");
    rmSync(join(dir, "proto/plain"), { recursive: true });
    const first = await lab.generate(dir);
    const kinds = ["codec", "daemon", "plugin", "service", "pb"];
    expect(first.deleted.toSorted()).toEqual(kinds.map((kind) => `gen/plain/v1/plain_${kind}.ts`).toSorted());
    expect(readdirSync(join(dir, "gen")).toSorted()).toEqual(["README.md", "acme", "buf", "crucible"]);

    renameSync(join(dir, "proto/acme/v1/notes.proto"), join(dir, "proto/acme/v1/texts.proto"));
    await lab.generate(dir);
    expect(paths(dir, "gen/acme/").filter((path) => path.includes("notes"))).toEqual([]);
    expect(paths(dir, "gen/acme/")).toContain("gen/acme/v1/texts_codec.ts");
    expect(read(dir)["gen/acme/v1/mine.ts"]).toBe("export const mine = 1;\n");
  });

  test("a kind of file that a .proto gives no more goes alone", async () => {
    const dir = lab.project("kinds", { "proto/acme/v1/notes.proto": notes });
    await lab.generate(dir);
    writeFileSync(
      join(dir, "proto/acme/v1/notes.proto"),
      notes.replace(/ \[\(buf.*?\]/, "").replace(/import "buf.*\n/, ""),
    );
    expect((await lab.generate(dir)).deleted).toEqual([
      "gen/buf/validate/validate_pb.ts",
      "gen/acme/v1/notes_validate.ts",
    ]);
  });

  test("of a .proto that exists but was not asked for stay", async () => {
    const dir = lab.project("parts", { "proto/acme/v1/notes.proto": notes, "proto/plain/v1/plain.proto": plain });
    await lab.generate(dir);
    const before = read(dir);
    const text = before["buf.gen.yaml"]!.replace("directory: proto", "directory: proto\n    paths: [proto/acme]");
    writeFileSync(join(dir, "buf.gen.yaml"), text);
    expect((await lab.generate(dir)).deleted).toEqual([]);
    expect(paths(dir, "gen/")).toEqual(Object.keys(before).filter((path) => path.startsWith("gen/")));
  });
});

describe("the user's own file", () => {
  test("is found again under another name", async () => {
    const dir = lab.project("moved", { "proto/plain.proto": plain });
    await lab.generate(dir);
    mkdirSync(join(dir, "src/plugins"));
    renameSync(join(dir, "src/lister.ts"), join(dir, "src/plugins/all.ts"));
    expect((await lab.generate(dir)).skeletons).toEqual([]);
    expect(paths(dir, "src/")).toEqual(["src/plugins/all.ts"]);
  });
});

test("what the plugin has to tell is said, and fails nothing", async () => {
  const rule = '[(buf.validate.field).string.pattern = "(a|b)*a(a|b){20}c"]';
  const dir = lab.project("told", {
    "proto/far.proto": `syntax = "proto3";\nimport "buf/validate/validate.proto";\nmessage Far {\n  string far = 1 ${rule};\n}\n`,
  });
  expect((await lab.generate(dir)).notes).toEqual([
    expect.stringMatching(/^proto\/far\.proto:4:3: the rule string\.pattern of Far\.far is left to @bufbuild\/re2/),
  ]);
});

describe("templates of the user", () => {
  const plugins =
    "plugins:\n  - {local: protoc-gen-crucible, out: gen}\n  - {local: protoc-gen-es, out: gen, opt: [target=ts, import_extension=js]}\n";

  test("several inputs, one compiled before by buf", async () => {
    const dir = lab.project("inputs", { "one/acme/v1/notes.proto": notes, "two/plain.proto": plain });
    const inputs = "version: v2\ninputs: [{directory: one}, {directory: two}]\n";
    writeFileSync(join(dir, "buf.gen.yaml"), inputs + plugins);
    const { written, skeletons } = await lab.generate(dir);
    expect(written).toEqual(expect.arrayContaining(["gen/acme/v1/notes_codec.ts", "gen/plain_codec.ts"]));
    expect(skeletons).toEqual(["src/search-provider.ts", "src/lister.ts"]);
  });

  test("a missing include_imports is pointed out", async () => {
    const dir = lab.project("imports", { "proto/acme/v1/notes.proto": notes });
    writeFileSync(join(dir, "buf.gen.yaml"), `version: v2\ninputs: [{directory: proto}]\n${plugins}`);
    expect((await lab.generate(dir)).notes).toEqual([
      "buf.gen.yaml: protoc-gen-es leaves out buf/validate/validate.proto, which is imported; add include_imports: true to it",
    ]);
  });

  test("a missing include_wkt is pointed out where the runtime lacks a codec", async () => {
    const features = `edition = "2023";
package acme.v1;
import "google/protobuf/cpp_features.proto";
message Built { pb.CppFeatures cpp = 1; }
`;
    const dir = lab.project("features", { "proto/acme/v1/built.proto": features });
    const generateWith = async (options: string): Promise<readonly string[]> => {
      const own = `plugins: [{local: protoc-gen-crucible, out: gen${options}}]`;
      writeFileSync(join(dir, "buf.gen.yaml"), `version: v2\ninputs: [{directory: proto}]\n${own}\n`);
      const { notes: told, written } = await lab.generate(dir);
      return [...told, ...written];
    };
    const note =
      "buf.gen.yaml: protoc-gen-crucible leaves out google/protobuf/cpp_features.proto, whose messages are used; add include_imports: true and include_wkt: true to it";
    expect(await generateWith("")).toEqual([note, "gen/acme/v1/built_codec.ts"]);
    expect(await generateWith(", include_imports: true")).toEqual([note]);
    expect(await generateWith(", include_imports: true, include_wkt: true")).toEqual([
      "gen/google/protobuf/cpp_features_codec.ts",
    ]);
  });

  test("without our plugin there is only what the others make", async () => {
    const dir = lab.project("others", { "proto/plain.proto": plain });
    writeFileSync(
      join(dir, "buf.gen.yaml"),
      "version: v2\ninputs: [{directory: proto}]\nplugins: [{local: protoc-gen-es, out: gen, opt: target=ts}]\n",
    );
    const report = await lab.generate(dir);
    expect(report.written).toEqual(["gen/plain_pb.ts"]);
    expect(report.skeletons).toEqual([]);
    expect(report.notes).toEqual(["buf.gen.yaml has no plugin protoc-gen-crucible: add it to get codecs and services"]);
  });

  test("plugins of the project itself are found in its node_modules/.bin", async () => {
    const script = `#!${process.execPath}\nprocess.stdin.resume().on("end", () => process.stdout.write(Buffer.from([0x7a, 8, 0x0a, 1, 0x61, 0x7a, 3, 0x62, 0x63, 0x64])));\n`;
    const dir = lab.project("bins", {
      "proto/plain.proto": plain,
      "node_modules/.bin/protoc-gen-mine": script,
      "buf.gen.yaml": "version: v2\ninputs: [{directory: proto}]\nplugins: [{local: protoc-gen-mine, out: made}]\n",
    });
    const { chmodSync } = await import("node:fs");
    chmodSync(join(dir, "node_modules/.bin/protoc-gen-mine"), 0o755);
    expect((await lab.generate(dir)).written).toEqual(["made/a"]);
    expect(read(dir)["made/a"]).toBe("bcd");
  });
});
