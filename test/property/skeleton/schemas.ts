// Schemas of one service, made without a compiler: random methods over messages that stay.
import { create } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  file_google_protobuf_empty,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import type { Random } from "../../fuzz/random.js";

/** A method as the schema has it. */
export interface Method {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}

const names = ["Get", "Put", "Watch", "Count", "Merge", "Close", "Delete", "GetAll", "Constructor"];
const messages = ["Note", "NoteList", "Query", "Promise", "Change"];
const types = [...messages.map((name) => `.acme.v1.${name}`), ".google.protobuf.Empty"];

function method(name: string, random: Random): Method {
  return {
    name,
    input: pick(types, random),
    output: pick(types, random),
    clientStreaming: random.below(4) === 0,
    serverStreaming: random.below(4) === 0,
  };
}

/** One of some. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)]!;
}

/** The methods of a first schema. */
export function firstMethods(random: Random): Method[] {
  return names
    .filter(() => random.below(2) === 0)
    .map((name) => method(name, random))
    .concat(method("Ping", random));
}

/** The methods of the next one: some gone, some other, some new, sometimes in another order. */
export function nextMethods(methods: readonly Method[], random: Random): Method[] {
  const kept = methods
    .filter(() => random.below(6) > 0)
    .map((one) => {
      const other = method(one.name, random);
      switch (random.below(5)) {
        case 0:
          return { ...one, input: other.input };
        case 1:
          return { ...one, output: other.output };
        case 2:
          return random.below(2) === 0 ? other : one;
        default:
          return one;
      }
    });
  const added = names.filter((name) => !methods.some((one) => one.name === name) && random.below(3) === 0);
  const all = [...kept, ...added.map((name) => method(name, random))];
  if (all.length === 0) all.push(method("Ping", random));
  if (random.below(4) === 0) all.reverse();
  return all;
}

/** The request of the compiler for acme/v1/notes.proto with these methods in its service Notes. */
export function requestOf(methods: readonly Method[]): CodeGeneratorRequest {
  const file: FileDescriptorProto = create(FileDescriptorProtoSchema, {
    name: "acme/v1/notes.proto",
    package: "acme.v1",
    syntax: "proto3",
    dependency: ["google/protobuf/empty.proto"],
    messageType: messages.map((name) => ({
      name,
      field: [{ name: "id", jsonName: "id", number: 1, type: Type.STRING, label: Label.OPTIONAL }],
    })),
    service: [
      {
        name: "Notes",
        method: methods.map(({ name, input, output, clientStreaming, serverStreaming }) => ({
          name,
          inputType: input,
          outputType: output,
          clientStreaming,
          serverStreaming,
        })),
      },
    ],
  });
  return create(CodeGeneratorRequestSchema, {
    protoFile: [file_google_protobuf_empty.proto, file],
    fileToGenerate: [file.name],
  });
}
