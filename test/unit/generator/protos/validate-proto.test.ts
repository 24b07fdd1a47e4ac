import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { clone, createRegistry, equals, fromBinary, toJson } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { afterAll, describe, expect, test } from "vitest";
import { renderProto } from "../../../../generator/protos/render.js";
import { renderValidateProto } from "../../../../generator/protos/validate-proto.js";
import { runBuf } from "../../../support/buf.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const path = "buf/validate/validate.proto";
const checkedIn = join(root, "proto", path);
const registry = createRegistry(file_buf_validate_validate);
const temporary = mkdtempSync(join(tmpdir(), "validate-proto-"));

afterAll(() => rmSync(temporary, { recursive: true }));

/** Compiles the checked-in file on its own. */
function compile(): FileDescriptorProto {
  mkdirSync(dirname(join(temporary, path)), { recursive: true });
  cpSync(checkedIn, join(temporary, path));
  const image = runBuf(temporary, ["build", "-o", "-#format=binpb", "--exclude-source-info"]);
  const { file } = fromBinary(FileDescriptorSetSchema, image);
  return file.find((one) => one.name === path)!;
}

/** Without what a compiler derives or leaves out: JSON names, and buf's own extension of the image. */
function essence(file: FileDescriptorProto): FileDescriptorProto {
  const copy = clone(FileDescriptorProtoSchema, file);
  for (const field of [...copy.messageType.flatMap((message) => message.field), ...copy.extension]) field.jsonName = "";
  delete copy.sourceCodeInfo;
  delete copy.$unknown;
  return copy;
}

describe("buf/validate/validate.proto", () => {
  // `UPDATE_GOLDEN=1 npx vitest run test/unit/generator/protos` writes it; review it with git diff.
  test("is what the descriptor in @bufbuild/protovalidate renders to", () => {
    const text = renderValidateProto();
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(checkedIn, text);
    // Not toBe, which would show thousands of lines.
    expect(readFileSync(checkedIn, "utf8") === text).toBe(true);
  });

  test("compiles to the descriptor that it was rendered from", () => {
    const [compiled, shipped] = [essence(compile()), essence(file_buf_validate_validate.proto)];
    const toText = (file: FileDescriptorProto) => toJson(FileDescriptorProtoSchema, file, { registry });
    expect(toText(compiled)).toEqual(toText(shipped));
    expect(equals(FileDescriptorProtoSchema, compiled, shipped, { registry, extensions: true })).toBe(true);
    expect(shipped.messageType.length).toBeGreaterThan(30);
  });
});

describe("renderProto", () => {
  test.each<[string, (file: FileDescriptorProto) => void]>([
    ["other syntaxes", (file) => (file.syntax = "proto3")],
    ["defaults", (file) => (file.messageType[0]!.field[0]!.defaultValue = "x")],
    ["nested types", (file) => file.messageType[0]!.nestedType.push(file.messageType[1]!)],
    [
      "options that nobody declares",
      (file) => (file.options!.$unknown = [{ no: 77_777, wireType: 0, data: new Uint8Array([1]) }]),
    ],
  ])("refuses %s", (_, change) => {
    const file = clone(FileDescriptorProtoSchema, file_buf_validate_validate.proto);
    change(file);
    expect(() => renderProto(file, registry, "")).toThrow(/cannot render|nobody declares/);
  });
});
