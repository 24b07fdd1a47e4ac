// The fields of a random message, within what protoc allows.
import { create } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  FeatureSet_FieldPresence as Presence,
  FeatureSet_MessageEncoding as Encoding,
  FeatureSet_RepeatedFieldEncoding as Repeated,
  FeatureSet_Utf8Validation as Utf8,
  FeatureSetSchema,
  type FeatureSet,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FieldOptions,
  FieldOptions_JSType as JsType,
  FieldOptionsSchema,
  type FileDescriptorProto,
  MessageOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import type { Random } from "../../fuzz/random.js";
import { defaultOf } from "./defaults.js";
import type { FileScope } from "./file.js";
import { keyOfField, type Names } from "./names.js";
import { isLong, isPackable, keyTypes, message, scalarTypes, type TypeRef } from "./types.js";

/** Numbers at which the size of a tag changes, and the last there is. */
const edges = [1, 2, 15, 16, 2047, 2048, 262143, 262144, 33554431, 33554432, 536870911];
/** The first of the numbers that are kept for extensions. */
const extensionsFrom = 20_000;

/** Fills a message. */
export function addFields(scope: FileScope, proto: DescriptorProto, names: Names, self: TypeRef): void {
  const { random, dialect } = scope;
  if (dialect !== "proto3" && random.below(4) === 0) {
    proto.extensionRange.push({
      $typeName: "google.protobuf.DescriptorProto.ExtensionRange",
      start: extensionsFrom,
      end: extensionsFrom + 1000,
    });
  }
  const count = random.below(12) === 0 ? 40 + random.below(40) : random.below(12);
  const numbers = new Set<number>();
  const synthetic: FieldDescriptorProto[] = [];
  for (let i = 0; i < count; i++) {
    const name = names.field();
    const number = freeNumber(random, numbers);
    const kind = random.below(10);
    if (kind === 0) proto.field.push(mapField(scope, proto, names, name, number));
    else if (kind < 4) proto.field.push(listField(scope, proto, names, name, number));
    else if (kind === 4) addOneof(scope, proto, names, name, numbers);
    else {
      const field = singularField(scope, proto, names, name, number, self);
      proto.field.push(field);
      if (field.proto3Optional) synthetic.push(field);
    }
  }
  // As protoc does it: behind the real ones.
  for (const field of synthetic) {
    field.oneofIndex = proto.oneofDecl.length;
    proto.oneofDecl.push({ $typeName: "google.protobuf.OneofDescriptorProto", name: `_${field.name}` });
  }
}

/** Declares extensions of the messages of a file that take them. */
export function addExtensions(scope: FileScope, file: FileDescriptorProto, names: Names): void {
  const { random } = scope;
  if (scope.dialect === "proto3") return;
  for (const { ref, proto } of scope.declared) {
    if (proto.extensionRange.length === 0) continue;
    for (let i = random.below(4); i > 0; i--) {
      // A message that holds the group of an extension would have to be declared beside it: extensions are no groups here.
      const type = pickType(scope, (one) => one.kind === "message" || !one.closed || one.values[0]?.number === 0);
      let name = `extension${i}`;
      while (!names.claim(name)) name += "x";
      const field = newField(name, extensionsFrom + i * 3, Label.OPTIONAL, type);
      field.extendee = ref.typeName;
      if (random.below(2) === 0) {
        field.label = Label.REPEATED;
        randomPacking(scope, field);
      }
      file.extension.push(field);
    }
  }
}

/** A type of a field: a scalar, or a message or enum by its name. */
type FieldType = { readonly type: Type; readonly ref?: TypeRef };

