// Random schemas with rules: messages of every kind of field, in proto2, proto3 and edition 2023.
import { create, setExtension } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  Edition,
  EnumDescriptorProtoSchema,
  FeatureSet_FieldPresence as Presence,
  FeatureSet_MessageEncoding as Encoding,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptions_JSType as JsType,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  MessageOptionsSchema,
  OneofOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import {
  field as fieldExtension,
  type FieldRules,
  file_buf_validate_validate,
  message as messageExtension,
  MessageRulesSchema,
  oneof as oneofExtension,
  OneofRulesSchema,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Random } from "../fuzz/random.js";
import { listRules, mapRules, randomRules, type RuleKind } from "./validate-rules.js";

/** What every schema imports. */
export const imports: readonly FileDescriptorProto[] = [
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  file_buf_validate_validate,
].map((file) => file.proto);

/** The name of the file and package of every schema. */
export const packageName = "fuzz.v1";

type Syntax = "proto2" | "proto3" | "editions";

/** A type that a field can have. */
export interface FieldType {
  readonly type: Type;
  readonly typeName?: string;
  /** The rules it takes; undefined for messages of the schema. */
  readonly kind: RuleKind | undefined;
}

const scalars: readonly FieldType[] = [
  { type: Type.DOUBLE, kind: "double" },
  { type: Type.FLOAT, kind: "float" },
  { type: Type.INT32, kind: "int32" },
  { type: Type.INT64, kind: "int64" },
  { type: Type.UINT32, kind: "uint32" },
  { type: Type.UINT64, kind: "uint64" },
  { type: Type.SINT32, kind: "sint32" },
  { type: Type.SINT64, kind: "sint64" },
  { type: Type.FIXED32, kind: "fixed32" },
  { type: Type.FIXED64, kind: "fixed64" },
  { type: Type.SFIXED32, kind: "sfixed32" },
  { type: Type.SFIXED64, kind: "sfixed64" },
  { type: Type.BOOL, kind: "bool" },
  { type: Type.STRING, kind: "string" },
  { type: Type.STRING, kind: "string" },
  { type: Type.BYTES, kind: "bytes" },
];
const keys = scalars.filter(({ kind }) => !["double", "float", "bytes"].includes(kind!));

const wellKnown: readonly FieldType[] = (
  [
    ["Any", "any"],
    ["Duration", "duration"],
    ["Timestamp", "timestamp"],
    ["FieldMask", "fieldMask"],
    ["DoubleValue", "double"],
    ["FloatValue", "float"],
    ["Int32Value", "int32"],
    ["Int64Value", "int64"],
    ["UInt32Value", "uint32"],
    ["UInt64Value", "uint64"],
    ["BoolValue", "bool"],
    ["StringValue", "string"],
    ["BytesValue", "bytes"],
  ] as const
).map(([name, kind]) => ({ type: Type.MESSAGE, typeName: `.google.protobuf.${name}`, kind }));

const longKinds = new Set<string>(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);
const names = "id title body_text count tags map_of message violations value item key nested i depth given own".split(
  " ",
);

/** A file with a few messages; each can hold itself and those before it. */
export function randomSchema(random: Random): FileDescriptorProto {
  const syntax: Syntax = random.pick(["proto2", "proto3", "editions"]);
  const zero = syntax === "proto2" ? 3 : 0;
  const numbers = [zero, 1, 2, 5, -1].slice(0, 2 + random.below(4));
  const file = create(FileDescriptorProtoSchema, {
    name: "fuzz/v1/fuzz.proto",
    package: packageName,
    dependency: imports.map(({ name }) => name),
    syntax: syntax === "proto2" ? "" : syntax,
    enumType: [
      create(EnumDescriptorProtoSchema, {
        name: "Kind",
        value: numbers.map((number, i) => ({ name: `KIND_${i}`, number })),
      }),
    ],
  });
  if (syntax === "editions") file.edition = Edition.EDITION_2023;
  const count = 1 + random.below(4);
  for (let i = 0; i < count; i++) file.messageType.push(randomMessage(random, `M${i}`, i, syntax, [...numbers, 9]));
  return file;
}

