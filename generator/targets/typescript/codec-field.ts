// What codecs need to know about a field: how it is held in a message, and how it goes over the wire.
import { quote } from "../../emit/layout.js";
import type { EnumModel, FieldModel, FileModel, MessageModel, ScalarName } from "../../model/model.js";

/** The numbers of the wire types. */
export const wire = { varint: 0, fixed64: 1, length: 2, start: 3, end: 4, fixed32: 5 } as const;

interface Scalar {
  /** The wire type. */
  readonly wire: number;
  /** The runtime's functions are `write` and `read` with this behind them. */
  readonly suffix:
    | "Double"
    | "Float"
    | "Int32"
    | "Int64"
    | "Uint32"
    | "Uint64"
    | "Sint32"
    | "Sint64"
    | "Fixed32"
    | "Fixed64"
    | "Sfixed32"
    | "Sfixed64"
    | "Bool"
    | "String"
    | "Bytes";
  /** The type in TypeScript. */
  readonly type: string;
  /** The value without anything set, as an expression. */
  readonly zero: string;
}

/** The scalar types. */
export const scalars: Record<ScalarName, Scalar> = {
  double: { wire: wire.fixed64, suffix: "Double", type: "number", zero: "0" },
  float: { wire: wire.fixed32, suffix: "Float", type: "number", zero: "0" },
  int32: { wire: wire.varint, suffix: "Int32", type: "number", zero: "0" },
  int64: { wire: wire.varint, suffix: "Int64", type: "bigint", zero: "0n" },
  uint32: { wire: wire.varint, suffix: "Uint32", type: "number", zero: "0" },
  uint64: { wire: wire.varint, suffix: "Uint64", type: "bigint", zero: "0n" },
  sint32: { wire: wire.varint, suffix: "Sint32", type: "number", zero: "0" },
  sint64: { wire: wire.varint, suffix: "Sint64", type: "bigint", zero: "0n" },
  fixed32: { wire: wire.fixed32, suffix: "Fixed32", type: "number", zero: "0" },
  fixed64: { wire: wire.fixed64, suffix: "Fixed64", type: "bigint", zero: "0n" },
  sfixed32: { wire: wire.fixed32, suffix: "Sfixed32", type: "number", zero: "0" },
  sfixed64: { wire: wire.fixed64, suffix: "Sfixed64", type: "bigint", zero: "0n" },
  bool: { wire: wire.varint, suffix: "Bool", type: "boolean", zero: "false" },
  string: { wire: wire.length, suffix: "String", type: "string", zero: '""' },
  bytes: { wire: wire.length, suffix: "Bytes", type: "Uint8Array", zero: "new Uint8Array(0)" },
};

type FixedSuffix = "Double" | "Float" | "Fixed32" | "Fixed64" | "Sfixed32" | "Sfixed64";
const fixedSuffixes: readonly FixedSuffix[] = ["Double", "Float", "Fixed32", "Fixed64", "Sfixed32", "Sfixed64"];

/** The suffix when values of the type all take four or eight bytes, else undefined. */
export function fixedSuffix(suffix: Scalar["suffix"]): FixedSuffix | undefined {
  return fixedSuffixes.find((one) => one === suffix);
}

const wrappers = ["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"];
const wrapperNames = new Set(wrappers.map((name) => `google.protobuf.${name}Value`));

/** Whether the field holds the value of a wrapper such as Int64Value itself: singular ones outside oneofs do. */
export function unwraps(field: FieldModel): boolean {
  if (field.type.kind !== "message" || field.cardinality !== "singular" || field.oneof !== undefined) return false;
  return wrapperNames.has(field.type.message.fullName);
}

/** The scalar inside a wrapper. */
export function wrapped(message: MessageModel): Scalar {
  const type = message.fields[0]?.type;
  if (type?.kind !== "scalar") throw new Error(`${message.fullName} wraps no scalar`);
  return scalars[type.scalar];
}

