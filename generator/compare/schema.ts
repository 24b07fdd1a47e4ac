// One version of the user's schemas: what was asked for, in one list, whatever the inputs it came from.
import type { EnumModel, FileModel, MessageModel, Model, ServiceModel, SourceLocation } from "../model/model.js";

/** One version of the schemas, without what they only import. */
export interface Schema {
  readonly models: readonly Model[];
  readonly files: readonly FileModel[];
  readonly messages: readonly MessageModel[];
  readonly enums: readonly EnumModel[];
  readonly services: readonly ServiceModel[];
  /** The place of an element as the user knows it. */
  place(location: SourceLocation): SourceLocation;
  /** The rules that an extension adds, of one of the models. */
  modelOf(message: MessageModel): Model | undefined;
}

/** Files that come with protobuf, buf.validate and Crucible; they are never the user's, even in an image that has them. */
export function isForeign(path: string): boolean {
  return /^(?:google\/protobuf|buf\/validate|crucible\/options)\//.test(path);
}

/**
 * Puts the models of all inputs together.
 *
 * @param show turns the path of a .proto, as others import it, into the one to show.
 */
export function schemaOf(models: readonly Model[], show: (path: string) => string): Schema {
  const files = new Map<string, FileModel>();
  for (const file of models.flatMap((model) => model.files)) {
    if (file.generate && !isForeign(file.path) && !files.has(file.path)) files.set(file.path, file);
  }
  const all = [...files.values()];
  return {
    models,
    files: all,
    messages: all.flatMap((file) => file.allMessages),
    enums: all.flatMap((file) => file.allEnums),
    services: all.flatMap((file) => file.services),
    place: (location) => ({ ...location, path: show(location.path) }),
    modelOf: (message) => models.find(({ files: own }) => own.includes(message.file)),
  };
}
