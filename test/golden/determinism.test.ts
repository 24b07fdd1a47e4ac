// The same schema gives the same bytes: whoever starts the plugin, however the work is cut, wherever it runs.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatNote } from "../../generator/errors.js";
import { generate } from "../../generator/generate.js";
import { readRequest } from "../../generator/request.js";
import { bufProgram } from "../support/buf.js";
import { sharedBundle } from "../support/bundle.js";
import { cases, compile, type GoldenCase, root, walk } from "./case.js";

const dir = mkdtempSync(join(tmpdir(), "crucible-golden-"));
const launcher = join(dir, "protoc-gen-crucible");
const program = join(sharedBundle(), "protoc-gen-crucible.mjs");
// Debian keeps the well-known types, which every case imports, in a package of their own (libprotobuf-dev).
const wellKnown = ["--descriptor_set_out=/dev/null", "google/protobuf/duration.proto"];
const hasProtoc = spawnSync("protoc", wellKnown).status === 0;
if (!hasProtoc) console.warn("no protoc with its well-known types: its part of the determinism tests is skipped");
const good = cases.filter((golden) => !existsSync(join(golden.dir, "stderr.txt")));

beforeAll(() => {
  writeFileSync(launcher, `#!/bin/sh\nexec "${process.execPath}" "${program}"\n`);
  chmodSync(launcher, 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Debian's protoc 3.21 does not know editions, and refuses a number for an enum. */
function speaksProtoc(golden: GoldenCase): boolean {
  if (!hasProtoc || golden.name === "bad-host") return false;
  return !golden.protos.some((path) => /^edition = /m.test(readFileSync(join(golden.dir, "proto", path), "utf8")));
}

/** The files of a directory with their content. */
function read(path: string): Record<string, string> {
  return Object.fromEntries(walk(path).map((file) => [file, readFileSync(join(path, file), "utf8")]));
}

function expected(golden: GoldenCase): Record<string, string> {
  return read(join(golden.dir, "expect/typescript"));
}

function emptyDir(name: string): string {
  const path = mkdtempSync(join(dir, `${name}-`));
  return path;
}

describe.each(good)("$name", (golden) => {
  const protoDir = join(golden.dir, "proto");

  test("buf, both strategies", () => {
    const outs = ["all", "directory"].map((strategy) => ({ strategy, out: emptyDir(strategy) }));
    const modules = [{ path: "proto" }, { path: relative(root, protoDir) }];
    const opt = golden.parameter === "" ? [] : [golden.parameter];
    const plugins = outs.map(({ strategy, out }) => ({ local: [launcher], out, strategy, opt }));
    const args = ["generate", ".", "--config", JSON.stringify({ version: "v2", modules })];
    args.push("--template", JSON.stringify({ version: "v2", plugins }));
    for (const entry of readdirSync(protoDir)) args.push("--path", relative(root, join(protoDir, entry)));
    execFileSync(bufProgram, args, { cwd: root, stdio: "pipe" });
    for (const { strategy, out } of outs) expect([strategy, read(out)]).toEqual([strategy, expected(golden)]);
  });

  test.skipIf(!speaksProtoc(golden)).each([
    ["as it comes", {}],
    [
      "in another place, order, time zone and language",
      { TZ: "Pacific/Chatham", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
    ],
  ])("protoc, %s", (_name, env) => {
    const moved = "TZ" in env;
    const out = emptyDir("protoc");
    const args = [`--plugin=protoc-gen-crucible=${launcher}`, `--crucible_out=${out}`, "-I", join(root, "proto")];
    if (golden.parameter !== "") args.push(`--crucible_opt=${golden.parameter}`);
    args.push("-I", protoDir, ...(moved ? golden.protos.toReversed() : golden.protos));
    const cwd = moved ? emptyDir("elsewhere") : root;
    execFileSync("protoc", args, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
    expect(read(out)).toEqual(expected(golden));
  });

  test("one request, replayed file by file and in reverse", async () => {
    const request = compile(golden);
    const notesFile = join(golden.dir, "notes.txt");
    const notes = existsSync(notesFile) ? readFileSync(notesFile, "utf8").split(/^(?=.)/m) : [];
    const replay = (fileToGenerate: string[]): Record<string, string> => {
      const own = create(CodeGeneratorRequestSchema, { ...request, fileToGenerate });
      const told: string[] = [];
      // In this process, one after the other: what one leaves behind would show in the next.
      const response = generate(readRequest(toBinary(CodeGeneratorRequestSchema, own)), (note) => {
        told.push(`${formatNote(note)}\n`);
      });
      expect(told.join("")).toBe(notes.filter((line) => fileToGenerate.includes(line.split(":")[0]!)).join(""));
      expect(response.error).toBe("");
      return Object.fromEntries(response.file.map((file) => [file.name, file.content]));
    };
    const alone = golden.protos.map((path) => replay([path]));
    expect(Object.assign({}, ...alone)).toEqual(expected(golden));
    expect(replay(golden.protos.toReversed())).toEqual(expected(golden));
  });
});

describe("a mistake", () => {
  const bad = cases.filter((golden) => existsSync(join(golden.dir, "stderr.txt")));

  test.each(bad.filter(speaksProtoc))("$name is shown by protoc without a stack", (golden) => {
    const args = [`--plugin=protoc-gen-crucible=${launcher}`, `--crucible_out=${emptyDir("bad")}`];
    args.push("-I", join(root, "proto"), "-I", join(golden.dir, "proto"), ...golden.protos);
    if (golden.parameter !== "") args.push(`--crucible_opt=${golden.parameter}`);
    const { status, stderr } = spawnSync("protoc", args, { encoding: "utf8" });
    expect(status).toBe(1);
    const shown = stderr.split("\n").filter((line) => !/: warning: |^\[libprotobuf WARNING/.test(line));
    expect(shown.join("\n")).toBe(`--crucible_out: ${readFileSync(join(golden.dir, "stderr.txt"), "utf8")}`);
  });

  test("a request that is none gets one line", () => {
    for (const input of ["hello", "\u0000\u00ff\u00ff"]) {
      const { status, stderr } = spawnSync(process.execPath, [program], { input, encoding: "utf8" });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^protoc-gen-crucible found no CodeGeneratorRequest on stdin; .*\n$/);
    }
  });

  test("descriptors that do not fit together get one line", () => {
    const request = create(CodeGeneratorRequestSchema, {
      fileToGenerate: ["a.proto"],
      protoFile: [{ name: "a.proto", syntax: "proto3", dependency: ["b.proto"] }],
    });
    const input = toBinary(CodeGeneratorRequestSchema, request);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { input });
    expect(stderr.toString()).toBe("");
    expect(status).toBe(0);
    expect(fromBinary(CodeGeneratorResponseSchema, stdout).error).toBe("Cannot find b.proto, imported by a.proto");
  });

  test("nothing is left behind by a launcher whose bundle is missing", () => {
    const place = emptyDir("unbuilt");
    mkdirSync(join(place, "bin"));
    const bin = join(place, "bin/protoc-gen-crucible.js");
    writeFileSync(bin, readFileSync(join(root, "generator/bin/protoc-gen-crucible.js")));
    writeFileSync(join(place, "package.json"), `{"type":"module"}`);
    const { status, stderr } = spawnSync(process.execPath, [bin], { input: "", encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toBe("protoc-gen-crucible is not built yet: run npm run build in the crucible-gen repository\n");
  });
});