/** Whether the field holds a Struct as plain JSON: all do but the one in google.protobuf.Value. */
export function isJson(field: FieldModel): boolean {
  if (field.type.kind !== "message" || field.type.message.fullName !== "google.protobuf.Struct") return false;
  return field.parent.fullName !== "google.protobuf.Value";
}

/** Whether messages of a type have a prototype with the defaults of the fields that know set from unset. */
export function hasDefaults(message: MessageModel): boolean {
  return message.file.edition !== "proto3" && message.fields.some((field) => showsDefault(field));
}

/** Whether the unset field reads as its default through the prototype. */
export function showsDefault(field: FieldModel): boolean {
  if (field.cardinality !== "singular" || field.oneof !== undefined || field.type.kind === "message") return false;
  return field.presence !== "implicit";
}

/** The value of an unset field, as an expression: the default of the schema, else zero. */
export function defaultOf(field: FieldModel): string {
  const value = field.defaultValue;
  if (field.type.kind === "enum") return String(value ?? zeroOf(field.type.enum));
  if (field.type.kind === "message") throw new Error(`${field.name} has no default`);
  if (value === undefined) return field.longAsString ? '"0"' : scalars[field.type.scalar].zero;
  if (value instanceof Uint8Array)
    return value.length === 0 ? "new Uint8Array(0)" : `new Uint8Array([${value.join(", ")}])`;
  if (typeof value === "bigint") return field.longAsString ? quote(String(value)) : `${value}n`;
  if (typeof value === "string") return stringLiteral(value);
  return Object.is(value, -0) ? "-0" : String(value).replace("e+", "e");
}

/** A string literal in the quotes that need fewer escapes. */
function stringLiteral(text: string): string {
  const count = (mark: string): number => text.split(mark).length;
  if (count('"') <= count("'")) return quote(text);
  return `'${quote(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** The number an enum has by default. */
export function zeroOf(model: EnumModel): number {
  return model.values[0]?.number ?? 0;
}

/** The wire type of one value of the field, unpacked. */
export function wireType(field: FieldModel): number {
  switch (field.type.kind) {
    case "scalar":
      return scalars[field.type.scalar].wire;
    case "enum":
      return wire.varint;
    case "message":
      return field.delimited ? wire.start : wire.length;
  }
}

/** Number and wire type as they stand before a value. */
export function tagOf(number: number, type: number): number {
  return ((number << 3) | type) >>> 0;
}

/** Whether readers must take the values packed as well as one by one. */
export function isPackable(field: FieldModel): boolean {
  return field.cardinality === "list" && wireType(field) !== wire.length && field.type.kind !== "message";
}

/** The declaration as the schema has it, such as `repeated Link links = 10`. */
export function declaration(field: FieldModel): string {
  const type = typeText(field);
  const prefix = field.cardinality === "map" ? `map<${field.mapKey}, ${type}>` : `${labelOf(field)}${type}`;
  return `${prefix} ${field.name} = ${field.number}`;
}

/** The label that the syntax of the file asks for, with a space behind it. */
function labelOf(field: FieldModel): string {
  const { edition } = field.parent.file;
  if (field.cardinality === "list") return "repeated ";
  if (field.oneof !== undefined || (edition !== "proto2" && edition !== "proto3")) return "";
  if (field.presence === "required") return "required ";
  return field.presence === "explicit" && (edition === "proto2" || field.type.kind !== "message") ? "optional " : "";
}

function typeText(field: FieldModel): string {
  const { type } = field;
  if (type.kind === "scalar") return type.scalar;
  return shortName(type.kind === "enum" ? type.enum : type.message, field.parent.file);
}

/** The name of a type without the package that both files share. */
function shortName(type: MessageModel | EnumModel, from: FileModel): string {
  const prefix = from.package === "" ? "" : `${from.package}.`;
  return type.fullName.startsWith(prefix) ? type.fullName.slice(prefix.length) : type.fullName;
}
