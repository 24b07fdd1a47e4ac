// The whole pipeline: a request of the compiler becomes a model, the model becomes files.
//
//   CodeGeneratorRequest ── createFileRegistry ──▶ descriptors ── buildModel ──▶ model ── target ──▶ files
//
// Nothing here reads a clock, the environment or a file: the same request gives the same bytes.
import { create, createFileRegistry, type DescFile, type FileRegistry } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature as Feature,
  CodeGeneratorResponseSchema,
  Edition,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { GeneratorError, mistake, type Note } from "./errors.js";
import { buildModel } from "./model/build.js";
import type { Model } from "./model/model.js";
import { parseOptions } from "./options.js";
import { generateTypeScript } from "./targets/typescript/target.js";

/**
 * Answers the compiler. Mistakes of the user become `error` of the response, one line each; anything thrown is a fault
 * of the generator.
 *
 * @param note is told what the user should know although nothing is wrong.
 */
export function generate(
  request: CodeGeneratorRequest,
  note: (note: Note) => void = () => undefined,
): CodeGeneratorResponse {
  const response = create(CodeGeneratorResponseSchema, {
    supportedFeatures: BigInt(Feature.PROTO3_OPTIONAL | Feature.SUPPORTS_EDITIONS),
    minimumEdition: Edition.EDITION_PROTO2,
    maximumEdition: Edition.EDITION_2024,
  });
  try {
    const options = parseOptions(request.parameter);
    const files = generateTypeScript(modelOf(request), options, note);
    response.file = files.map(({ path, content }) => ({
      $typeName: "google.protobuf.compiler.CodeGeneratorResponse.File",
      name: path,
      insertionPoint: "",
      content,
    }));
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    response.error = error.message;
  }
  return response;
}

/**
 * The model of a request.
 *
 * @throws GeneratorError when the descriptors do not fit together, or an option has a value it cannot have.
 */
export function modelOf(request: CodeGeneratorRequest): Model {
  let registry: FileRegistry;
  try {
    registry = createFileRegistry(create(FileDescriptorSetSchema, { file: request.protoFile }));
  } catch (error) {
    throw mistake(error instanceof Error ? error.message : String(error));
  }
  const files = request.protoFile.map((file) => registry.getFile(file.name)).filter((file): file is DescFile => !!file);
  const missing = request.fileToGenerate.find((name) => registry.getFile(name) === undefined);
  if (missing !== undefined) throw mistake(`the compiler asks for ${missing} but does not describe it`);
  return buildModel(registry, files, new Set(request.fileToGenerate));
}
