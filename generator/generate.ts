// The pipeline for those who have all of it loaded; see pipeline.ts.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import type { GeneratedFile } from "./emit/file.js";
import type { Note } from "./errors.js";
import type { Model } from "./model/model.js";
import * as pipeline from "./pipeline.js";
import type { GeneratorRequest } from "./request.js";
import * as rules from "./rules.js";

/** A request as compilers send it, or decoded. */
export type AnyRequest = GeneratorRequest | CodeGeneratorRequest;

/**
 * Answers the compiler. Mistakes of the user become `error` of the response, one line each, and it has no files then;
 * anything thrown is a fault of the generator.
 *
 * @param note is told what the user should know although nothing is wrong.
 */
export function generate(request: AnyRequest, note: (note: Note) => void = () => undefined): CodeGeneratorResponse {
  const pieces: Uint8Array[] = [];
  pipeline.generatePieces(encoded(request), rules, note, (piece) => pieces.push(piece));
  const response = fromBinary(CodeGeneratorResponseSchema, Buffer.concat(pieces));
  if (response.error !== "") response.file = [];
  return response;
}

/**
 * The files of a request, made one by one as they are asked for.
 *
 * @throws GeneratorError with the user's mistakes, also behind files that were handed over.
 */
export function generateFiles(request: AnyRequest, note: (note: Note) => void): Iterable<GeneratedFile> {
  return pipeline.generateFiles(encoded(request), rules, note);
}

/**
 * The files of a model, made one by one as they are asked for.
 *
 * @throws GeneratorError with the user's mistakes, also behind files that were handed over.
 */
export function filesOf(model: Model, parameter: string, note: (note: Note) => void): Iterable<GeneratedFile> {
  return pipeline.filesOf(model, parameter, rules, note);
}

/**
 * The model of a request.
 *
 * @throws GeneratorError when the descriptors do not fit together, or an option has a value it cannot have.
 */
export function modelOf(request: AnyRequest): Model {
  return pipeline.modelOf(encoded(request), rules);
}

function encoded(request: AnyRequest): GeneratorRequest {
  if (!("$typeName" in request)) return request;
  const protoFile = request.protoFile.map((file) => toBinary(FileDescriptorProtoSchema, file));
  return { parameter: request.parameter, fileToGenerate: request.fileToGenerate, protoFile };
}
