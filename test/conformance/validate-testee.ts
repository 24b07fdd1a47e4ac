// Answers what protovalidate-conformance asks: whether messages keep the rules of their schemas, by validators that are
// generated from the descriptors it sends.
import { createHash } from "node:crypto";
import {
  clone,
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type DescriptorProto,
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { Violation as ReferenceViolation, violationsToProto } from "@bufbuild/protovalidate";
import { FieldRulesSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Validator, Violation } from "../../runtime/typescript/src/validate/validator.js";
import { evaluateValidators } from "../support/validate-modules.js";
import { readPath } from "./validate-paths.js";

/** What a case came to, as the harness wants it told. */
export type Outcome =
  | { readonly case: "success"; readonly value: true }
  | { readonly case: "validationError"; readonly value: Uint8Array }
  | { readonly case: "compilationError" | "runtimeError" | "unexpectedError"; readonly value: string };

/** A message of a type, encoded. */
export interface CaseInput {
  readonly typeName: string;
  readonly value: Uint8Array;
}

/** A validator; or why there is none: nothing to check, or rules that cannot be compiled. */
type Compiled = Validator | undefined | Error;

/** The schemas of one request. Suites send the same ones again and again. */
export class Testee {
  readonly #registry: Registry;
  readonly #files: readonly FileDescriptorProto[];
  readonly #ofFile = new Map<string, ReadonlyMap<string, Validator> | Error>();
  readonly #ofMessage = new Map<string, Compiled>();

  constructor(descriptors: FileDescriptorSet) {
    this.#files = descriptors.file;
    this.#registry = createFileRegistry(descriptors);
  }

  /** Decodes a message and validates it. */
  answer({ typeName, value }: CaseInput): Outcome {
    const desc = this.#registry.getMessage(typeName);
    if (desc === undefined) return { case: "unexpectedError", value: `no schema for ${typeName}` };
    const validate = this.#compile(desc);
    if (validate instanceof Error) return { case: "compilationError", value: validate.message };
    if (validate === undefined) return { case: "success", value: true };
    try {
      const violations = validate(fromBinary(desc, value));
      if (violations === undefined) return { case: "success", value: true };
      return { case: "validationError", value: this.#encode(desc, violations) };
    } catch (error) {
      return { case: "runtimeError", value: String(error) };
    }
  }

  /** The validator of a message. Where its file has mistakes, the file is cut down to what the message needs. */
  #compile(desc: DescMessage): Compiled {
    const path = desc.file.proto.name;
    const whole = this.#ofFile.get(path) ?? this.#generate(path, this.#files);
    this.#ofFile.set(path, whole);
    if (!(whole instanceof Error)) return whole.get(desc.typeName);
    if (this.#ofMessage.has(desc.typeName)) return this.#ofMessage.get(desc.typeName);
    const top = topLevel(desc);
    const files = this.#files.map((file) => (file.name === path ? cutDown(file, top.name) : file));
    const alone = this.#generate(path, files);
    const compiled = alone instanceof Error ? alone : alone.get(desc.typeName);
    this.#ofMessage.set(desc.typeName, compiled);
    return compiled;
  }

  #generate(path: string, files: readonly FileDescriptorProto[]): ReadonlyMap<string, Validator> | Error {
    const needed = new Set<string>();
    const want = (name: string): void => {
      if (needed.has(name)) return;
      needed.add(name);
      for (const dependency of files.find((file) => file.name === name)?.dependency ?? []) want(dependency);
    };
    want(path);
    try {
      const protoFile = files.filter(({ name }) => needed.has(name));
      const fileToGenerate = [...needed].filter(
        (name) => !/^(?:google\/protobuf\/|buf\/validate\/validate)/.test(name),
      );
      const request = create(CodeGeneratorRequestSchema, { protoFile, fileToGenerate });
      return evaluateValidators(request).validators;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #encode(desc: DescMessage, violations: readonly Violation[]): Uint8Array {
    const proto = violationsToProto(
      violations.map(({ fieldPath, rulePath, ruleId, message, forKey }) => {
        const field = readPath(desc, fieldPath, this.#registry);
        const rule = readPath(FieldRulesSchema, rulePath, this.#registry);
        return new ReferenceViolation(message, ruleId, field, rule, forKey);
      }),
    );
    return toBinary(proto[1], proto[0]);
  }
}

const testees = new Map<string, Testee>();

/** The testee for encoded descriptors. */
export function testeeFor(descriptors: Uint8Array): Testee {
  const key = createHash("sha256").update(descriptors).digest("hex");
  const known = testees.get(key) ?? new Testee(fromBinary(FileDescriptorSetSchema, descriptors));
  testees.set(key, known);
  return known;
}

function topLevel(desc: DescMessage): DescMessage {
  return desc.parent === undefined ? desc : topLevel(desc.parent);
}

/** A file with one of its messages, and with those that it can hold. */
function cutDown(file: FileDescriptorProto, messageName: string): FileDescriptorProto {
  const prefix = file.package === "" ? "." : `.${file.package}.`;
  const kept = new Set<string>();
  const keep = (name: string): void => {
    const message = file.messageType.find((one) => one.name === name);
    if (message === undefined || kept.has(name)) return;
    kept.add(name);
    for (const typeName of typeNamesIn(message)) {
      if (typeName.startsWith(prefix)) keep(typeName.slice(prefix.length).split(".")[0]!);
    }
  };
  keep(messageName);
  for (const { typeName } of file.extension) {
    if (typeName.startsWith(prefix)) keep(typeName.slice(prefix.length).split(".")[0]!);
  }
  const cut = clone(FileDescriptorProtoSchema, file);
  cut.messageType = cut.messageType.filter(({ name }) => kept.has(name));
  cut.service = [];
  return cut;
}

function typeNamesIn(message: DescriptorProto): string[] {
  return [...message.field.map((field) => field.typeName), ...message.nestedType.flatMap(typeNamesIn)];
}