function pickType(scope: FileScope, takes: (ref: TypeRef) => boolean): FieldType {
  const { random, types } = scope;
  for (let tries = 0; tries < 8; tries++) {
    if (random.below(5) < 2) break;
    // Types of the file itself are at the end, and more interesting than those of others.
    const from = random.below(3) === 0 ? 0 : Math.max(0, types.length - 8);
    const ref = types[from + random.below(types.length - from)];
    // A proto3 file may not use closed enums at all.
    if (ref === undefined || !takes(ref) || (ref.closed && scope.dialect === "proto3")) continue;
    return { type: ref.kind === "enum" ? Type.ENUM : Type.MESSAGE, ref };
  }
  return { type: random.pick(scalarTypes) };
}

function newField(name: string, number: number, label: Label, { type, ref }: FieldType): FieldDescriptorProto {
  const field = create(FieldDescriptorProtoSchema, { name, number, label, type, jsonName: protoCamelCase(name) });
  if (ref !== undefined) field.typeName = ref.typeName;
  return field;
}

function singularField(
  scope: FileScope,
  proto: DescriptorProto,
  names: Names,
  name: string,
  number: number,
  self: TypeRef,
): FieldDescriptorProto {
  const { random, dialect } = scope;
  const place = scope.declared.findIndex(({ ref }) => ref === self);
  const isSafe = (ref: TypeRef): boolean => {
    const at = scope.declared.findIndex((one) => one.ref === ref);
    return at < place;
  };
  if (dialect === "proto2") {
    if (random.below(6) === 0) return group(scope, proto, names, number, Label.OPTIONAL);
    const required = random.below(8) === 0;
    const type = pickType(scope, (ref) => !required || isSafe(ref));
    const field = newField(name, number, required ? Label.REQUIRED : Label.OPTIONAL, type);
    randomStyle(scope, field);
    randomDefault(random, field, type);
    return field;
  }
  if (dialect === "proto3") {
    const field = newField(
      name,
      number,
      Label.OPTIONAL,
      pickType(scope, () => true),
    );
    randomStyle(scope, field);
    field.proto3Optional = random.below(3) === 0;
    return field;
  }
  const wanted = random.below(2) === 0 ? undefined : random.pick([1, 2, 3] as readonly Presence[]);
  const presence = wanted ?? scope.presence;
  const type = pickType(scope, (ref) => {
    if (presence === Presence.IMPLICIT) return !ref.closed && (ref.kind === "enum" || wanted === undefined);
    return presence !== Presence.LEGACY_REQUIRED || isSafe(ref);
  });
  const field = newField(name, number, Label.OPTIONAL, type);
  if (wanted !== undefined) featuresOf(field).fieldPresence = wanted;
  randomStyle(scope, field);
  if (presence !== Presence.IMPLICIT) randomDefault(random, field, type);
  return field;
}

function listField(scope: FileScope, proto: DescriptorProto, names: Names, name: string, number: number) {
  if (scope.dialect === "proto2" && scope.random.below(6) === 0) {
    return group(scope, proto, names, number, Label.REPEATED);
  }
  const field = newField(
    name,
    number,
    Label.REPEATED,
    pickType(scope, () => true),
  );
  randomStyle(scope, field);
  randomPacking(scope, field);
  return field;
}

/** A group declares its own message, whose name in lower case is that of the field. */
function group(scope: FileScope, proto: DescriptorProto, names: Names, number: number, label: Label) {
  let name = "Group";
  while (!names.claim(name) || !names.claim(name.toLowerCase(), keyOfField(name.toLowerCase()))) name += "x";
  const nested = create(DescriptorProtoSchema, { name });
  const ref = message(`${typeNameOf(scope, proto)}.${name}`);
  nested.field.push(
    newField("number", 1, Label.OPTIONAL, { type: Type.INT32 }),
    newField("text", 2, Label.REPEATED, { type: Type.STRING }),
    newField("around", 3, Label.OPTIONAL, { type: Type.MESSAGE, ref: message(typeNameOf(scope, proto)) }),
  );
  proto.nestedType.push(nested);
  return newField(name.toLowerCase(), number, label, { type: Type.GROUP, ref });
}

function typeNameOf(scope: FileScope, proto: DescriptorProto): string {
  return scope.declared.find((one) => one.proto === proto)?.ref.typeName ?? "";
}

