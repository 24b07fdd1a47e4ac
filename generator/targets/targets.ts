// The languages that are known. Each is a folder here and one in `templates`; docs/targets.md tells how to add one.
import type { GeneratedFile } from "../emit/file.js";
import type { Note } from "../errors.js";
import type { Model } from "../model/model.js";
import type { GeneratorOptions, TargetName } from "../options.js";
import { generateMarkdown } from "./markdown/target.js";
import { generateTypeScript, type View } from "./typescript/target.js";

/**
 * Writes, one after the other, the files of every .proto that a request asks for (`generate` of its FileModel), in the order of their paths. The
 * same model and options give the same bytes.
 *
 * @param note is told what the user should know although nothing is wrong.
 * @param validateView is for TypeScript, which has it loaded only for a request with rules.
 * @throws GeneratorError for what the user has to put right.
 */
export type Target = (
  model: Model,
  options: GeneratorOptions,
  note: (note: Note) => void,
  validateView?: View,
) => Iterable<GeneratedFile>;

/** Every target by its name in the option `target`. */
export const targets: Readonly<Record<TargetName, Target>> = {
  ts: generateTypeScript,
  markdown: generateMarkdown,
};
