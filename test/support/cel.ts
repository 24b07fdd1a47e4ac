// Schemas with rules of CEL, given as text: their generated validators beside those of protovalidate.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { create, createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, CodeGeneratorRequestSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { formatNote, type Note } from "../../generator/errors.js";
import { generate } from "../../generator/generate.js";
import type { Validator } from "../../runtime/typescript/src/validate/validator.js";
import { generateProtobufEs } from "../golden/protobuf-es.js";
import { runBuf } from "./buf.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a compiler would send for .proto files given by their paths; `buf/validate/validate.proto` can be imported. */
export function celRequest(files: Readonly<Record<string, string>>): CodeGeneratorRequest {
  const dir = join(root, ".cache/cel-proto", `${hashOf(Object.entries(files))}-${process.pid}`);
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    const config = JSON.stringify({ version: "v2", modules: [{ path: "proto" }, { path: relative(root, dir) }] });
    const image = runBuf(root, ["build", ".", "--config", config, "--as-file-descriptor-set", "-o", "-"]);
    const { file } = fromBinary(FileDescriptorSetSchema, image);
    return create(CodeGeneratorRequestSchema, {
      protoFile: file,
      fileToGenerate: Object.keys(files),
      parameter: "emit=codec+validate,import_extension=js",
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What was generated of some files. */
export interface CelModules {
  readonly registry: FileRegistry;
  /** `path:line:column: note: …`. */
  readonly notes: readonly string[];
  readonly sources: ReadonlyMap<string, string>;
  /** The validators of the messages with rules, by full name. */
  readonly messages: ReadonlyMap<string, { readonly desc: DescMessage; readonly validate: Validator }>;
}

/** Generates and imports the validators of a request, and what protobuf-es makes of it. */
export async function loadCel(request: CodeGeneratorRequest): Promise<CelModules> {
  const notes: Note[] = [];
  const response = generate(request, (note) => notes.push(note));
  if (response.error !== "") throw new Error(response.error);
  const files = [...response.file, ...generateProtobufEs(request).file];
  const dir = join(root, ".cache/cel", hashOf(files.map(({ name, content }) => [name, content])));
  if (!existsSync(dir)) {
    // Named by content, and moved into place whole: tests in other processes may want the same files.
    const temporary = `${dir}.${process.pid}`;
    for (const { name, content } of files) {
      mkdirSync(dirname(join(temporary, name)), { recursive: true });
      writeFileSync(join(temporary, name), content);
    }
    try {
      renameSync(temporary, dir);
    } catch {
      rmSync(temporary, { recursive: true }); // Another process was first.
    }
  }
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: request.protoFile }));
  const messages = new Map<string, { desc: DescMessage; validate: Validator }>();
  for (const { name } of response.file.filter((file) => file.name.endsWith("_validate.ts"))) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module of generated code.
    const module = (await import(pathToFileURL(join(dir, name)).href)) as Record<string, Validator | undefined>;
    for (const desc of registry.getFile(name.replace(/_validate\.ts$/, ".proto"))?.messages ?? []) {
      const validate = module[`validate${desc.name}`];
      if (validate !== undefined) messages.set(desc.typeName, { desc, validate });
    }
  }
  const sources = new Map(response.file.map(({ name, content }) => [name, content]));
  return { registry, notes: notes.map(formatNote), sources, messages };
}

function hashOf(files: readonly (readonly [string, string])[]): string {
  const hash = createHash("sha256");
  for (const [name, content] of files) hash.update(`${name}\n${content}\n`);
  return hash.digest("hex").slice(0, 16);
}

/** A text as a string of the schema language. */
export function protoString(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const escape = (byte: number): string => `\\${byte.toString(8).padStart(3, "0")}`;
  return `"${bytes.map((byte) => (byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : escape(byte))).join("")}"`;
}
