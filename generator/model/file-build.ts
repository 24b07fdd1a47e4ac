// A file that is being built, and what its parts share.
import type { FileProto, MessageProto } from "./descriptor/descriptor.js";
import type { Features } from "./descriptor/features.js";
import type { Options } from "./descriptor/options.js";
import type { Reflection } from "./loaded.js";
import type { FileModel, MessageModel } from "./model.js";
import type { Source } from "./source.js";
import type { Mutable, Types } from "./types.js";

export interface FileBuild {
  readonly proto: FileProto;
  readonly file: Mutable<FileModel>;
  readonly source: Source;
  readonly types: Types;
  readonly rules: InstanceType<Reflection["RuleReader"]> | undefined;
  /** The entries of maps, by their full names. */
  readonly entries: Map<string, { message: MessageProto; features: Features }>;
  /** What is left of the messages once all types are known. */
  readonly pending: (() => void)[];
}

export function fullName({ proto }: FileBuild, name: string, parent: MessageModel | undefined): string {
  const around = parent === undefined ? proto.package : parent.fullName;
  return around === "" ? name : `${around}.${name}`;
}

/** Whether an option is there and true. */
export function isSet(options: Options | undefined, number: number): boolean {
  return options !== undefined && (options.number(number) ?? 0) !== 0;
}