function mapField(scope: FileScope, proto: DescriptorProto, names: Names, name: string, number: number) {
  const { random } = scope;
  const camel = protoCamelCase(name);
  let entry = `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`;
  while (!names.claim(entry)) entry += "x";
  const key = { type: random.pick(keyTypes) };
  const value = pickType(scope, (ref) => ref.kind === "message" || ref.values[0]?.number === 0);
  proto.nestedType.push(
    create(DescriptorProtoSchema, {
      name: entry,
      options: create(MessageOptionsSchema, { mapEntry: true }),
      field: [newField("key", 1, Label.OPTIONAL, key), newField("value", 2, Label.OPTIONAL, value)],
    }),
  );
  const ref = message(`${typeNameOf(scope, proto)}.${entry}`);
  const field = newField(name, number, Label.REPEATED, { type: Type.MESSAGE, ref });
  if (typeof scope.dialect !== "string" && (key.type === Type.STRING || value.type === Type.STRING)) {
    randomUtf8(random, field);
  }
  return field;
}

function addOneof(scope: FileScope, proto: DescriptorProto, names: Names, name: string, numbers: Set<number>): void {
  const index = proto.oneofDecl.length;
  proto.oneofDecl.push({ $typeName: "google.protobuf.OneofDescriptorProto", name });
  for (let i = 1 + scope.random.below(5); i > 0; i--) {
    const type = pickType(scope, (ref) => !ref.closed || scope.presence !== Presence.IMPLICIT);
    const field = newField(names.field(), freeNumber(scope.random, numbers), Label.OPTIONAL, type);
    field.oneofIndex = index;
    randomStyle(scope, field);
    proto.field.push(field);
  }
}

/** What any field may have: jstype, delimited encoding, unchecked text. */
function randomStyle(scope: FileScope, field: FieldDescriptorProto): void {
  const { random, dialect } = scope;
  if (isLong(field.type) && random.below(3) === 0) {
    optionsOf(field).jstype = random.pick([JsType.JS_STRING, JsType.JS_NUMBER]);
  }
  if (typeof dialect === "string") return;
  if (field.type === Type.MESSAGE && random.below(3) === 0) {
    featuresOf(field).messageEncoding = random.pick([Encoding.DELIMITED, Encoding.LENGTH_PREFIXED]);
  }
  if (field.type === Type.STRING) randomUtf8(random, field);
}

function randomUtf8(random: Random, field: FieldDescriptorProto): void {
  if (random.below(3) === 0) featuresOf(field).utf8Validation = random.pick([Utf8.NONE, Utf8.VERIFY]);
}

function randomPacking(scope: FileScope, field: FieldDescriptorProto): void {
  const { random, dialect } = scope;
  if (!isPackable(field.type) || random.below(2) === 0) return;
  const packed = random.below(2) === 0;
  if (typeof dialect === "string") optionsOf(field).packed = packed;
  else featuresOf(field).repeatedFieldEncoding = packed ? Repeated.PACKED : Repeated.EXPANDED;
}

function randomDefault(random: Random, field: FieldDescriptorProto, { type, ref }: FieldType): void {
  if (random.below(2) === 0) return;
  const text = defaultOf(random, type, ref);
  if (text !== undefined) field.defaultValue = text;
}

function freeNumber(random: Random, taken: Set<number>): number {
  for (;;) {
    const number =
      random.below(4) === 0 ? random.pick(edges) : 1 + random.below(random.pick([14, 200, 10_000, 536870911]));
    const kept = number >= 19_000 && number < extensionsFrom + 1000;
    if (kept || taken.has(number)) continue;
    taken.add(number);
    return number;
  }
}

function optionsOf(field: FieldDescriptorProto): FieldOptions {
  return (field.options ??= create(FieldOptionsSchema));
}

function featuresOf(field: FieldDescriptorProto): FeatureSet {
  return (optionsOf(field).features ??= create(FeatureSetSchema));
}
