import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { generate } from "../../../generator/generate.js";
import { generatePieces } from "../../../generator/pipeline.js";
import { fileName } from "../../../generator/model/descriptor/read.js";
import { readRequest } from "../../../generator/request.js";
import * as rules from "../../../generator/rules.js";
import { cases, compile } from "../../golden/case.js";

function pieces(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  generatePieces(
    readRequest(bytes),
    rules,
    () => undefined,
    (piece) => parts.push(piece),
  );
  return Buffer.concat(parts);
}

describe("a request", () => {
  const chosen = cases.filter(({ name }) => ["comments", "nested", "editions", "bad-host"].includes(name));

  test.each(chosen)("$name: what is read from bytes gives what the message gives", async (golden) => {
    const request = compile(golden);
    const bytes = toBinary(CodeGeneratorRequestSchema, request);
    const read = readRequest(bytes);
    expect(read.parameter).toBe(request.parameter);
    expect(read.fileToGenerate).toEqual(request.fileToGenerate);
    expect(read.protoFile.map(fileName)).toEqual(request.protoFile.map(({ name }) => name));

    const whole = generate(request);
    const answered = fromBinary(CodeGeneratorResponseSchema, pieces(bytes));
    expect(answered.error).toBe(whole.error);
    if (whole.error !== "") return;
    expect(toBinary(CodeGeneratorResponseSchema, { ...answered, file: [] })).toEqual(
      toBinary(CodeGeneratorResponseSchema, { ...whole, file: [] }),
    );
    expect(answered.file.map(({ name, content }) => [name, content])).toEqual(
      whole.file.map(({ name, content }) => [name, content]),
    );
  });

  test("whose source information comes in two parts has both", async () => {
    const request = compile(cases.find(({ name }) => name === "comments")!);
    const bytes = toBinary(CodeGeneratorRequestSchema, request);
    const last = request.protoFile.at(-1)!;
    const [first, second] = [0, 1].map((half) => {
      const location = last.sourceCodeInfo!.location.filter((_, i) => i % 2 === half);
      return create(FileDescriptorProtoSchema, { sourceCodeInfo: { location } });
    });
    const bare = { ...last, sourceCodeInfo: undefined };
    const split = Buffer.concat([first!, bare, second!].map((part) => toBinary(FileDescriptorProtoSchema, part)));
    const head = toBinary(CodeGeneratorRequestSchema, { ...request, protoFile: request.protoFile.slice(0, -1) });
    const field = [0x7a];
    for (let rest = split.length; ; rest >>>= 7) {
      field.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    const parts = pieces(Buffer.concat([head, Uint8Array.from(field), split]));
    const comments = (text: Uint8Array): string[] =>
      fromBinary(CodeGeneratorResponseSchema, text).file.map((f) => f.content);
    expect(comments(parts)).toEqual(comments(pieces(bytes)));
  });

  test("cut off anywhere is refused, or is a shorter one", async () => {
    const bytes = toBinary(CodeGeneratorRequestSchema, compile(cases.find(({ name }) => name === "nested")!));
    let refused = 0;
    for (let length = 1; length < bytes.length; length += 97) {
      try {
        pieces(bytes.subarray(0, length));
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(Error);
        expect(String(error)).not.toMatch(/TypeError|is not a function|undefined/);
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 97 / 2);
  });

  test("with source information that is none is a mistake, not a fault", () => {
    const file = create(FileDescriptorProtoSchema, { name: "a.proto", syntax: "proto3" });
    const descriptor = Buffer.concat([toBinary(FileDescriptorProtoSchema, file), Uint8Array.of(0x4a, 2, 0x0a, 0x7f)]);
    const name = Buffer.from("a.proto");
    const request = Buffer.concat([
      Uint8Array.of(0x0a, name.length),
      name,
      Uint8Array.of(0x7a, descriptor.length),
      descriptor,
    ]);
    const { error } = fromBinary(CodeGeneratorResponseSchema, pieces(request));
    expect(error).toBe("the message ends inside a field");
  });
});
