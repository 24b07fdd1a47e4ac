// The same schema in every place where a project may be.
import { cpSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Lab, read } from "./project.js";
import { notes, plain } from "./protos.js";

const generated = [
  "gen/acme/v1/notes_codec.ts",
  "gen/acme/v1/notes_daemon.ts",
  "gen/acme/v1/notes_pb.ts",
  "gen/acme/v1/notes_plugin.ts",
  "gen/acme/v1/notes_service.ts",
  "gen/acme/v1/notes_validate.ts",
  "gen/buf/validate/validate_pb.ts",
  "gen/crucible/options/v1/options_pb.ts",
];

let lab: Lab;
beforeAll(() => {
  lab = new Lab();
}, 60_000);
afterAll(() => lab.remove());
afterEach(() => expect(readdirSync(lab.temporary)).toEqual([]));

describe("a folder with nothing but proto/", () => {
  test("gets a buf.gen.yaml, generated code and a file to fill in; then nothing changes any more", async () => {
    const dir = lab.project("empty", { "proto/acme/v1/notes.proto": notes });
    expect(await lab.generate(dir)).toEqual({
      ok: true,
      config: { path: "buf.gen.yaml", written: true },
      folders: ["gen"],
      written: generated,
      unchanged: 0,
      deleted: [],
      skeletons: ["src/search-provider.ts"],
      merged: [],
      conflicts: [],
      moved: [],
      lacking: [],
      diffs: [],
      dryRun: false,
      notes: [],
    });
    const files = read(dir);
    expect(Object.keys(files)).toEqual([
      "buf.gen.yaml",
      ...generated,
      "proto/acme/v1/notes.proto",
      "src/search-provider.ts",
    ]);
    expect(files["buf.gen.yaml"]).not.toContain(lab.dir);

    const before = new Date(2001, 1, 1);
    for (const path of Object.keys(files)) utimesSync(join(dir, path), before, before);
    expect(await lab.generate(dir)).toMatchObject({ written: [], unchanged: generated.length, skeletons: [] });
    expect(read(dir)).toEqual(files);
    for (const path of Object.keys(files)) expect(statSync(join(dir, path)).mtimeMs).toBe(before.getTime());
  });

  test("text for people, uncoloured in a pipe", async () => {
    const dir = lab.project("people", { "proto/plain.proto": plain });
    const { code, stdout, stderr } = await lab.run(dir, ["generate"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(
      "buf.gen.yaml written: what to generate, yours to change\n" +
        "gen: 5 written, 0 unchanged\n" +
        "src/lister.ts written: fill in its methods\n",
    );
  });

  test("--no-skeleton and --out", async () => {
    const dir = lab.project("flags", { "proto/plain.proto": plain });
    const report = await lab.generate(dir, "--no-skeleton", "--out", "src/made here");
    expect(report.skeletons).toEqual([]);
    expect(report.written).toContain("src/made here/plain_service.ts");
    expect(await lab.generate(dir, "--no-skeleton")).toMatchObject({ written: [], unchanged: report.written.length });
    const skeleton = await lab.generate(dir);
    expect(skeleton.skeletons).toEqual(["src/lister.ts"]);
    expect(read(dir)["src/lister.ts"]).toContain('from "./made here/plain_plugin.js"');
  });
});

const template = (input: string): string =>
  `version: v2
inputs: [{directory: ${input}}]
plugins:
  - {local: protoc-gen-es, out: gen, strategy: all, include_imports: true, opt: [target=ts, import_extension=js, erasable_syntax=true]}
  - {local: [protoc-gen-crucible], out: gen}
`;

describe("every layout gives the same code", () => {
  let expected: Record<string, string>;
  beforeAll(async () => {
    const dir = lab.project("reference", { "proto/acme/v1/notes.proto": notes });
    await lab.generate(dir);
    expected = Object.fromEntries(generated.map((path) => [path, read(dir)[path]!]));
  });

  const layouts: [name: string, cwd: string, files: Record<string, string>][] = [
    [
      "a package of a monorepo",
      "packages/app",
      { "packages/app/proto/acme/v1/notes.proto": notes, "package.json": "{}" },
    ],
    [
      "a workspace of several modules",
      "app",
      {
        "buf.yaml": "version: v2\nmodules: [{path: app/schemas}, {path: other}]\nlint: {use: [STANDARD]}",
        "app/schemas/acme/v1/notes.proto": notes,
        "other/plain.proto": plain,
        "app/buf.gen.yaml": template("schemas"),
      },
    ],
    [
      "a module at the root, node_modules beside it",
      ".",
      {
        "buf.yaml": "version: v2",
        "acme/v1/notes.proto": notes,
        "node_modules/other/bad.proto": "this is no proto",
        "buf.gen.yaml": template("."),
      },
    ],
    [
      "an input beside the working directory",
      "app",
      { "shared/acme/v1/notes.proto": notes, "app/buf.gen.yaml": template("../shared") },
    ],
    [
      "a part of a module",
      ".",
      {
        "buf.yaml": "version: v2\nmodules: [{path: proto}]",
        "proto/acme/v1/notes.proto": notes,
        "proto/plain/v1/plain.proto": plain,
        "buf.gen.yaml": template("proto/acme"),
      },
    ],
    [
      "an input with paths",
      ".",
      {
        "proto/acme/v1/notes.proto": notes,
        "proto/plain/v1/plain.proto": plain,
        "buf.gen.yaml": template("proto").replace("proto}", "proto, paths: [proto/acme]}"),
      },
    ],
    [
      "buf.gen.yaml with a name of its own, clean: true",
      ".",
      { "proto/acme/v1/notes.proto": notes, "gen/mine.txt": "mine", "alt.yaml": `clean: true\n${template("proto")}` },
    ],
  ];
  test.each(layouts)("%s", async (name, cwd, files) => {
    const dir = lab.project(name.replaceAll(/\W+/g, "-"), files);
    const arguments_ = "alt.yaml" in files ? ["--config", "alt.yaml"] : [];
    await lab.generate(join(dir, cwd), ...arguments_);
    const found = read(join(dir, cwd));
    expect(
      Object.fromEntries(Object.entries(found).filter(([path]) => path.startsWith("gen/") && path !== "gen/mine.txt")),
    ).toEqual(expected);
    expect(found["src/search-provider.ts"]).toContain("class Search extends SearchProviderPlugin");
    if ("alt.yaml" in files) expect(found["gen/mine.txt"]).toBe("mine");
  });

  test("packages linked as pnpm links them", async () => {
    const strict = new Lab("strict");
    try {
      const dir = strict.project("app", { "proto/acme/v1/notes.proto": notes });
      await strict.generate(dir);
      const files = read(dir);
      expect(Object.fromEntries(generated.map((path) => [path, files[path]!]))).toEqual(expected);
      expect(readdirSync(strict.temporary)).toEqual([]);
    } finally {
      strict.remove();
    }
  });

  test("another time zone and language", async () => {
    const dir = lab.project("elsewhere", { "proto/acme/v1/notes.proto": notes });
    const { code } = await lab.run(dir, ["generate"], {
      TZ: "Pacific/Apia",
      LANG: "tr_TR.UTF-8",
      LC_ALL: "tr_TR.UTF-8",
    });
    expect(code).toBe(0);
    const files = read(dir);
    expect(Object.fromEntries(generated.map((path) => [path, files[path]!]))).toEqual(expected);
  });
});

test("what the user has of ours is the user's: no second copy gets in the way", async () => {
  const dir = lab.project("vendored", { "proto/acme/v1/notes.proto": notes });
  cpSync(join(lab.dir, "node_modules/crucible-gen/proto/buf"), join(dir, "proto/buf"), { recursive: true });
  const { written } = await lab.generate(dir);
  // Its own file now, not an import: so there is a codec for it.
  expect(written).toEqual(expect.arrayContaining(["gen/buf/validate/validate_codec.ts", "gen/acme/v1/notes_codec.ts"]));
});
