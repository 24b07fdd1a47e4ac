// Generated validators, evaluated in this process without a file being written: for tests that make thousands of them.
import { posix } from "node:path";
import { createFileRegistry, create, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { transformSync } from "esbuild";
import { generate } from "../../generator/generate.js";
import * as cel from "../../runtime/typescript/src/codegen/v1/cel.js";
import * as re2 from "../../runtime/typescript/src/codegen/v1/re2.js";
import * as validate from "../../runtime/typescript/src/codegen/v1/validate.js";
import type { Validator } from "../../runtime/typescript/src/validate/validator.js";

const doors: Readonly<Record<string, unknown>> = {
  "crucible-runtime/codegen/v1/cel": cel,
  "crucible-runtime/codegen/v1/re2": re2,
  "crucible-runtime/codegen/v1/validate": validate,
};

/** What a request made: the text of each module, and what the modules export. */
export interface ValidateModules {
  readonly registry: FileRegistry;
  /** By the full names of the messages that have rules. */
  readonly validators: ReadonlyMap<string, Validator>;
  /** By path, such as `notes/v1/notes_validate.ts`. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Generates the validators of a request, strips their types and evaluates them.
 *
 * @throws Error with the lines of the generator when rules cannot be compiled.
 */
export function evaluateValidators(request: CodeGeneratorRequest): ValidateModules {
  const response = generate({ ...request, parameter: "emit=validate,import_extension=js" });
  if (response.error !== "") throw new Error(response.error);
  const sources = new Map(response.file.map(({ name, content }) => [name, content]));
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: request.protoFile }));
  const loaded = new Map<string, Record<string, unknown>>();
  const load = (path: string): Record<string, unknown> => {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    if (path.endsWith("_pb.ts")) return schemasOf(registry, path.replace(/_pb\.ts$/, ".proto"));
    const source = sources.get(path);
    if (source === undefined) throw new Error(`a generated module imports ${path}, which was not generated`);
    const exports: Record<string, unknown> = {};
    loaded.set(path, exports);
    const require = (name: string): unknown =>
      doors[name] ?? load(posix.join(posix.dirname(path), name).replace(/\.js$/, ".ts"));
    const { code } = transformSync(source, { loader: "ts", format: "cjs", target: "node20" });
    const module = { exports };
    // oxlint-disable-next-line no-new-func -- the text is what the generator wrote.
    new Function("require", "module", "exports", code)(require, module, exports);
    loaded.set(path, module.exports);
    return module.exports;
  };

  const validators = new Map<string, Validator>();
  for (const path of sources.keys()) {
    const module = load(path);
    const file = registry.getFile(path.replace(/_validate\.ts$/, ".proto"));
    for (const desc of allMessages(file?.messages ?? [])) {
      const validate = module[`validate${localName(desc)}`] as Validator | undefined;
      if (validate !== undefined) validators.set(desc.typeName, validate);
    }
  }
  return { registry, validators, sources };
}

/** The schemas that protobuf-es exports for a file, by the names it gives them. */
function schemasOf(registry: FileRegistry, path: string): Record<string, unknown> {
  const messages = allMessages(registry.getFile(path)?.messages ?? []);
  return Object.fromEntries(messages.map((desc) => [`${localName(desc)}Schema`, desc]));
}

function allMessages(messages: readonly DescMessage[]): DescMessage[] {
  return messages.flatMap((message) => [message, ...allMessages(message.nestedMessages)]);
}

function localName(desc: DescMessage): string {
  return desc.parent === undefined ? desc.name : `${localName(desc.parent)}_${desc.name}`;
}