function randomMessage(random: Random, name: string, index: number, syntax: Syntax, enumNumbers: readonly number[]) {
  const message = create(DescriptorProtoSchema, { name });
  const count = 1 + random.below(4);
  const others = Array.from({ length: index + 1 }, (_, i): FieldType => {
    return { type: Type.MESSAGE, typeName: `.${packageName}.M${i}`, kind: undefined };
  });
  const anEnum: FieldType = { type: Type.ENUM, typeName: `.${packageName}.Kind`, kind: "enum" };
  const anyType = (): FieldType => {
    const roll = random.below(10);
    return roll < 5
      ? random.pick(scalars)
      : roll < 6
        ? anEnum
        : roll < 8
          ? random.pick(wellKnown)
          : random.pick(others);
  };
  const oneofs = random.below(3) === 0 ? 1 : 0;
  for (let i = 0; i < oneofs; i++) {
    message.oneofDecl.push({ $typeName: "google.protobuf.OneofDescriptorProto", name: "choice" });
    if (random.below(2) === 0) {
      const options = create(OneofOptionsSchema);
      setExtension(options, oneofExtension, create(OneofRulesSchema, { required: true }));
      message.oneofDecl[i]!.options = options;
    }
  }
  for (let number = 1; number <= count; number++) {
    const fieldName = `${random.pick(names)}${number}`;
    const shape = random.below(6);
    const type = anyType();
    const rules = (one: FieldType): FieldRules | undefined =>
      random.below(5) === 0 ? undefined : randomRules(random, one.kind, enumNumbers);
    const field = fieldOf(fieldName, number, type);
    if (shape === 0) {
      field.label = Label.REPEATED;
      jsType(random, field, type);
      setRules(field, random.below(6) === 0 ? undefined : listRules(random, rules(type)));
    } else if (shape === 1) {
      const key = random.pick(keys);
      const entry = `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1).replace(/_./g, (one) => one[1]!.toUpperCase())}Entry`;
      message.nestedType.push(
        create(DescriptorProtoSchema, {
          name: entry,
          field: [fieldOf("key", 1, key), fieldOf("value", 2, enumNumbers[0] === 0 || type !== anEnum ? type : key)],
          options: { mapEntry: true },
        }),
      );
      const held = enumNumbers[0] === 0 || type !== anEnum ? type : key;
      field.label = Label.REPEATED;
      field.type = Type.MESSAGE;
      field.typeName = `.${packageName}.${name}.${entry}`;
      setRules(field, random.below(6) === 0 ? undefined : mapRules(random, rules(key), rules(held)));
    } else {
      jsType(random, field, type);
      setRules(field, rules(type));
      if (oneofs > 0 && shape === 2) field.oneofIndex = 0;
      else singularPresence(random, field, type, syntax);
    }
    message.field.push(field);
  }
  // A oneof must have a field, and its fields must stand together.
  if (oneofs > 0) {
    const members = message.field.filter((field) => Object.hasOwn(field, "oneofIndex"));
    const rest = message.field.filter((field) => !members.includes(field));
    if (members.length === 0) members.push(Object.assign(fieldOf("other", 99, scalars[13]!), { oneofIndex: 0 }));
    message.field = random.below(2) === 0 ? [...members, ...rest] : [...rest, ...members];
  }
  synthesize(message, syntax);
  groupRules(random, message);
  return message;
}

function fieldOf(name: string, number: number, { type, typeName }: FieldType): FieldDescriptorProto {
  const field = create(FieldDescriptorProtoSchema, { name, number, type, label: Label.OPTIONAL });
  if (typeName !== undefined) field.typeName = typeName;
  return field;
}

function jsType(random: Random, field: FieldDescriptorProto, { type, kind }: FieldType): void {
  if (type === Type.MESSAGE || !longKinds.has(kind ?? "") || random.below(4) > 0) return;
  field.options = create(FieldOptionsSchema, { jstype: JsType.JS_STRING });
}

function setRules(field: FieldDescriptorProto, rules: FieldRules | undefined): void {
  if (rules === undefined) return;
  const options = field.options ?? create(FieldOptionsSchema);
  setExtension(options, fieldExtension, rules);
  field.options = options;
}

