// Descriptors in, the frozen model out. First every type gets its object, then fields and methods refer to them.
import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  type FileRegistry,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { Edition, FieldDescriptorProto_Label as Label } from "@bufbuild/protobuf/wkt";
import { GeneratorError, type Mistake } from "../errors.js";
import type {
  EnumModel,
  EnumValueModel,
  ExtensionModel,
  FieldModel,
  FileModel,
  MessageModel,
  Model,
  OneofModel,
  ScalarName,
  ServiceModel,
  ValueType,
} from "./model.js";
import { createRuleReader, type RuleReader, readPredefined, spreadRules } from "./rules.js";
import { buildServices } from "./services.js";
import { type ElementPath, pathOf, readSource, type Source } from "./source.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/** What the passes share: the object of each type, and what was found wrong. */
export interface BuildContext {
  readonly mistakes: Mistake[];
  readonly rules: RuleReader;
  message(desc: DescMessage): MessageModel;
  enum(desc: DescEnum): EnumModel;
}

// Numbers of fields in descriptor.proto, for paths into the source.
const inFile = { message: 4, enum: 5, service: 6, extension: 7 } as const;
const inMessage = { field: 2, nested: 3, enum: 4, extension: 6, oneof: 8 } as const;
const enumValue = 2;

/**
 * Builds the model of everything that a registry holds.
 *
 * @param files in the order of the compiler, imports before those who import them.
 * @param sources of the files to generate, by path.
 * @throws GeneratorError with every mistake found in the options of the wanted files.
 */
