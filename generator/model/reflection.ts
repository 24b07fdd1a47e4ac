// What of a model takes protobuf-es: its descriptors, and rules and options as messages of it.
import {
  create,
  createFileRegistry,
  type FileRegistry,
  fromBinary,
  getExtension,
  hasExtension,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type {
  FieldRules,
  MessageRules,
  OneofRules,
  PredefinedRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { asMistake, mistake } from "../errors.js";
import {
  type MethodOptions,
  MethodOptionsSchema,
  type ServiceOptions,
  ServiceOptionsSchema,
} from "../gen/crucible/options/v1/options_pb.js";
import type { FieldProto, FileProto, MessageProto } from "./descriptor/descriptor.js";
import type { Options } from "./descriptor/options.js";
import type { FieldModel, MessageModel, OneofModel, PredefinedRule } from "./model.js";
import type { Mutable } from "./types.js";

/** The number that buf.validate has of protobuf's registry of extensions, for all of its options. */
const ruleNumber = 1159;

/**
 * Reads the rules of buf.validate out of the options of elements. They are decoded with the schema that the request
 * brings along, so that predefined rules of the user's own are known too. A request without
 * buf/validate/validate.proto has no rules.
 *
 * This takes protobuf-es's reflection, and descriptors for it: they are made once all elements are known, and only for
 * a request that has rules.
 */
export class RuleReader {
  readonly #files = new Map<string, DescribedFile>();
  readonly #found: (() => void)[] = [];
  #registry: FileRegistry | undefined;

  /** Takes a file of the request, imports before those who import them. */
  add(proto: FileProto, bytes: Uint8Array): void {
    this.#files.set(proto.name, { bytes, dependencies: proto.dependencies, declares: declaresRules(proto) });
  }

  field(options: Options | undefined, field: Mutable<FieldModel>): void {
    this.#add(options, "field", "FieldRules", (rules) => (field.rules = rules as FieldRules));
  }

  message(options: Options | undefined, message: Mutable<MessageModel>): void {
    this.#add(options, "message", "MessageRules", (rules) => (message.rules = rules as MessageRules));
  }

  oneof(options: Options | undefined, oneof: Mutable<OneofModel>): void {
    this.#add(options, "oneof", "OneofRules", (rules) => (oneof.rules = rules as OneofRules));
  }

  /**
   * Gives every element its rules.
   *
   * @throws GeneratorError when the schema is older than the rules as they are known today, or something is no such
   * encoding.
   */
  finish(): void {
    for (const read of this.#found) read();
  }

  /** The predefined rules that a set of rules carries. */
  predefined(set: Message): PredefinedRule[] {
    return readPredefined(this.#reflection(), set);
  }

  #add(options: Options | undefined, name: string, typeName: string, take: (rules: Message) => void): void {
    const encoded = options?.message(ruleNumber);
    if (encoded === undefined) return;
    this.#found.push(() => {
      const extension = this.#reflection().getExtension(`buf.validate.${name}`);
      if (extension === undefined) return;
      if (extension.message?.typeName !== `buf.validate.${typeName}`) {
        throw mistake(
          `buf/validate/validate.proto has no buf.validate.${typeName}; update it to version 1.0 or later (buf dep update)`,
        );
      }
      const { message } = extension;
      take(asMistake(() => fromBinary(message, encoded)));
    });
  }

  /** What declares rules or adds some, with what it imports: a registry of all files would take as long as reading them. */
  #reflection(): FileRegistry {
    if (this.#registry !== undefined) return this.#registry;
    const needed = new Set<string>();
    const files: Uint8Array[] = [];
    for (const [name, file] of [...this.#files].toReversed()) {
      if (!file.declares && !needed.has(name)) continue;
      for (const dependency of file.dependencies) needed.add(dependency);
      files.push(file.bytes);
    }
    return (this.#registry = registryOf(files.toReversed()));
  }
}

interface DescribedFile {
  readonly bytes: Uint8Array;
  readonly dependencies: readonly string[];
  readonly declares: boolean;
}

/** Whether a file declares the rules, or predefined ones, which extend them. */
function declaresRules({ package: name, extensions, messages }: FileProto): boolean {
  const extend = (fields: readonly FieldProto[]): boolean =>
    fields.some(({ extendee }) => extendee.startsWith("buf.validate."));
  const nested = (all: readonly MessageProto[]): boolean =>
    all.some((message) => extend(message.extensions) || nested(message.messages));
  return name === "buf.validate" || extend(extensions) || nested(messages);
}

/** The last one: who watches schemas asks again and again for what has not changed. */
let last: { readonly files: readonly Uint8Array[]; readonly registry: FileRegistry } | undefined;

function registryOf(files: readonly Uint8Array[]): FileRegistry {
  const isSame = (file: Uint8Array, i: number): boolean => Buffer.compare(file, files[i]!) === 0;
  if (last?.files.length === files.length && last.files.every(isSame)) return last.registry;
  const registry = asMistake(() => {
    const file = files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    return createFileRegistry(create(FileDescriptorSetSchema, { file }));
  });
  last = { files, registry };
  return registry;
}

/**
 * The options of a service.
 *
 * @throws GeneratorError when the bytes are no encoding of them.
 */
export function readServiceOptions(encoded: Uint8Array): ServiceOptions {
  return asMistake(() => fromBinary(ServiceOptionsSchema, encoded));
}

/**
 * The options of a method.
 *
 * @throws GeneratorError when the bytes are no encoding of them.
 */
export function readMethodOptions(encoded: Uint8Array): MethodOptions {
  return asMistake(() => fromBinary(MethodOptionsSchema, encoded));
}

/**
 * The predefined rules that a set of rules carries. One that is repeated comes once for each time it is written, as
 * protovalidate has it.
 */
function readPredefined(registry: FileRegistry, rules: Message): PredefinedRule[] {
  const desc = registry.getMessage(rules.$typeName);
  const option = registry.getExtension("buf.validate.predefined");
  if (rules.$unknown === undefined || desc === undefined || option === undefined) return [];
  return rules.$unknown.flatMap(({ no }) => {
    const extension = registry.getExtensionFor(desc, no);
    const options = extension?.proto.options;
    if (extension === undefined || options === undefined || !hasExtension(options, option)) return [];
    const { cel } = getExtension(options, option) as PredefinedRules;
    return [{ extension, value: getExtension(rules, extension), cel, set: reflect(desc, rules) }];
  });
}