function singularPresence(
  random: Random,
  field: FieldDescriptorProto,
  { type, kind }: FieldType,
  syntax: Syntax,
): void {
  const roll = random.below(3);
  if (syntax === "proto2") {
    if (roll === 0 && type !== Type.MESSAGE) field.label = Label.REQUIRED;
    const defaults: Partial<Record<RuleKind, string>> = {
      string: "ab",
      int32: "7",
      bool: "true",
      enum: "KIND_1",
      bytes: "x",
    };
    const stated = kind !== undefined && type !== Type.MESSAGE ? defaults[kind] : undefined;
    if (roll === 1 && stated !== undefined) field.defaultValue = stated;
    return;
  }
  if (syntax === "proto3") {
    if (roll === 0 && type !== Type.MESSAGE) field.proto3Optional = true;
    return;
  }
  const isOwn = field.typeName.startsWith(`.${packageName}`) && type === Type.MESSAGE;
  if (roll > 0 || (type === Type.MESSAGE && !isOwn)) return;
  const options = field.options ?? create(FieldOptionsSchema);
  options.features = create(FieldOptionsSchema, {
    features: isOwn ? { messageEncoding: Encoding.DELIMITED } : { fieldPresence: Presence.IMPLICIT },
  }).features!;
  field.options = options;
}

/** Adds the oneofs that stand for proto3's `optional`; they come behind the real ones. */
function synthesize(message: ReturnType<typeof randomMessage>, syntax: Syntax): void {
  if (syntax !== "proto3") return;
  for (const field of message.field) {
    if (!field.proto3Optional) continue;
    field.oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push({ $typeName: "google.protobuf.OneofDescriptorProto", name: `_${field.name}` });
  }
}

function groupRules(random: Random, message: ReturnType<typeof randomMessage>): void {
  if (random.below(4) > 0) return;
  const fields = message.field.map(({ name }) => name).filter(() => random.below(2) === 0);
  if (fields.length === 0) return;
  const options = create(MessageOptionsSchema);
  const rules = create(MessageRulesSchema, { oneof: [{ fields, required: random.below(2) === 0 }] });
  setExtension(options, messageExtension, rules);
  message.options = options;
}

/** Every type of a field that takes rules, and a message that takes none. */
export const fieldTypes: readonly FieldType[] = [
  ...new Map(scalars.map((scalar) => [scalar.type, scalar])).values(),
  ...wellKnown,
  { type: Type.ENUM, typeName: `.${packageName}.Kind`, kind: "enum" },
  { type: Type.MESSAGE, typeName: `.${packageName}.Plain`, kind: undefined },
];

/** A field with rules, for a message of its own. */
export interface RuledField {
  readonly type: FieldType;
  readonly shape: "singular" | "list" | "map";
  readonly rules: FieldRules;
}

/** A file with a message M0, M1, … for each field; the field is called `value`. */
export function schemaOf(fields: readonly RuledField[]): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, {
    name: "fuzz/v1/fuzz.proto",
    package: packageName,
    dependency: imports.map(({ name }) => name),
    syntax: "proto3",
    enumType: [create(EnumDescriptorProtoSchema, { name: "Kind", value: [{ name: "KIND_0", number: 0 }] })],
    messageType: [
      create(DescriptorProtoSchema, { name: "Plain" }),
      ...fields.map((field, i) => messageWith(`M${i}`, field)),
    ],
  });
}

function messageWith(name: string, { type, shape, rules }: RuledField): DescriptorProto {
  const field = fieldOf("value", 1, type);
  const message = create(DescriptorProtoSchema, { name, field: [field] });
  if (shape !== "singular") field.label = Label.REPEATED;
  if (shape === "map") {
    field.type = Type.MESSAGE;
    field.typeName = `.${packageName}.${name}.ValueEntry`;
    const entry = [fieldOf("key", 1, { type: Type.STRING, kind: "string" }), fieldOf("value", 2, type)];
    message.nestedType.push(
      create(DescriptorProtoSchema, { name: "ValueEntry", field: entry, options: { mapEntry: true } }),
    );
  }
  setRules(field, rules);
  return message;
}
