// Descriptors in, the frozen model out. File by file, imports first: every type of a file gets its object, then fields
// and methods refer to them.
import type { Message } from "@bufbuild/protobuf";
import { GeneratorError, type Mistake, mistake } from "../errors.js";
import { completeExtension } from "./complete.js";
import { declareEnum, declareMessage } from "./declare.js";
import type { FileProto } from "./descriptor/descriptor.js";
import { defaultFeatures, editionOf, editions, featuresOf } from "./descriptor/features.js";
import { fileOption } from "./descriptor/options.js";
import { readFile } from "./descriptor/read.js";
import { type FileBuild, isSet } from "./file-build.js";
import type { Reflection } from "./loaded.js";
import type { EnumModel, ExtensionModel, FileModel, MessageModel, Model, ServiceModel } from "./model.js";
import { spreadRules } from "./rules.js";
import { buildServices } from "./services.js";
import { pathOf, readSource } from "./source.js";
import { type Mutable, Types } from "./types.js";

// Numbers of fields in descriptor.proto, for paths into the source.
const inFile = { message: 4, enum: 5, extension: 7 } as const;

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
  const build: FileBuild = { proto, file, source, types, rules, entries: new Map(), pending: [] };
  for (const [i, child] of proto.messages.entries()) {
    const message = declareMessage(build, child, undefined, pathOf(inFile.message, i), features);
    if (message !== undefined) file.messages.push(message);
  }
  for (const [i, child] of proto.enums.entries()) {
    file.enums.push(declareEnum(build, child, undefined, pathOf(inFile.enum, i), features));
  }
  for (const complete of build.pending) complete();
  const services = buildServices(proto, file, source, context);
  for (const [i, extension] of proto.extensions.entries()) {
    file.extensions.push(completeExtension(build, extension, pathOf(inFile.extension, i), undefined, features));
  }
  file.services.push(...services);
  file.allExtensions.push(...file.allMessages.flatMap((message) => message.extensions), ...file.extensions);
  for (const message of file.messages) file.nestedTypes.push(message, ...nestedIn(message));
  file.nestedTypes.push(...file.enums, ...services, ...file.extensions);
  return file;
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
