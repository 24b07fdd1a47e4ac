// Descriptors in, the frozen model out. File by file, imports first: every type of a file gets its object, then fields
// and methods refer to them.
import type { Message } from "@bufbuild/protobuf";
import { GeneratorError, type Mistake, mistake } from "../errors.js";
import type { EnumProto, FieldProto, FileProto, MessageProto } from "./descriptor/descriptor.js";
import { defaultFeatures, editionOf, editions, type Features, featuresOf } from "./descriptor/features.js";
import { enumOption, enumValueOption, fileOption, messageOption, type Options } from "./descriptor/options.js";
import { readFile } from "./descriptor/read.js";
import { fieldFacts, type MapEntries } from "./field.js";
import type { Reflection } from "./loaded.js";
import type {
  EnumModel,
  EnumValueModel,
  ExtensionModel,
  FieldModel,
  FileModel,
  MessageModel,
  Model,
  OneofModel,
  ServiceModel,
} from "./model.js";
import { spreadRules } from "./rules.js";
import { buildServices } from "./services.js";
import { type ElementPath, pathOf, readSource } from "./source.js";
import { type Mutable, Types } from "./types.js";

// Numbers of fields in descriptor.proto, for paths into the source.
const inFile = { message: 4, enum: 5, extension: 7 } as const;
const inMessage = { field: 2, nested: 3, enum: 4, extension: 6, oneof: 8 } as const;
const enumValue = 2;

/**
 * Builds the model of everything that a request describes.
 *
 * @param files encoded descriptors in the order of the compiler, imports before those who import them.
 * @param wanted the paths of the files to generate.
 * @param reflection undefined for a request without rules and options.
 * @throws GeneratorError when the descriptors do not fit together, or with every mistake found in the options of the
 * wanted files.
 */
export function buildModel(
  files: readonly Uint8Array[],
  wanted: ReadonlySet<string>,
  reflection: Reflection | undefined,
): Model {
  const types = new Types();
  const rules = reflection && new reflection.RuleReader();
  const mistakes: Mistake[] = [];
  const models = new Map<string, Mutable<FileModel>>();
  for (const bytes of files) {
    const proto = readFile(bytes);
    rules?.add(proto, bytes);
    if (models.has(proto.name)) throw mistake(`${proto.name} is described twice`);
    const generate = wanted.has(proto.name);
    models.set(proto.name, buildFile(proto, { models, types, rules, reflection, mistakes, generate }));
  }
  rules?.finish();
  for (const file of models.values()) freezeFile(file);
  if (mistakes.length > 0) throw new GeneratorError(mistakes);
  const ruled = spreadRules(models.values());
  return Object.freeze({
    files: Object.freeze([...models.values()]),
    hasRules: (message: MessageModel) => ruled.has(message),
    predefined: (set: Message) => rules?.predefined(set) ?? [],
    findEnum: (name: string) => types.findEnum(name),
  });
}

interface BuildContext {
  /** The files before this one, by their paths. */
  readonly models: ReadonlyMap<string, FileModel>;
  readonly types: Types;
  readonly rules: InstanceType<Reflection["RuleReader"]> | undefined;
  readonly reflection: Reflection | undefined;
  readonly mistakes: Mistake[];
  readonly generate: boolean;
}

