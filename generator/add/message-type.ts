// The messages that a new method takes and gives: found in the schemas, or to be written.
import { wktPublicImportPaths } from "@bufbuild/protobuf/codegenv2";
import { mistake } from "../errors.js";
import type { FileModel, MessageModel, Model, ServiceModel } from "../model/model.js";

/** A message as a method has to name it. */
export interface NamedMessage {
  /** As it is written in the method. */
  readonly name: string;
  /** The file to import; undefined when it is known where the method is. */
  readonly imported: string | undefined;
  /** Whether it has to be written, in the file of the service. */
  readonly isNew: boolean;
}

/** Messages of protobuf itself, by the file that declares them, for schemas that import none of them yet. */
const wellKnown: Readonly<Record<string, string>> = {
  "google.protobuf.Any": "google/protobuf/any.proto",
  "google.protobuf.Duration": "google/protobuf/duration.proto",
  "google.protobuf.Empty": "google/protobuf/empty.proto",
  "google.protobuf.FieldMask": "google/protobuf/field_mask.proto",
  "google.protobuf.ListValue": "google/protobuf/struct.proto",
  "google.protobuf.Struct": "google/protobuf/struct.proto",
  "google.protobuf.Timestamp": "google/protobuf/timestamp.proto",
  "google.protobuf.Value": "google/protobuf/struct.proto",
  ...Object.fromEntries(
    ["Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64"].map((name) => [
      `google.protobuf.${name}Value`,
      "google/protobuf/wrappers.proto",
    ]),
  ),
};

/**
 * What a name stands for where the service is: a message of its package or of one above, a full name, or a message that is
 * still to be written.
 *
 * @param others names that are methods of the service from now on: within it, they hide messages.
 * @throws GeneratorError when it is no name of a message, or that of one in another package that is not there.
 */
export function resolveMessage(
  name: string,
  service: ServiceModel,
  model: Model,
  others: readonly string[],
): NamedMessage {
  if (!/^\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(name)) {
    throw mistake(`${JSON.stringify(name)} cannot be the name of a message: write one such as QueryRequest`);
  }
  const { file } = service;
  const plain = name.replace(/^\./, "");
  const scopes = name.startsWith(".") ? [""] : scopesOf(file.package);
  const messages = new Map(model.files.flatMap(({ allMessages }) => allMessages).map((one) => [one.fullName, one]));
  for (const scope of scopes) {
    const found = messages.get(scope === "" ? plain : `${scope}.${plain}`);
    if (found !== undefined) return written(found, service, model, others);
  }
  const path = wellKnown[plain];
  if (path !== undefined) {
    const shown = hides(plain, service, model, others) ? `.${plain}` : plain;
    return {
      name: shown,
      imported: file.dependencies.some((one) => one.path === path) ? undefined : path,
      isNew: false,
    };
  }
  if (plain.includes(".") || name.startsWith(".")) {
    const simple = plain.split(".").at(-1) ?? plain;
    const near = [...messages.keys()].filter((one) => one.endsWith(`.${simple}`) && !isInternal(messages.get(one)));
    const hint =
      near.length > 0 ? `did you mean ${near.slice(0, 3).join(" or ")}?` : `a new one has no dots: ${simple}`;
    throw mistake(`there is no message ${plain}: ${hint}`);
  }
  const full = file.package === "" ? plain : `.${file.package}.${plain}`;
  return { name: others.includes(plain) ? full : plain, imported: undefined, isNew: true };
}

function written(message: MessageModel, service: ServiceModel, model: Model, others: readonly string[]): NamedMessage {
  const { file } = service;
  const inside = message.file.package === file.package && file.package !== "";
  const short = inside ? message.fullName.slice(file.package.length + 1) : message.fullName;
  const hidden = inside ? others.includes(short.split(".")[0] ?? "") : hides(short, service, model, others);
  return {
    name: hidden ? `.${message.fullName}` : short,
    imported: message.file === file || sees(file, message.file) ? undefined : message.file.path,
    isNew: false,
  };
}

/** Whether something nearer than the top begins with the first part of a full name. */
function hides(fullName: string, { file }: ServiceModel, model: Model, others: readonly string[]): boolean {
  const first = fullName.split(".")[0] ?? "";
  if (others.includes(first)) return true;
  return scopesOf(file.package)
    .filter((scope) => scope !== "")
    .some((scope) => {
      const name = `${scope}.${first}`;
      return model.files.some(
        (one) =>
          one.package === name ||
          one.package.startsWith(`${name}.`) ||
          one.nestedTypes.some((type) => type.fullName === name),
      );
    });
}

/** Whether the messages of a file may be named in another: it is imported, itself or publicly by one that is. */
function sees(from: FileModel, file: FileModel): boolean {
  return from.dependencies.includes(file);
}

/** `a.b`, `a` and the top, for the package `a.b`. */
function scopesOf(packageName: string): string[] {
  if (packageName === "") return [""];
  const parts = packageName.split(".");
  return [...parts.map((_, i) => parts.slice(0, parts.length - i).join(".")), ""];
}

function isInternal(message: MessageModel | undefined): boolean {
  return message === undefined || Object.hasOwn(wktPublicImportPaths, message.file.path);
}
