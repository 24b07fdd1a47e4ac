// What generators are given: schemas compiled once, and the same descriptors for each of them.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { findPackage } from "../../corpus/packages.js";
import { root } from "../../corpus/root.js";
import { syntheticProtos } from "./synthetic.js";

/** Schemas of one size. */
export interface Input {
  readonly name: "start" | "10k" | "88k";
  readonly lines: number;
  readonly files: number;
  /** Seconds that buf took to compile them. */
  readonly compileSeconds: number;
  /** The encoded CodeGeneratorRequest, but for the parameter. */
  readonly request: Uint8Array;
}

/** Folders of google-proto-files, by what they have of lines. */
const real = { "10k": "google/privacy/dlp", "88k": "google/cloud/aiplatform" } as const;
const lines = { "10k": 10_000, "88k": 88_000 } as const;
const seed = 20_26;

/** What the schemas are, for the report. */
export function describeInputs(): string {
  if (findPackage("google-proto-files") === undefined) return `schemas made of the seed ${seed}`;
  return `${real["10k"]} and ${real["88k"]} of google-proto-files`;
}

/** Compiles an empty file, about 10,000 and about 88,000 lines. */
export function makeInputs(): Input[] {
  const dir = mkdtempSync(join(tmpdir(), "crucible-bench-"));
  try {
    const empty = write(join(dir, "start"), new Map([["empty.proto", 'syntax = "proto3";\n']]));
    return [
      compile("start", empty, "", 1),
      ...(["10k", "88k"] as const).map((name) => {
        const google = findPackage("google-proto-files");
        if (google !== undefined) return compile(name, google, real[name], countLines(join(google, real[name])));
        const made = write(join(dir, name), syntheticProtos(lines[name], seed));
        return compile(name, made, "", countLines(made));
      }),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function compile(name: Input["name"], dir: string, path: string, lines: number): Input {
  const out = join(mkdtempSync(join(tmpdir(), "crucible-image-")), "image.binpb");
  const args = [
    "build",
    dir,
    "--as-file-descriptor-set",
    "-o",
    out,
    ...(path === "" ? [] : ["--path", join(dir, path)]),
  ];
  const start = performance.now();
  execFileSync(join(root, "node_modules/.bin/buf"), args, { stdio: "inherit" });
  const compileSeconds = (performance.now() - start) / 1000;
  const { file: protoFile } = fromBinary(FileDescriptorSetSchema, readFileSync(out));
  rmSync(dirname(out), { recursive: true });
  const wanted =
    path === "" ? (file: string) => !file.startsWith("google/protobuf/") : (file: string) => file.startsWith(path);
  const fileToGenerate = protoFile.map((file) => file.name).filter(wanted);
  const request = toBinary(
    CodeGeneratorRequestSchema,
    create(CodeGeneratorRequestSchema, { fileToGenerate, protoFile }),
  );
  return { name, lines, files: fileToGenerate.length, compileSeconds, request };
}

function write(dir: string, files: ReadonlyMap<string, string>): string {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

function countLines(dir: string): number {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".proto"))
    .reduce((sum, path) => sum + readFileSync(join(dir, path), "utf8").split("\n").length - 1, 0);
}
