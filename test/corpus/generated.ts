// What the generator and protoc-gen-es make of a tree, as files that a compiler can read.
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { readRequest } from "../../generator/request.js";
import { generatePieces } from "../../generator/pipeline.js";
import * as rules from "../../generator/rules.js";
import { root } from "./root.js";
import { type Tree, wellKnown, withImports } from "./trees.js";

const filesOfGroup = 300;

/** The files of a tree that generators are asked for: all but those that the runtime has. */
export function filesToGenerate(tree: Tree): string[] {
  return tree.files.map(({ name }) => name).filter((name) => !wellKnown.test(name));
}

/** The encoded request for some files of a tree: those, and what they import. */
function requestOf(tree: Tree, fileToGenerate: readonly string[], parameter: string): Uint8Array {
  const protoFile = [...withImports(tree, fileToGenerate).files];
  const request = create(CodeGeneratorRequestSchema, { parameter, fileToGenerate: [...fileToGenerate] });
  return toBinary(CodeGeneratorRequestSchema, { ...request, protoFile });
}

/** Files by folder, in groups that fit into one request: protoc-gen-es takes minutes for thousands at once. */
function groups(files: readonly string[]): string[][] {
  const all: string[][] = [];
  for (const file of files.toSorted()) {
    const last = all.at(-1);
    if (last === undefined || last.length >= filesOfGroup) all.push([file]);
    else last.push(file);
  }
  return all;
}

/** What generating a tree came to. */
export interface Generated {
  /** The generator's mistakes, empty when there are none. */
  readonly error: string;
  /** Paths of our files, relative to the folder. */
  readonly paths: readonly string[];
  readonly notes: number;
}

/** Writes what we make of a tree to a folder, beside what protoc-gen-es makes of it. */
export function writeGenerated(
  tree: Tree,
  folder: string,
  wanted: readonly string[] = filesToGenerate(tree),
): Generated {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const group of groups(wanted)) writeProtobufEs(tree, folder, group);
  let notes = 0;
  let error = "";
  const paths: string[] = [];
  for (const group of groups(wanted)) {
    generatePieces(
      readRequest(requestOf(tree, group, "")),
      rules,
      () => notes++,
      (piece) => {
        const answer = fromBinary(CodeGeneratorResponseSchema, piece);
        error += answer.error;
        for (const { name, content } of answer.file) paths.push(write(folder, name, content));
      },
    );
  }
  return { error, paths, notes };
}

function writeProtobufEs(tree: Tree, folder: string, wanted: readonly string[]): void {
  const answer = join(folder, "protobuf-es.binpb");
  const output = openSync(answer, "w");
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
    {
      input: requestOf(tree, wanted, "target=ts,import_extension=js,erasable_syntax=true"),
      stdio: ["pipe", output, "pipe"],
    },
  );
  closeSync(output);
  if (status !== 0) throw new Error(stderr.toString());
  for (const { name, content } of fromBinary(CodeGeneratorResponseSchema, readFileSync(answer)).file) {
    write(folder, name, content);
  }
  rmSync(answer);
}

function write(folder: string, path: string, content: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  return path;
}