export function buildModel(
  registry: FileRegistry,
  files: readonly DescFile[],
  sources: ReadonlyMap<string, Source>,
): Model {
  const messages = new Map<DescMessage, Mutable<MessageModel>>();
  const enums = new Map<DescEnum, Mutable<EnumModel>>();
  const context: BuildContext = {
    mistakes: [],
    rules: createRuleReader(registry),
    message: (desc) => found(messages.get(desc)),
    enum: (desc) => found(enums.get(desc)),
  };
  const models = new Map<DescFile, Mutable<FileModel>>();
  const pending: (() => void)[] = [];

  for (const desc of files) {
    const source = sources.get(desc.proto.name) ?? readSource(desc.proto.name, undefined);
    const file = emptyFile(desc, sources.has(desc.proto.name));
    models.set(desc, file);
    for (const [i, child] of desc.messages.entries()) {
      file.messages.push(declareMessage(child, undefined, pathOf(inFile.message, i), file, source));
    }
    for (const [i, child] of desc.enums.entries()) {
      file.enums.push(declareEnum(child, undefined, pathOf(inFile.enum, i), file, source));
    }
    pending.push(() => completeFile(desc, file, source));
  }
  for (const complete of pending) complete();
  for (const file of models.values()) freezeFile(file);
  if (context.mistakes.length > 0) throw new GeneratorError(context.mistakes);
  const ruled = spreadRules(models.values());
  return Object.freeze({
    files: Object.freeze([...models.values()]),
    hasRules: (message: MessageModel) => ruled.has(message),
    predefined: (rules: Message) => readPredefined(registry, rules),
    findEnum: (name: string) => enums.get(registry.getEnum(name) as DescEnum),
  });

  function declareMessage(
    desc: DescMessage,
    parent: Mutable<MessageModel> | undefined,
    path: ElementPath,
    file: Mutable<FileModel>,
    source: Source,
  ): MessageModel {
    const { comment, location } = source.element(path);
    const message: Mutable<MessageModel> = {
      kind: "message",
      name: desc.name,
      comment,
      location,
      deprecated: desc.deprecated || (parent ?? file).deprecated,
      fullName: desc.typeName,
      file,
      parent,
      fields: [],
      oneofs: [],
      members: [],
      messages: [],
      enums: [],
      extensions: [],
      extendable: desc.proto.extensionRange.length > 0,
      messageSet: desc.proto.options?.messageSetWireFormat ?? false,
      rules: undefined,
    };
    messages.set(desc, message);
    file.allMessages.push(message);
    // The index in the descriptor counts map entries too, which `nestedMessages` leaves out.
    for (const child of desc.nestedMessages) {
      const at = desc.proto.nestedType.indexOf(child.proto);
      message.messages.push(declareMessage(child, message, path + pathOf(inMessage.nested, at), file, source));
    }
    for (const [i, child] of desc.nestedEnums.entries()) {
      message.enums.push(declareEnum(child, message, path + pathOf(inMessage.enum, i), file, source));
    }
    pending.push(() => completeMessage(desc, message, path, file, source));
    return message;
  }

  function declareEnum(
    desc: DescEnum,
    parent: MessageModel | undefined,
    path: ElementPath,
    file: Mutable<FileModel>,
    source: Source,
  ): EnumModel {
    const { comment, location } = source.element(path);
    const model: Mutable<EnumModel> = {
      kind: "enum",
      name: desc.name,
      comment,
      location,
      deprecated: desc.deprecated || (parent ?? file).deprecated,
      fullName: desc.typeName,
      file,
      parent,
      open: desc.open,
      values: [],
      sharedPrefix: desc.sharedPrefix,
    };
    enums.set(desc, model);
    file.allEnums.push(model);
    for (const [i, value] of desc.values.entries()) {
      const recorded = source.element(path + pathOf(enumValue, i));
      const valueModel: EnumValueModel = Object.freeze({
        kind: "enum_value",
        name: value.name,
        comment: recorded.comment,
        location: recorded.location,
        deprecated: value.deprecated,
        parent: model,
        number: value.number,
      });
      model.values.push(valueModel);
    }
    return model;
  }

  function completeMessage(
    desc: DescMessage,
    message: Mutable<MessageModel>,
    path: ElementPath,
    file: FileModel,
    source: Source,
  ): void {
    const oneofs = new Map<unknown, Mutable<OneofModel>>();
    for (const oneof of desc.oneofs) {
      const at = path + pathOf(inMessage.oneof, desc.proto.oneofDecl.indexOf(oneof.proto));
      const model: Mutable<OneofModel> = {
        kind: "oneof",
        name: oneof.name,
        ...source.element(at),
        deprecated: false,
        parent: message,
        fields: [],
        rules: context.rules.oneof(oneof.proto.options),
      };
      oneofs.set(oneof, model);
      message.oneofs.push(model);
    }
    for (const [i, field] of desc.fields.entries()) {
      const oneof = oneofs.get(field.oneof);
      const at = path + pathOf(inMessage.field, i);
      const model: Mutable<FieldModel> = fieldFacts("field", message, field, at, source, context);
      model.oneof = oneof;
      model.rules = context.rules.field(field.proto.options);
      Object.freeze(model);
      message.fields.push(model);
      oneof?.fields.push(model);
      if (oneof === undefined) message.members.push(model);
      else if (!message.members.includes(oneof)) message.members.push(oneof);
    }
    for (const [i, extension] of desc.nestedExtensions.entries()) {
      const at = path + pathOf(inMessage.extension, i);
      message.extensions.push(completeExtension(extension, at, file, message, source));
    }
    message.rules = context.rules.message(desc.proto.options);
    for (const oneof of oneofs.values()) freezeDeep(oneof);
  }

  function completeExtension(
    desc: DescExtension,
    path: ElementPath,
    file: FileModel,
    parent: MessageModel | undefined,
    source: Source,
  ): ExtensionModel {
    return Object.freeze({
      ...fieldFacts("extension", parent, desc, path, source, context),
      fullName: desc.typeName,
      file,
      extendee: context.message(desc.extendee),
    });
  }

  function completeFile(desc: DescFile, file: Mutable<FileModel>, source: Source): void {
    file.dependencies.push(...desc.dependencies.map((dependency) => found(models.get(dependency))));
    const services = buildServices(desc, file, source, context);
    for (const [i, extension] of desc.extensions.entries()) {
      file.extensions.push(completeExtension(extension, pathOf(inFile.extension, i), file, undefined, source));
    }
    file.services.push(...services);
    file.allExtensions.push(...file.allMessages.flatMap((message) => message.extensions), ...file.extensions);
    for (const message of file.messages) file.nestedTypes.push(message, ...nestedIn(message));
    file.nestedTypes.push(...file.enums, ...services, ...file.extensions);
  }
}

