// Generated validators, loaded like user code, beside those of protovalidate.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { create, createFileRegistry, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import { generate, modelOf } from "../../generator/generate.js";
import type { Model } from "../../generator/model/model.js";
import type { Validator, Violation } from "../../runtime/typescript/src/validate/validator.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** One message with rules. */
export interface RuledMessage {
  readonly desc: DescMessage;
  /** The generated validator. */
  readonly validate: Validator;
}

/** What one request makes. */
export interface Validators {
  readonly model: Model;
  readonly registry: FileRegistry;
  /** By the full names of the messages. */
  readonly messages: ReadonlyMap<string, RuledMessage>;
}

/** The validators of what a request asks for. */
export async function loadValidators(request: CodeGeneratorRequest): Promise<Validators> {
  const response = generate({ ...request, parameter: "emit=validate,import_extension=ts" });
  if (response.error !== "") throw new Error(response.error);
  const hash = createHash("sha256");
  for (const { name, content } of response.file) hash.update(`${name}\n${content}\n`);
  // Named by content, and moved into place whole: tests in other processes may want the same files.
  const dir = join(root, ".cache/validators", hash.digest("hex").slice(0, 16));
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
  const messages = new Map<string, RuledMessage>();
  for (const { name } of response.file) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module of generated code.
    const module = (await import(pathToFileURL(join(dir, name)).href)) as Record<string, Validator | undefined>;
    const file = registry.getFile(name.replace(/_validate\.ts$/, ".proto"));
    for (const desc of nested(file?.messages ?? [])) {
      const validate = module[`validate${localName(desc)}`];
      if (validate !== undefined) messages.set(desc.typeName, { desc, validate });
    }
  }
  return { model: modelOf(request), registry, messages };
}

/** What protovalidate finds, in the shape of our violations; undefined when it finds nothing. */
export function createReference(
  registry: FileRegistry,
): (desc: DescMessage, message: object) => Violation[] | undefined {
  const validator = createValidator({ registry });
  return (desc, message) => {
    const result = validator.validate(desc, message as never);
    if (result.kind === "error") throw result.error;
    return result.violations?.map((violation) => ({
      fieldPath: pathToString(violation.field),
      rulePath: pathToString(violation.rule),
      ruleId: violation.ruleId,
      message: violation.message,
      forKey: violation.forKey,
    }));
  };
}

function nested(messages: readonly DescMessage[]): DescMessage[] {
  return messages.flatMap((message) => [message, ...nested(message.nestedMessages)]);
}

function localName(desc: DescMessage): string {
  return desc.parent === undefined ? desc.name : `${localName(desc.parent)}_${desc.name}`;
}