function buildFile(proto: FileProto, context: BuildContext): Mutable<FileModel> {
  const { types, rules } = context;
  const edition = editionOf(proto.name, proto.syntax, proto.edition);
  const features = featuresOf(defaultFeatures(edition), proto.options, fileOption.features);
  const source = readSource(proto.name, context.generate ? proto.sourceInfo : undefined);
  const entries: Map<string, { message: MessageProto; features: Features }> = new Map();
  const file: Mutable<FileModel> = {
    kind: "file",
    path: proto.name,
    basePath: proto.name.replace(/\.proto$/, ""),
    package: proto.package,
    edition: editions[edition],
    generate: context.generate,
    messages: [],
    enums: [],
    extensions: [],
    services: [],
    allMessages: [],
    allEnums: [],
    allExtensions: [],
    nestedTypes: [],
    dependencies: proto.dependencies.map((path) => {
      const dependency = context.models.get(path);
      if (dependency === undefined) throw mistake(`Cannot find ${path}, imported by ${proto.name}`);
      return dependency;
    }),
    deprecated: isSet(proto.options, fileOption.deprecated),
  };
  /** What is left of the messages once all types are known. */
  const pending: (() => void)[] = [];
  for (const [i, child] of proto.messages.entries()) {
    const message = declareMessage(child, undefined, pathOf(inFile.message, i), features);
    if (message !== undefined) file.messages.push(message);
  }
  for (const [i, child] of proto.enums.entries()) {
    file.enums.push(declareEnum(child, undefined, pathOf(inFile.enum, i), features));
  }
  for (const complete of pending) complete();
  const services = buildServices(proto, file, source, context);
  for (const [i, extension] of proto.extensions.entries()) {
    file.extensions.push(completeExtension(extension, pathOf(inFile.extension, i), undefined, features));
  }
  file.services.push(...services);
  file.allExtensions.push(...file.allMessages.flatMap((message) => message.extensions), ...file.extensions);
  for (const message of file.messages) file.nestedTypes.push(message, ...nestedIn(message));
  file.nestedTypes.push(...file.enums, ...services, ...file.extensions);
  return file;

  function fullName(name: string, parent: MessageModel | undefined): string {
    const around = parent === undefined ? proto.package : parent.fullName;
    return around === "" ? name : `${around}.${name}`;
  }

  /** Undefined for the entries of a map, which are no message of their own. */
  function declareMessage(
    desc: MessageProto,
    parent: Mutable<MessageModel> | undefined,
    path: ElementPath,
    outer: Features,
  ): MessageModel | undefined {
    const inner = featuresOf(outer, desc.options, messageOption.features);
    if (isSet(desc.options, messageOption.mapEntry)) {
      entries.set(fullName(desc.name, parent), { message: desc, features: inner });
      return undefined;
    }
    const { comment, location } = source.element(path);
    const message: Mutable<MessageModel> = {
      kind: "message",
      name: desc.name,
      comment,
      location,
      deprecated: isSet(desc.options, messageOption.deprecated) || (parent ?? file).deprecated,
      fullName: fullName(desc.name, parent),
      file,
      parent,
      fields: [],
      oneofs: [],
      members: [],
      messages: [],
      enums: [],
      extensions: [],
      extendable: desc.extendable,
      messageSet: isSet(desc.options, messageOption.messageSet),
      rules: undefined,
    };
    types.addMessage(message);
    file.allMessages.push(message);
    for (const [i, child] of desc.messages.entries()) {
      const nested = declareMessage(child, message, path + pathOf(inMessage.nested, i), inner);
      if (nested !== undefined) message.messages.push(nested);
    }
    for (const [i, child] of desc.enums.entries()) {
      message.enums.push(declareEnum(child, message, path + pathOf(inMessage.enum, i), inner));
    }
    pending.push(() => completeMessage(desc, message, path, inner));
    return message;
  }

  function declareEnum(
    desc: EnumProto,
    parent: MessageModel | undefined,
    path: ElementPath,
    outer: Features,
  ): EnumModel {
    const { comment, location } = source.element(path);
    const model: Mutable<EnumModel> = {
      kind: "enum",
      name: desc.name,
      comment,
      location,
      deprecated: isSet(desc.options, enumOption.deprecated) || (parent ?? file).deprecated,
      fullName: fullName(desc.name, parent),
      file,
      parent,
      open: featuresOf(outer, desc.options, enumOption.features).open,
      values: [],
      sharedPrefix: sharedPrefix(desc),
    };
    types.addEnum(model);
    file.allEnums.push(model);
    for (const [i, value] of desc.values.entries()) {
      const recorded = source.element(path + pathOf(enumValue, i));
      const valueModel: EnumValueModel = Object.freeze({
        kind: "enum_value",
        name: value.name,
        comment: recorded.comment,
        location: recorded.location,
        deprecated: isSet(value.options, enumValueOption.deprecated),
        parent: model,
        number: value.number,
      });
      model.values.push(valueModel);
    }
    return model;
  }

  function completeMessage(
    desc: MessageProto,
    message: Mutable<MessageModel>,
    path: ElementPath,
    inner: Features,
  ): void {
    // Those that stand for a proto3 `optional` are left out.
    const oneofs: Mutable<OneofModel>[] = [];
    for (const [i, field] of desc.fields.entries()) {
      const oneof = field.oneof < 0 || field.proto3Optional ? undefined : (oneofs[field.oneof] ??= declareOneof(field));
      const at = path + pathOf(inMessage.field, i);
      const place = {
        kind: "field",
        parent: message,
        oneof,
        path: at,
        source,
        features: inner,
        types,
        entries,
      } as const;
      const model: Mutable<FieldModel> = fieldFacts(field, place);
      rules?.field(field.options, model);
      message.fields.push(model);
      if (oneof === undefined) message.members.push(model);
      else {
        if (oneof.fields.length === 0) message.members.push(oneof);
        oneof.fields.push(model);
      }
    }
    // Without the gaps.
    message.oneofs.push(...oneofs.filter(() => true));
    for (const [i, extension] of desc.extensions.entries()) {
      const at = path + pathOf(inMessage.extension, i);
      message.extensions.push(completeExtension(extension, at, message, inner));
    }
    rules?.message(desc.options, message);

    function declareOneof({ oneof: index, number }: FieldProto): Mutable<OneofModel> {
      const oneof = desc.oneofs[index];
      if (oneof === undefined) {
        throw mistake(`invalid FieldDescriptorProto: oneof #${index} for field #${number} not found`);
      }
      const { comment, location } = source.element(path + pathOf(inMessage.oneof, index));
      const model: Mutable<OneofModel> = {
        kind: "oneof",
        name: oneof.name,
        comment,
        location,
        deprecated: false,
        parent: message,
        fields: [],
        rules: undefined,
      };
      rules?.oneof(oneof.options, model);
      return model;
    }
  }

  function completeExtension(
    desc: FieldProto,
    path: ElementPath,
    parent: MessageModel | undefined,
    outer: Features,
  ): ExtensionModel {
    const place = {
      kind: "extension",
      parent,
      oneof: undefined,
      path,
      source,
      features: outer,
      types,
      entries: none,
    } as const;
    const extendee = types.findMessage(desc.extendee);
    if (extendee === undefined) {
      throw mistake(`invalid FieldDescriptorProto: extendee .${desc.extendee} not found`);
    }
    const name = fullName(desc.name, parent);
    return Object.freeze({ ...fieldFacts(desc, place), jsonName: `[${name}]`, fullName: name, file, extendee });
  }
}