function emptyFile(desc: DescFile, generate: boolean): Mutable<FileModel> {
  return {
    kind: "file",
    path: desc.proto.name,
    basePath: desc.name,
    package: desc.proto.package,
    edition: Edition[desc.edition].replace("EDITION_", "").toLowerCase() as FileModel["edition"],
    generate,
    messages: [],
    enums: [],
    extensions: [],
    services: [],
    allMessages: [],
    allEnums: [],
    allExtensions: [],
    nestedTypes: [],
    dependencies: [],
    deprecated: desc.deprecated,
  };
}

function nestedIn(message: MessageModel): (MessageModel | EnumModel | ServiceModel | ExtensionModel)[] {
  return [
    ...message.messages.flatMap((nested) => [nested, ...nestedIn(nested)]),
    ...message.enums,
    ...message.extensions,
  ];
}

/** What fields and extensions have in common. Most of a model are fields: they are made in one piece, not by spreading. */
function fieldFacts<Kind extends "field" | "extension", Parent extends MessageModel | undefined>(
  kind: Kind,
  parent: Parent,
  field: DescField | DescExtension,
  path: ElementPath,
  source: Source,
  context: BuildContext,
) {
  const { comment, location } = source.element(path);
  const cardinality: FieldModel["cardinality"] =
    field.fieldKind === "list" || field.fieldKind === "map" ? field.fieldKind : "singular";
  return {
    kind,
    name: field.name,
    comment,
    location,
    parent,
    oneof: undefined as OneofModel | undefined,
    rules: undefined as FieldModel["rules"],
    deprecated: field.deprecated,
    number: field.number,
    jsonName: field.jsonName,
    cardinality,
    type: valueType(field, context),
    mapKey: field.fieldKind === "map" ? scalarName(field.mapKey) : undefined,
    presence: presenceOf(field),
    packed: field.fieldKind === "list" && field.packed,
    delimited:
      (field.fieldKind === "message" || (field.fieldKind === "list" && field.listKind === "message")) &&
      field.delimitedEncoding,
    utf8: field.utf8Validation,
    longAsString:
      (field.fieldKind === "scalar" || (field.fieldKind === "list" && field.listKind === "scalar")) &&
      field.longAsString,
    defaultValue: field.fieldKind === "list" || field.fieldKind === "map" ? undefined : field.getDefaultValue(),
  };
}

function presenceOf(field: DescField | DescExtension): FieldModel["presence"] {
  if (field.fieldKind === "list" || field.fieldKind === "map") return "implicit";
  // IMPLICIT is 2 and LEGACY_REQUIRED is 3 in google.protobuf.FeatureSet.FieldPresence.
  if (field.presence === 3 || field.proto.label === Label.REQUIRED) return "required";
  return field.presence === 2 && field.fieldKind !== "message" ? "implicit" : "explicit";
}

function valueType(field: DescField | DescExtension, context: BuildContext): ValueType {
  if (field.message !== undefined) return Object.freeze({ kind: "message", message: context.message(field.message) });
  if (field.enum !== undefined) return Object.freeze({ kind: "enum", enum: context.enum(field.enum) });
  return Object.freeze({ kind: "scalar", scalar: scalarName(found(field.scalar)) });
}

function scalarName(type: ScalarType): ScalarName {
  return found(ScalarType[type]).toLowerCase() as ScalarName;
}

function freezeFile(file: Mutable<FileModel>): void {
  for (const message of file.allMessages) freezeDeep(message);
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

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the descriptors of the request are incomplete");
  return value;
}
