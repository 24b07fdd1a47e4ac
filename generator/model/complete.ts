// What refers to types, once all types of a file have their objects: fields, oneofs and extensions.
import { mistake } from "../errors.js";
import type { FieldProto, MessageProto } from "./descriptor/descriptor.js";
import type { Features } from "./descriptor/features.js";
import { fieldFacts, type MapEntries } from "./field.js";
import { type FileBuild, fullName } from "./file-build.js";
import type { ExtensionModel, FieldModel, MessageModel, OneofModel } from "./model.js";
import { type ElementPath, pathOf } from "./source.js";
import type { Mutable } from "./types.js";

// Numbers of fields in descriptor.proto, for paths into the source.
const inMessage = { field: 2, extension: 6, oneof: 8 } as const;

/** Extensions are no maps. */
const none: MapEntries = new Map();

/** Gives a message its fields, oneofs and extensions. */
export function completeMessage(
  build: FileBuild,
  desc: MessageProto,
  message: Mutable<MessageModel>,
  path: ElementPath,
  inner: Features,
): void {
  const { source, types, rules, entries } = build;
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
    message.extensions.push(completeExtension(build, extension, at, message, inner));
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

/** An extension, whole. */
export function completeExtension(
  build: FileBuild,
  desc: FieldProto,
  path: ElementPath,
  parent: MessageModel | undefined,
  outer: Features,
): ExtensionModel {
  const { file, source, types } = build;
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
  const name = fullName(build, desc.name, parent);
  return Object.freeze({ ...fieldFacts(desc, place), jsonName: `[${name}]`, fullName: name, file, extendee });
}
