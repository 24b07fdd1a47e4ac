// The types of CEL, and what they are for the fields of a schema.
import type { FieldModel, MessageModel, ScalarName, ValueType } from "../model.js";

/** What an integer can be, both ends included. */
export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** A type. Numbers know what they can be; a wrapper is a scalar or null; `dyn` is known only when it is evaluated. */
export type CelType =
  | { readonly kind: "int" | "uint"; readonly range: Range }
  | { readonly kind: "double" | "bool" | "string" | "bytes" | "null" | "timestamp" | "duration" | "dyn" }
  | { readonly kind: "list"; readonly item: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly kind: "message"; readonly message: MessageModel }
  | { readonly kind: "wrapper"; readonly of: CelType };

/** What 64 bits hold, with a sign. */
export const int64: Range = { min: -(1n << 63n), max: (1n << 63n) - 1n };
/** What 64 bits hold, without a sign. */
export const uint64: Range = { min: 0n, max: (1n << 64n) - 1n };
const int32: Range = { min: -(1n << 31n), max: (1n << 31n) - 1n };
const uint32: Range = { min: 0n, max: (1n << 32n) - 1n };
/** How many items, characters or bytes something can have. */
export const sizes: Range = { min: 0n, max: (1n << 40n) - 1n };

export const boolType: CelType = { kind: "bool" };
export const doubleType: CelType = { kind: "double" };
export const stringType: CelType = { kind: "string" };
export const bytesType: CelType = { kind: "bytes" };
export const dynType: CelType = { kind: "dyn" };
export const durationType: CelType = { kind: "duration" };
export const timestampType: CelType = { kind: "timestamp" };

/** The type int, or a part of it. */
export function intType(range: Range = int64): CelType {
  return { kind: "int", range };
}

/** The type uint, or a part of it. */
export function uintType(range: Range = uint64): CelType {
  return { kind: "uint", range };
}

/** The type of a scalar. */
export function scalarType(scalar: ScalarName): CelType {
  switch (scalar) {
    case "double":
    case "float":
      return doubleType;
    case "int32":
    case "sint32":
    case "sfixed32":
      return intType(int32);
    case "int64":
    case "sint64":
    case "sfixed64":
      return intType();
    case "uint32":
    case "fixed32":
      return uintType(uint32);
    case "uint64":
    case "fixed64":
      return uintType();
    default:
      return { kind: scalar };
  }
}

/** Messages of protobuf itself that are something else in CEL; those of which only the value tells are `dyn`. */
const special: Readonly<Record<string, CelType>> = {
  "google.protobuf.Any": dynType,
  "google.protobuf.Duration": durationType,
  "google.protobuf.ListValue": dynType,
  "google.protobuf.Struct": dynType,
  "google.protobuf.Timestamp": timestampType,
  "google.protobuf.Value": dynType,
};

/** The type of one value: of a singular field, of an item, of a value of a map. */
export function valueCelType(type: ValueType): CelType {
  if (type.kind === "scalar") return scalarType(type.scalar);
  if (type.kind === "enum") return intType(int32);
  const { message } = type;
  const wrapped = message.file.path === "google/protobuf/wrappers.proto" ? message.fields[0]?.type : undefined;
  if (wrapped?.kind === "scalar") return { kind: "wrapper", of: scalarType(wrapped.scalar) };
  return special[message.fullName] ?? { kind: "message", message };
}

/** The type of a field as a whole. */
export function fieldCelType(field: FieldModel): CelType {
  const value = valueCelType(field.type);
  // What is in a list or a map is there, so a wrapper is never null in them.
  const element = value.kind === "wrapper" ? value.of : value;
  if (field.cardinality === "list") return { kind: "list", item: element };
  if (field.cardinality === "map") {
    return { kind: "map", key: scalarType(field.mapKey ?? "string"), value: element };
  }
  return value;
}

/** Whether a type is a number. */
export function isNumber(type: CelType): boolean {
  return type.kind === "int" || type.kind === "uint" || type.kind === "double";
}

/** Whether something of the type is only known when it is evaluated. */
export function isDynamic(type: CelType): boolean {
  switch (type.kind) {
    case "dyn":
      return true;
    case "list":
      return isDynamic(type.item);
    case "map":
      return isDynamic(type.key) || isDynamic(type.value);
    case "wrapper":
      return isDynamic(type.of);
    default:
      return false;
  }
}

/** Whether both are the same type, whatever their numbers can be; `dyn` is the same as any. */
export function isSameType(a: CelType, b: CelType): boolean {
  if (a.kind === "dyn" || b.kind === "dyn") return true;
  if (a.kind === "list" && b.kind === "list") return isSameType(a.item, b.item);
  if (a.kind === "map" && b.kind === "map") return isSameType(a.key, b.key) && isSameType(a.value, b.value);
  if (a.kind === "message" && b.kind === "message") return a.message === b.message;
  if (a.kind === "wrapper" && b.kind === "wrapper") return isSameType(a.of, b.of);
  return a.kind === b.kind;
}

/** A type that takes the values of both, which are of the same type. */
export function join(a: CelType, b: CelType): CelType {
  if (a.kind === "dyn" || b.kind === "dyn") return dynType;
  if ((a.kind === "int" || a.kind === "uint") && (b.kind === "int" || b.kind === "uint")) {
    return {
      kind: a.kind,
      range: {
        min: a.range.min < b.range.min ? a.range.min : b.range.min,
        max: a.range.max > b.range.max ? a.range.max : b.range.max,
      },
    };
  }
  if (a.kind === "list" && b.kind === "list") return { kind: "list", item: join(a.item, b.item) };
  return a;
}

/** The type as people write it: `list(int)`, `acme.v1.Note`. */
export function typeName(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${typeName(type.item)})`;
    case "map":
      return `map(${typeName(type.key)}, ${typeName(type.value)})`;
    case "message":
      return type.message.fullName;
    case "wrapper":
      return `wrapper(${typeName(type.of)})`;
    default:
      return type.kind;
  }
}
