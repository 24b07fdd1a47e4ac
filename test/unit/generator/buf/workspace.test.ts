import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stageWorkspace, type Workspace } from "../../../../generator/buf/workspace.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "crucible-workspace-"));
  write("own/crucible/options/v1/options.proto");
  write("own/buf/validate/validate.proto");
  write("own/PROTOCOL.md");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, text = ""): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

function stage(input: string, cwd = "repo"): Workspace {
  mkdirSync(join(dir, "stage"));
  return stageWorkspace({
    input: join(dir, input),
    cwd: join(dir, cwd),
    ownProto: join(dir, "own"),
    stage: join(dir, "stage"),
  });
}

const staged = (): unknown => JSON.parse(readFileSync(join(dir, "stage/buf.yaml"), "utf8"));

describe("without buf.yaml", () => {
  test("the input is a module, and ours stands beside it", () => {
    write("repo/proto/a/a.proto");
    const workspace = stage("repo/proto");
    expect(workspace.args).toEqual(["proto"]);
    expect(staged()).toEqual({ version: "v2", deps: [], modules: [{ path: "proto" }, { path: ".crucible-gen" }] });
    expect(existsSync(join(dir, "stage/proto/a/a.proto"))).toBe(true);
    expect(existsSync(join(dir, "stage/.crucible-gen/crucible/options/v1/options.proto"))).toBe(true);
    expect(existsSync(join(dir, "stage/.crucible-gen/PROTOCOL.md"))).toBe(false);
    expect(readdirSync(join(dir, "repo"))).toEqual(["proto"]);
  });

  test("paths are shown from where the user is, also of an input beside that", () => {
    write("repo/shared/proto/a/a.proto");
    mkdirSync(join(dir, "repo/app"));
    const workspace = stage("repo/shared/proto", "repo/app");
    expect(workspace.args).toEqual(["shared/proto"]);
    expect(workspace.relocate("shared/proto/a/a.proto")).toBe("../shared/proto/a/a.proto");
    expect(workspace.relocate(".crucible-gen/buf/validate/validate.proto")).toBe("buf/validate/validate.proto");
    expect(workspace.locate("a/a.proto")).toBe("../shared/proto/a/a.proto");
    expect(workspace.locate("google/protobuf/any.proto")).toBe("google/protobuf/any.proto");
    expect([workspace.has("a/a.proto"), workspace.has("a/b.proto")]).toEqual([true, false]);
    expect(workspace.place(join(dir, "repo/shared/proto/a"))).toBe("shared/proto/a");
  });

  test("what the user has of ours is left to the user", () => {
    write("repo/proto/buf/validate/validate.proto");
    stage("repo/proto");
    expect(readdirSync(join(dir, "stage/.crucible-gen"))).toEqual(["crucible"]);
  });

  test("an input that is missing or a file", () => {
    write("repo/proto");
    expect(() => stage("repo/nope")).toThrow("there is no folder nope: put your .proto files there");
    rmSync(join(dir, "stage"), { recursive: true });
    expect(() => stage("repo/proto")).toThrow("proto is a file");
  });
});

describe("with buf.yaml", () => {
  test("all of its modules are there, lint and breaking are not", () => {
    const modules = "modules: [{path: one, lint: {use: [STANDARD]}, excludes: [one/old]}, {path: libs/two}]";
    write("repo/buf.yaml", `version: v2\n${modules}\nlint: {use: [X]}\ndeps: [buf.build/a/b]`);
    write("repo/buf.lock", "version: v2");
    write("repo/one/a.proto");
    write("repo/libs/two/b.proto");
    const workspace = stage("repo/libs/two", "repo/libs");
    expect(workspace.args).toEqual(["libs/two"]);
    expect(staged()).toEqual({
      version: "v2",
      deps: ["buf.build/a/b"],
      modules: [{ path: "one", excludes: ["one/old"] }, { path: "libs/two" }, { path: ".crucible-gen" }],
    });
    expect(readFileSync(join(dir, "stage/buf.lock"), "utf8")).toBe("version: v2");
    expect(workspace.relocate("one/a.proto")).toBe("../one/a.proto");
  });

  test("a module at its root: everything but node_modules, with ours excluded from it", () => {
    write("repo/buf.yaml", "version: v2");
    write("repo/a/a.proto");
    write("repo/node_modules/x/x.proto");
    const workspace = stage("repo");
    const excluded = ["crucible", "buf"].flatMap((folder) => ["--exclude-path", `.crucible-gen/${folder}`]);
    expect([workspace.args[0], workspace.args.slice(1).toSorted()]).toEqual([".", excluded.toSorted()]);
    expect(staged()).toMatchObject({
      modules: [{ path: ".", excludes: [".crucible-gen"] }, { path: ".crucible-gen" }],
    });
    expect(readdirSync(join(dir, "stage")).toSorted()).toEqual([".crucible-gen", "a", "buf.yaml"]);
  });

  test("an input within a module is the module, restricted", () => {
    write("repo/buf.yaml", "version: v2\nmodules: [{path: proto}]");
    write("repo/proto/a/a.proto");
    expect(stage("repo/proto/a").args).toEqual(["proto", "--path", "proto/a"]);
  });

  test("a module within a module is linked once, and nothing is made in the user's folder", () => {
    write("repo/buf.yaml", "version: v2\nmodules: [{path: proto/vendor/x}, {path: proto, excludes: [proto/vendor]}]");
    write("repo/proto/vendor/x/x.proto");
    stage("repo/proto");
    expect(existsSync(join(dir, "stage/proto/vendor/x/x.proto"))).toBe(true);
    expect(readdirSync(join(dir, "repo/proto/vendor/x"))).toEqual(["x.proto"]);
  });

  test("one that has nothing to do with the input is passed over", () => {
    write("repo/buf.yaml", "version: v2\nmodules: [{path: other}]");
    write("repo/proto/a.proto");
    stage("repo/proto");
    expect(staged()).toMatchObject({ modules: [{ path: "proto" }, { path: ".crucible-gen" }] });
  });

  test("validate.proto from the registry is not brought twice", () => {
    write("repo/buf.yaml", "version: v2\nmodules: [{path: proto}]\ndeps: ['buf.build/bufbuild/protovalidate:v1.0.0']");
    write("repo/proto/a.proto");
    stage("repo/proto");
    expect(readdirSync(join(dir, "stage/.crucible-gen"))).toEqual(["crucible"]);
  });

  test.each([
    ["buf.yaml", "version: v1", 'buf.yaml is not of version v2: run "npx buf config migrate"'],
    ["buf.yaml", "version: v2\nmodules: x", "buf.yaml: modules has to be a list"],
    ["buf.yaml", "version: v2\nmodules: [{path: ../x}]", "buf.yaml: a module has the path ../x"],
    ["buf.yaml", "version: v2\nmodules: [{path: /etc}]", "buf.yaml: a module has the path /etc"],
    ["buf.work.yaml", "version: v1", 'buf.work.yaml is of version v1: run "npx buf config migrate"'],
  ])("%s with %j is refused", (path, text, message) => {
    write(`repo/${path}`, text);
    write("repo/proto/a.proto");
    expect(() => stage("repo/proto")).toThrow(message);
  });
});
