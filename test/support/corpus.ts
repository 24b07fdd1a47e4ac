// The schemas in test/protos, compiled by buf, and the codecs our generator makes of them, loaded like user code.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { create, createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { generate } from "../../generator/generate.js";
import { runBuf } from "./buf.js";
import { type CorpusMessage, messagesOf } from "./generated-messages.js";

export { type CorpusMessage, messagesOf } from "./generated-messages.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The corpus, loaded. */
export interface Corpus {
  readonly registry: FileRegistry;
  /** Every message of test/protos, by full name. */
  readonly messages: ReadonlyMap<string, CorpusMessage>;
  /** Everything that the generated modules export, by the path of the .proto. */
  readonly modules: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** The descriptors of test/protos, imports included. */
export function compileCorpus(): FileDescriptorSet {
  const image = runBuf(root, ["build", "test/protos", "--as-file-descriptor-set", "-o", "-"]);
  return fromBinary(FileDescriptorSetSchema, image);
}

/** What a compiler would send to the plugin for the corpus. */
export function corpusRequest(parameter: string): CodeGeneratorRequest {
  const { file } = compileCorpus();
  const fileToGenerate = file.map(({ name }) => name).filter((name) => !name.startsWith("google/"));
  return create(CodeGeneratorRequestSchema, {
    protoFile: file,
    sourceFileDescriptors: file,
    fileToGenerate,
    parameter,
  });
}

/**
 * Generates the codecs of the corpus and imports them.
 *
 * @param generated called in between: the generator wants all of Node, codecs do not.
 */
export async function loadCorpus(generated?: () => void): Promise<Corpus> {
  const request = corpusRequest("emit=codec,import_extension=ts");
  const response = generate(request);
  generated?.();
  if (response.error !== "") throw new Error(response.error);
  const hash = createHash("sha256");
  for (const { name, content } of response.file) hash.update(`${name}\n${content}\n`);
  // Named by content, and moved into place whole: tests in other processes may want the same files.
  const dir = join(root, ".cache/corpus", hash.digest("hex").slice(0, 16));
  if (!existsSync(dir)) {
    const temporary = `${dir}.${process.pid}`;
    for (const { name, content } of response.file) {
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
  const messages = new Map<string, CorpusMessage>();
  const modules = new Map<string, Record<string, unknown>>();
  for (const { name } of response.file) {
    const url = pathToFileURL(join(dir, name)).href;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module of generated code.
    const module = (await import(url)) as Record<string, unknown>;
    modules.set(name.replace(/_codec\.ts$/, ".proto"), module);
    for (const message of messagesOf(module, registry)) messages.set(message.desc.typeName, message);
  }
  return { registry, messages, modules };
}
