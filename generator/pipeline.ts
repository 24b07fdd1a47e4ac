// The whole pipeline: a request of the compiler becomes a model, the model becomes files.
//
//   CodeGeneratorRequest ── readRequest ──▶ encoded descriptors ── buildModel ──▶ model ── target ──▶ files
//
// Nothing here reads a clock, the environment or a file: the same request gives the same bytes.
import type { GeneratedFile } from "./emit/file.js";
import { encodeAbilities, encodeError, encodeFile } from "./emit/response.js";
import { GeneratorError, mistake, type Note } from "./errors.js";
import { buildModel } from "./model/build.js";
import type { Model } from "./model/model.js";
import { parseOptions } from "./options.js";
import type { GeneratorRequest } from "./request.js";
import { targets } from "./targets/targets.js";

/** What a request with rules or options needs, see {@link hasOptions}. */
export type Rules = typeof import("./rules.js");

/** Texts that a request with rules has, and the tag of our own options. */
const marks = [Buffer.from("buf.validate."), Buffer.of(0xfa, 0xe6, 0x19)];

/** Whether a request, encoded, may have rules or options of ours; without rules.ts it is quicker by far. */
export function hasOptions(request: Buffer): boolean {
  return marks.some((mark) => request.includes(mark));
}

/**
 * Answers the compiler in pieces, one for each file, which together are an encoded CodeGeneratorResponse. Mistakes of the
 * user become its `error`, one line each; anything thrown is a fault of the generator. A mistake that is found late comes
 * behind files that are none the less worth nothing: compilers look at `error` before they write.
 *
 * @param rules undefined for a request without rules and options.
 * @param note is told what the user should know although nothing is wrong.
 */
export function generatePieces(
  request: GeneratorRequest,
  rules: Rules | undefined,
  note: (note: Note) => void,
  write: (piece: Uint8Array) => void,
): void {
  write(encodeAbilities());
  try {
    for (const file of generateFiles(request, rules, note)) write(encodeFile(file));
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    write(encodeError(error.message));
  }
}

/**
 * The files of a request, made one by one as they are asked for.
 *
 * @throws GeneratorError with the user's mistakes, also behind files that were handed over.
 */
export function generateFiles(
  request: GeneratorRequest,
  rules: Rules | undefined,
  note: (note: Note) => void,
): Iterable<GeneratedFile> {
  const options = parseOptions(request.parameter);
  return targets[options.target](modelOf(request, rules), options, note, rules?.validateView);
}

/**
 * The files of a model, as {@link generateFiles} makes them.
 *
 * @param parameter the options, as a compiler hands them over.
 */
export function filesOf(
  model: Model,
  parameter: string,
  rules: Rules | undefined,
  note: (note: Note) => void,
): Iterable<GeneratedFile> {
  const options = parseOptions(parameter);
  return targets[options.target](model, options, note, rules?.validateView);
}

/**
 * The model of a request.
 *
 * @throws GeneratorError when the descriptors do not fit together, or an option has a value it cannot have.
 */
export function modelOf({ fileToGenerate, protoFile }: GeneratorRequest, rules: Rules | undefined): Model {
  const model = buildModel(protoFile, new Set(fileToGenerate), rules?.reflection);
  const described = new Set(model.files.map(({ path }) => path));
  const missing = fileToGenerate.find((name) => !described.has(name));
  if (missing !== undefined) throw mistake(`the compiler asks for ${missing} but does not describe it`);
  return model;
}