/** Extensions are no maps. */
const none: MapEntries = new Map();

function isSet(options: Options | undefined, number: number): boolean {
  return options !== undefined && (options.number(number) ?? 0) !== 0;
}

/** What all names of values begin with, in lower case, where the rest is an identifier each time. */
function sharedPrefix({ name, values }: EnumProto): string | undefined {
  const snake = name.slice(0, 1) + name.slice(1).replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
  const prefix = `${snake.toLowerCase()}_`;
  const isShared = values.every(
    (value) => value.name.toLowerCase().startsWith(prefix) && /^\D/.test(value.name.slice(prefix.length)),
  );
  return isShared ? prefix : undefined;
}

function nestedIn(message: MessageModel): (MessageModel | EnumModel | ServiceModel | ExtensionModel)[] {
  return [
    ...message.messages.flatMap((nested) => [nested, ...nestedIn(nested)]),
    ...message.enums,
    ...message.extensions,
  ];
}

function freezeFile(file: Mutable<FileModel>): void {
  for (const message of file.allMessages) {
    for (const field of message.fields) Object.freeze(field);
    for (const oneof of message.oneofs) freezeDeep(oneof);
    freezeDeep(message);
  }
  for (const model of file.allEnums) freezeDeep(model);
  freezeDeep(file);
}

/** Freezes an object and its arrays; what it refers to is frozen where it is made. */
function freezeDeep(object: object): void {
  for (const value of Object.values(object)) {
    if (Array.isArray(value)) Object.freeze(value);
  }
  Object.freeze(object);
}
