// The whole pipeline: a request of the compiler becomes a model, the model becomes files.
//
//   CodeGeneratorRequest ── createFileRegistry ──▶ descriptors ── buildModel ──▶ model ── target ──▶ files
//
// Nothing here reads a clock, the environment or a file: the same request gives the same bytes.
import { create, createFileRegistry, type DescFile, type FileRegistry, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature as Feature,
  CodeGeneratorResponseSchema,
  Edition,
  FileDescriptorSetSchema,
  SourceCodeInfoSchema,
} from "@bufbuild/protobuf/wkt";
import type { GeneratedFile } from "./emit/file.js";
import { encodeFile } from "./emit/response.js";
import { GeneratorError, mistake, type Note } from "./errors.js";
import { buildModel } from "./model/build.js";
import type { Model } from "./model/model.js";
import { readSource, type Source } from "./model/source.js";
import { parseOptions } from "./options.js";
import type { GeneratorRequest } from "./request.js";
import { targets } from "./targets/targets.js";

/** What the generator understands; part of every response. */
const abilities = {
  supportedFeatures: BigInt(Feature.PROTO3_OPTIONAL | Feature.SUPPORTS_EDITIONS),
  minimumEdition: Edition.EDITION_PROTO2,
  maximumEdition: Edition.EDITION_2024,
};

/**
 * Answers the compiler. Mistakes of the user become `error` of the response, one line each; anything thrown is a fault
 * of the generator.
 *
 * @param note is told what the user should know although nothing is wrong.
 */
export function generate(
  request: GeneratorRequest,
  note: (note: Note) => void = () => undefined,
): CodeGeneratorResponse {
  const response = create(CodeGeneratorResponseSchema, abilities);
  const error = generateEach(request, note, ({ path, content }) =>
    response.file.push({
      $typeName: "google.protobuf.compiler.CodeGeneratorResponse.File",
      name: path,
      insertionPoint: "",
      content,
    }),
  );
  if (error === undefined) return response;
  return create(CodeGeneratorResponseSchema, { ...abilities, error });
}

/**
 * Answers the compiler in pieces, one for each file, which together are an encoded CodeGeneratorResponse. A mistake that
 * is found late comes behind files that are none the less worth nothing: compilers look at `error` before they write.
 */
export function generatePieces(
  request: GeneratorRequest,
  note: (note: Note) => void,
  write: (piece: Uint8Array) => void,
): void {
  write(toBinary(CodeGeneratorResponseSchema, create(CodeGeneratorResponseSchema, abilities)));
  const error = generateEach(request, note, (file) => write(encodeFile(file)));
  if (error !== undefined) write(toBinary(CodeGeneratorResponseSchema, create(CodeGeneratorResponseSchema, { error })));
}

/** Hands over file by file; what it returns is the user's mistakes. */
function generateEach(
  request: GeneratorRequest,
  note: (note: Note) => void,
  take: (file: GeneratedFile) => void,
): string | undefined {
  try {
    for (const file of generateFiles(request, note)) take(file);
    return undefined;
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    return error.message;
  }
}

/**
 * The files of a request, made one by one as they are asked for.
 *
 * @throws GeneratorError with the user's mistakes, also behind files that were handed over.
 */
export function generateFiles(request: GeneratorRequest, note: (note: Note) => void): Iterable<GeneratedFile> {
  const options = parseOptions(request.parameter);
  return targets[options.target](modelOf(request), options, note);
}

/**
 * The model of a request.
 *
 * @throws GeneratorError when the descriptors do not fit together, or an option has a value it cannot have.
 */
export function modelOf(request: GeneratorRequest): Model {
  const wanted = new Set(request.fileToGenerate);
  const sources = new Map<string, Source>();
  let registry: FileRegistry;
  try {
    registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...request.protoFile] }));
    for (const file of request.protoFile) {
      if (!wanted.has(file.name)) continue;
      const { sourceCodeInfo } = file;
      const info = request.sourceInfo?.get(file) ?? (sourceCodeInfo && toBinary(SourceCodeInfoSchema, sourceCodeInfo));
      sources.set(file.name, readSource(file.name, info));
    }
  } catch (error) {
    throw mistake(error instanceof Error ? error.message : String(error));
  }
  const files = request.protoFile.map((file) => registry.getFile(file.name)).filter((file): file is DescFile => !!file);
  const missing = request.fileToGenerate.find((name) => registry.getFile(name) === undefined);
  if (missing !== undefined) throw mistake(`the compiler asks for ${missing} but does not describe it`);
  return buildModel(registry, files, sources);
}
