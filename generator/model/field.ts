// What fields and extensions have in common.
import { mistake } from "../errors.js";
import { defaultOf } from "./descriptor/default-value.js";
import type { FieldProto, MessageProto } from "./descriptor/descriptor.js";
import { type Features, featuresOf } from "./descriptor/features.js";
import { fieldOption } from "./descriptor/options.js";
import type { FieldModel, MessageModel, OneofModel, ScalarName, ValueType } from "./model.js";
import type { ElementPath, Source } from "./source.js";
import type { Mutable, Types } from "./types.js";

// `Label` and `Type` of google.protobuf.FieldDescriptorProto, `FieldPresence` of FeatureSet, `JSType` of FieldOptions.
const label = { required: 2, repeated: 3 } as const;
const type = { string: 9, group: 10, message: 11, bytes: 12, enum: 14 } as const;
const presence = { implicit: 2, required: 3 } as const;
const jsString = 1;

/** Scalars by their type in descriptor.proto. */
const scalars: Readonly<Record<number, ScalarName>> = {
  1: "double",
  2: "float",
  3: "int64",
  4: "uint64",
  5: "int32",
  6: "fixed64",
  7: "fixed32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
  15: "sfixed32",
  16: "sfixed64",
  17: "sint32",
  18: "sint64",
};
const scalarTypes: Readonly<Record<number, ValueType>> = Object.fromEntries(
  Object.entries(scalars).map(([number, scalar]) => [number, Object.freeze({ kind: "scalar", scalar })]),
);

/** The entries of maps of one file by their full names: messages that are there for a map alone. */
export type MapEntries = ReadonlyMap<string, { readonly message: MessageProto; readonly features: Features }>;

/** Where a field stands. */
export interface FieldPlace<Kind extends "field" | "extension", Parent extends MessageModel | undefined> {
  readonly kind: Kind;
  readonly parent: Parent;
  /** The oneof that the user has put it in. */
  readonly oneof: OneofModel | undefined;
  readonly path: ElementPath;
  readonly source: Source;
  /** Of what is around it. */
  readonly features: Features;
  readonly types: Types;
  readonly entries: MapEntries;
}

/** A field or extension but for what only one of the two has. */
export type FieldFacts<Kind, Parent> = Mutable<Omit<FieldModel, "kind" | "parent">> & {
  readonly kind: Kind;
  readonly parent: Parent;
};

/**
 * Most of a model are fields: they are made in one piece, not by spreading.
 *
 * @throws GeneratorError when its type is not declared, or its default is none of its type.
 */
export function fieldFacts<Kind extends "field" | "extension", Parent extends MessageModel | undefined>(
  proto: FieldProto,
  place: FieldPlace<Kind, Parent>,
): FieldFacts<Kind, Parent> {
  const recorded = place.source.element(place.path);
  const { options } = proto;
  const features = featuresOf(place.features, options, fieldOption.features);
  const isList = proto.label === label.repeated;
  const entry = isList && proto.type === type.message ? place.entries.get(proto.typeName) : undefined;
  const [key, value] = entry === undefined ? [undefined, proto] : mapFields(entry.message);
  const hasMessage = isMessage(proto);
  const isScalar = !hasMessage && proto.type !== type.enum;
  const valueType = valueTypeOf(value, place.types);
  return {
    kind: place.kind,
    name: proto.name,
    comment: recorded.comment,
    location: recorded.location,
    parent: place.parent,
    oneof: place.oneof,
    rules: undefined,
    deprecated: (options?.number(fieldOption.deprecated) ?? 0) !== 0,
    number: proto.number,
    jsonName: proto.jsonName,
    cardinality: entry !== undefined ? "map" : isList ? "list" : "singular",
    type: valueType,
    mapKey: key,
    presence: presenceOf(proto, place, features),
    packed: isList && entry === undefined && isPacked(proto, features),
    delimited: hasMessage && entry === undefined && (proto.type === type.group || features.delimited),
    utf8: features.utf8,
    longAsString: isScalar && options?.number(fieldOption.jstype) === jsString,
    defaultValue: isList || proto.defaultValue === undefined ? undefined : defaultValue(valueType, proto.defaultValue),
  };
}

function presenceOf(
  proto: FieldProto,
  { kind, oneof }: FieldPlace<"field" | "extension", MessageModel | undefined>,
  features: Features,
): FieldModel["presence"] {
  if (proto.label === label.repeated) return "implicit";
  if (proto.label === label.required) return "required";
  if (oneof !== undefined || proto.proto3Optional || kind === "extension") return "explicit";
  if (features.presence === presence.required) return "required";
  return features.presence === presence.implicit && !isMessage(proto) ? "implicit" : "explicit";
}

function isPacked(proto: FieldProto, features: Features): boolean {
  switch (proto.type) {
    case type.string:
    case type.bytes:
    case type.group:
    case type.message:
      return false;
    default: {
      const stated = proto.options?.number(fieldOption.packed);
      return stated === undefined ? features.packed : stated !== 0;
    }
  }
}

/** @throws GeneratorError for an entry that no compiler makes. */
function mapFields({ fields }: MessageProto): [key: ScalarName, value: FieldProto] {
  const key = fields.find(({ number }) => number === 1);
  const value = fields.find(({ number }) => number === 2);
  const scalar = key && scalars[key.type];
  const isKey = scalar !== undefined && scalar !== "bytes" && scalar !== "float" && scalar !== "double";
  if (!isKey || key?.label === label.repeated || value === undefined || value.label === label.repeated) {
    throw mistake("invalid map entry");
  }
  return [scalar, value];
}

function valueTypeOf(proto: FieldProto, types: Types): ValueType {
  const kind = proto.type === type.enum ? "enum" : isMessage(proto) ? "message" : "scalar";
  const found = kind === "scalar" ? scalarTypes[proto.type] : types.find(proto.typeName);
  if (found?.kind === kind) return found;
  const wanted = kind === "scalar" ? `type ${proto.type} of ${proto.name}` : `type_name .${proto.typeName}`;
  throw mistake(`invalid FieldDescriptorProto: ${wanted} not found`);
}

function isMessage(proto: FieldProto): boolean {
  return proto.type === type.message || proto.type === type.group;
}

/** @throws GeneratorError when the text of a default is none of its type. */
function defaultValue(of: ValueType, text: string): FieldModel["defaultValue"] {
  if (of.kind === "scalar") return defaultOf(of.scalar, text);
  if (of.kind === "message") return undefined;
  const value = of.enum.values.find(({ name }) => name === text);
  if (value === undefined) throw mistake(`cannot parse enum ${of.enum.fullName} default value: ${text}`);
  return value.number;
}
