// The types of a file get their objects: messages, enums and what is in them.
import { completeMessage } from "./complete.js";
import type { EnumProto, MessageProto } from "./descriptor/descriptor.js";
import { type Features, featuresOf } from "./descriptor/features.js";
import { enumOption, enumValueOption, messageOption } from "./descriptor/options.js";
import { type FileBuild, fullName, isSet } from "./file-build.js";
import type { EnumModel, EnumValueModel, MessageModel } from "./model.js";
import { type ElementPath, pathOf } from "./source.js";
import type { Mutable } from "./types.js";

// Numbers of fields in descriptor.proto, for paths into the source.
const inMessage = { nested: 3, enum: 4 } as const;
const enumValue = 2;

/**
 * A message and what is declared in it, without its fields, which are left pending. Undefined for the entries of a map, which
 * are no message of their own.
 */
export function declareMessage(
  build: FileBuild,
  desc: MessageProto,
  parent: Mutable<MessageModel> | undefined,
  path: ElementPath,
  outer: Features,
): MessageModel | undefined {
  const { file, source, types, entries, pending } = build;
  const inner = featuresOf(outer, desc.options, messageOption.features);
  if (isSet(desc.options, messageOption.mapEntry)) {
    entries.set(fullName(build, desc.name, parent), { message: desc, features: inner });
    return undefined;
  }
  const { comment, location } = source.element(path);
  const message: Mutable<MessageModel> = {
    kind: "message",
    name: desc.name,
    comment,
    location,
    deprecated: isSet(desc.options, messageOption.deprecated) || (parent ?? file).deprecated,
    fullName: fullName(build, desc.name, parent),
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
    const nested = declareMessage(build, child, message, path + pathOf(inMessage.nested, i), inner);
    if (nested !== undefined) message.messages.push(nested);
  }
  for (const [i, child] of desc.enums.entries()) {
    message.enums.push(declareEnum(build, child, message, path + pathOf(inMessage.enum, i), inner));
  }
  pending.push(() => completeMessage(build, desc, message, path, inner));
  return message;
}

/** An enum, whole. */
export function declareEnum(
  build: FileBuild,
  desc: EnumProto,
  parent: MessageModel | undefined,
  path: ElementPath,
  outer: Features,
): EnumModel {
  const { file, source, types } = build;
  const { comment, location } = source.element(path);
  const model: Mutable<EnumModel> = {
    kind: "enum",
    name: desc.name,
    comment,
    location,
    deprecated: isSet(desc.options, enumOption.deprecated) || (parent ?? file).deprecated,
    fullName: fullName(build, desc.name, parent),
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

/** What all names of values begin with, in lower case, where the rest is an identifier each time. */
function sharedPrefix({ name, values }: EnumProto): string | undefined {
  const snake = name.slice(0, 1) + name.slice(1).replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
  const prefix = `${snake.toLowerCase()}_`;
  const isShared = values.every(
    (value) => value.name.toLowerCase().startsWith(prefix) && /^\D/.test(value.name.slice(prefix.length)),
  );
  return isShared ? prefix : undefined;
}
