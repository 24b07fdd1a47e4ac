// The schemas of @temporalio/proto, which come as JSON of protobufjs: made into descriptors, one file for each package.
import { createRequire } from "node:module";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import protobufjs from "protobufjs";
import "protobufjs/ext/descriptor/index.js";
import type { Tree } from "./trees.js";

const wellKnown = [
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
].map(({ proto }) => proto);

/** What the extension of protobufjs adds, which its types do not say. */
type Convertible = protobufjs.Root & {
  toDescriptor(edition: string): protobufjs.Message & { readonly $type: protobufjs.Type };
};

/** Reads the schemas of the installed package. */
export function readTemporal(folder: string): Tree {
  const published = createRequire(import.meta.url)(join(folder, "protos/json-module.js")) as protobufjs.Root;
  const root = protobufjs.Root.fromJSON(published.toJSON()).resolveAll();
  const set = (root as Convertible).toDescriptor("proto3");
  const { file } = fromBinary(FileDescriptorSetSchema, set.$type.encode(set).finish());
  const own = file.filter((one) => one.package !== "google.protobuf");
  const files = new Map([...wellKnown, ...own].map((one) => [one.name, one]));
  const homeOf = new Map<string, string>();
  for (const { name, package: prefix, messageType, enumType } of files.values()) {
    for (const message of messageType) addTypes(`.${prefix}.${message.name}`, message, name, homeOf);
    for (const one of enumType) homeOf.set(`.${prefix}.${one.name}`, name);
  }
  for (const one of own) {
    // protobufjs keeps options it does not know as text, and says nothing of imports.
    one.options = undefined;
    one.extension = [];
    const uses = new Set<string>();
    const resolve = (type: string, scope: string): string => {
      const name = qualify(type, scope, homeOf);
      uses.add(homeOf.get(name)!);
      return name;
    };
    for (const message of one.messageType) resolveFields(message, `.${one.package}.${message.name}`, resolve);
    for (const { method } of one.service) {
      for (const call of method) {
        call.inputType = resolve(call.inputType, `.${one.package}`);
        call.outputType = resolve(call.outputType, `.${one.package}`);
      }
    }
    one.dependency = [...uses].filter((home) => home !== one.name).toSorted();
  }
  return { name: "temporal", files: inOrder(files), lines: 0, leftOut: [] };
}

function addTypes(fullName: string, message: DescriptorProto, home: string, homeOf: Map<string, string>): void {
  homeOf.set(fullName, home);
  for (const nested of message.nestedType) addTypes(`${fullName}.${nested.name}`, nested, home, homeOf);
  for (const one of message.enumType) homeOf.set(`${fullName}.${one.name}`, home);
}

type Resolve = (type: string, scope: string) => string;

function resolveFields(message: DescriptorProto, scope: string, resolve: Resolve): void {
  message.extension = [];
  for (const field of message.field) {
    if (field.typeName !== "") field.typeName = resolve(field.typeName, scope);
  }
  for (const nested of message.nestedType) resolveFields(nested, `${scope}.${nested.name}`, resolve);
}

/** The full name of a type that is named from a scope: the one found nearest. */
function qualify(type: string, scope: string, known: ReadonlyMap<string, string>): string {
  if (type.startsWith(".")) return type;
  for (let around = scope; ; around = around.slice(0, around.lastIndexOf("."))) {
    if (known.has(`${around}.${type}`)) return `${around}.${type}`;
    if (around === "") throw new Error(`${scope} uses ${type}, which is nowhere`);
  }
}

/** Imports before those who import them. */
function inOrder(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const open = new Set<string>();
  const visit = (name: string): void => {
    const file = files.get(name)!;
    if (ordered.has(file)) return;
    if (open.has(name)) throw new Error(`${name} imports itself by way of others`);
    open.add(name);
    file.dependency.forEach(visit);
    ordered.add(file);
  };
  for (const name of files.keys()) visit(name);
  return [...ordered];
}
