// Models are read from encoded descriptors. What protobuf-es makes of the same bytes says whether that is right.
import {
  create,
  createFileRegistry,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { GeneratorError } from "../../../../generator/errors.js";
import { modelOf } from "../../../../generator/generate.js";
import { defaultOf } from "../../../../generator/model/descriptor/default-value.js";
import type { EnumModel, ExtensionModel, FieldModel, MessageModel } from "../../../../generator/model/model.js";
import { Random } from "../../../fuzz/random.js";
import { allCases, compile } from "../../../golden/case.js";

const presences = { 1: "explicit", 2: "implicit", 3: "required" } as Readonly<Record<number, string>>;

function fieldOf(field: DescField | DescExtension): object {
  const isOne = field.fieldKind === "scalar" || field.fieldKind === "enum" || field.fieldKind === "message";
  return {
    name: field.name,
    number: field.number,
    jsonName: field.jsonName,
    cardinality: isOne ? "singular" : field.fieldKind,
    type: field.message?.typeName ?? field.enum?.typeName ?? field.scalar,
    mapKey: field.fieldKind === "map" ? field.mapKey : undefined,
    presence: presences[field.presence],
    packed: field.fieldKind === "list" && field.packed,
    delimited: "delimitedEncoding" in field && field.delimitedEncoding === true,
    utf8: field.utf8Validation,
    longAsString: "longAsString" in field && field.longAsString,
    defaultValue: isOne ? field.getDefaultValue() : undefined,
    oneof: field.oneof?.name,
    deprecated: field.deprecated,
  };
}

const scalars =
  "_ double float int64 uint64 int32 fixed64 fixed32 bool string _ _ bytes uint32 _ sfixed32 sfixed64 sint32 sint64".split(
    " ",
  );

function modelField(field: FieldModel | ExtensionModel): object {
  const { type } = field;
  return {
    name: field.name,
    number: field.number,
    jsonName: field.jsonName,
    cardinality: field.cardinality,
    type:
      type.kind === "scalar"
        ? scalars.indexOf(type.scalar)
        : type.kind === "enum"
          ? type.enum.fullName
          : type.message.fullName,
    mapKey: field.mapKey && scalars.indexOf(field.mapKey),
    presence: field.presence,
    packed: field.packed,
    delimited: field.delimited,
    utf8: field.utf8,
    longAsString: field.longAsString,
    defaultValue: field.defaultValue,
    oneof: field.kind === "field" ? field.oneof?.name : undefined,
    deprecated: field.deprecated,
  };
}

const enumOf = (desc: DescEnum): object => ({
  name: desc.typeName,
  open: desc.open,
  prefix: desc.sharedPrefix,
  values: desc.values.map(({ name, number, deprecated }) => [name, number, deprecated]),
});
const modelEnum = (model: EnumModel): object => ({
  name: model.fullName,
  open: model.open,
  prefix: model.sharedPrefix,
  values: model.values.map(({ name, number, deprecated }) => [name, number, deprecated]),
});

const messageOf = (desc: DescMessage): object => ({
  name: desc.typeName,
  fields: desc.fields.map(fieldOf),
  members: desc.members.map(({ name }) => name),
  oneofs: desc.oneofs.map(({ name }) => name),
  messages: desc.nestedMessages.map(messageOf),
  enums: desc.nestedEnums.map(enumOf),
  extensions: desc.nestedExtensions.map(fieldOf),
  extendable: desc.proto.extensionRange.length > 0,
  messageSet: desc.proto.options?.messageSetWireFormat ?? false,
});
const modelMessage = (model: MessageModel): object => ({
  name: model.fullName,
  fields: model.fields.map(modelField),
  members: model.members.map(({ name }) => name),
  oneofs: model.oneofs.map(({ name }) => name),
  messages: model.messages.map(modelMessage),
  enums: model.enums.map(modelEnum),
  extensions: model.extensions.map(modelField),
  extendable: model.extendable,
  messageSet: model.messageSet,
});

function registryOf({ protoFile }: CodeGeneratorRequest): FileRegistry {
  return createFileRegistry(create(FileDescriptorSetSchema, { file: protoFile }));
}

/** Cases whose options are all right: the others have no model. */
const good = allCases.filter(({ name }) => !name.startsWith("bad-") && name !== "unknown-option");

test.each(good)("$name: files, types and fields are those of protobuf-es", async (golden) => {
  const request = compile(golden);
  const registry = registryOf(request);
  const model = modelOf({ ...request, parameter: "" });
  expect(model.files.map(({ path }) => path)).toEqual(request.protoFile.map(({ name }) => name));
  for (const file of model.files) {
    const desc = registry.getFile(file.path) as DescFile;
    expect([file.basePath, file.package]).toEqual([desc.name, desc.proto.package]);
    expect(file.dependencies.map(({ path }) => path)).toEqual(desc.dependencies.map(({ proto }) => proto.name));
    expect(file.messages.map(modelMessage)).toEqual(desc.messages.map(messageOf));
    expect(file.enums.map(modelEnum)).toEqual(desc.enums.map(enumOf));
    expect(file.extensions.map(modelField)).toEqual(desc.extensions.map(fieldOf));
    expect(file.services.map(({ methods }) => methods.map(({ request: { fullName } }) => fullName))).toEqual(
      desc.services.map(({ methods }) => methods.map(({ input }) => input.typeName)),
    );
  }
});

/** The model of files that no compiler has made. */
function refusal(...protoFile: Partial<FileDescriptorProto>[]): string {
  const files = protoFile.map((file) => create(FileDescriptorProtoSchema, { syntax: "proto3", ...file } as object));
  try {
    modelOf(create(CodeGeneratorRequestSchema, { protoFile: files }));
    return "";
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    return error.message;
  }
}

describe("what does not fit together is a mistake of one line", () => {
  const message = (field: object): object => ({
    name: "a.proto",
    messageType: [{ name: "M", field: [{ name: "f", number: 1, ...field }] }],
  });
  test.each<[string, object]>([
    ["Cannot find b.proto, imported by a.proto", { name: "a.proto", dependency: ["b.proto"] }],
    ['a.proto: unsupported syntax "proto9"', { name: "a.proto", syntax: "proto9" }],
    ["a.proto: unsupported edition", { name: "a.proto", syntax: "editions", edition: 7 }],
    ['a.proto: invalid message name "a b"', { name: "a.proto", messageType: [{ name: "a b" }] }],
    ['a.proto: invalid field name "*/"', message({ name: "*/", type: 9 })],
    ["invalid FieldDescriptorProto: type_name .x.Y not found", message({ type: 11, typeName: ".x.Y" })],
    ["invalid FieldDescriptorProto: type_name .M not found", message({ type: 14, typeName: ".M" })],
    ["invalid FieldDescriptorProto: type 99 of f not found", message({ type: 99 })],
    ["invalid FieldDescriptorProto: oneof #3 for field #1 not found", message({ type: 9, oneofIndex: 3 })],
    ["cannot parse int64 default value: x", message({ type: 3, defaultValue: "x" })],
    [
      "invalid FieldDescriptorProto: extendee .N not found",
      { name: "a.proto", extension: [{ name: "e", number: 1, type: 9, extendee: ".N" }] },
    ],
    [
      "invalid MethodDescriptorProto: input_type .N not found",
      { name: "a.proto", service: [{ name: "S", method: [{ name: "m", inputType: ".N", outputType: ".N" }] }] },
    ],
  ])("%s", (text, file) => {
    expect(refusal(file)).toBe(text);
  });

  test("messages a thousand deep", () => {
    let nested: object = { name: "M" };
    for (let i = 0; i < 1000; i++) nested = { name: "M", nestedType: [nested] };
    expect(refusal({ name: "a.proto", messageType: [nested] } as object)).toBe("a.proto: messages are nested too deep");
  });
});

test("options that are groups are passed by", () => {
  // A group of field 60000 with a text in it, in the options of a field that is deprecated.
  const group = Uint8Array.of(0x83, 0xa6, 0x1d, 0x0a, 1, 0x61, 0x84, 0xa6, 0x1d);
  const options = Buffer.concat([group, Uint8Array.of(0x18, 1)]);
  const field = Buffer.concat([Uint8Array.of(0x0a, 1, 0x66, 0x18, 1, 0x28, 9, 0x42, options.length), options]);
  const message = Buffer.concat([Uint8Array.of(0x0a, 1, 0x4d, 0x12, field.length), field]);
  const file = Buffer.concat([
    Buffer.from("\u0000\u0007a.proto").fill(0x0a, 0, 1),
    Uint8Array.of(0x22, message.length),
    message,
  ]);
  const model = modelOf({ parameter: "", fileToGenerate: [], protoFile: [file] });
  expect(model.files[0]?.messages[0]?.fields[0]).toMatchObject({ name: "f", deprecated: true });
  expect(fromBinary(FileDescriptorProtoSchema, file).messageType[0]?.field[0]?.options?.deprecated).toBe(true);
});

test("bytes that were changed are a model or a mistake, and nothing else", async () => {
  const request = compile(allCases.find(({ name }) => name === "proto2")!);
  const files = request.protoFile.map((file) =>
    toBinary(FileDescriptorProtoSchema, { ...file, sourceCodeInfo: undefined }),
  );
  const random = new Random(7);
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const protoFile = files.map((file) => Uint8Array.from(file));
    const last = protoFile.at(-1)!;
    for (let i = random.below(3); i >= 0; i--) last[random.below(last.length)] = random.below(256);
    try {
      modelOf({ parameter: "", fileToGenerate: request.fileToGenerate, protoFile });
    } catch (error) {
      if (!(error instanceof GeneratorError)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(200);
  expect(refused).toBeLessThan(2000);
});

test("defaults of bytes: escapes as protoc writes them", () => {
  expect(defaultOf("bytes", String.raw`a\\\"\'\n\000\377\x41\t`)).toEqual(
    Uint8Array.of(97, 92, 34, 39, 10, 0, 255, 65, 9),
  );
  expect(() => defaultOf("bytes", "\\")).toThrow("cannot parse bytes default value");
});
