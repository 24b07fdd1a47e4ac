// An image is what `buf build` writes: the descriptors of all files, each with a note whether it was only imported.
import { create, fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

/** Number of the field that buf adds to a file (`buf.alpha.image.v1.ImageFileExtension`), and of `is_import` in it. */
const extensionNumber = 8042;
const isImportNumber = 1;

/** An image as the request that a plugin would get: the files that were asked for are those to generate, without the notes. */
export function readImage(bytes: Uint8Array): CodeGeneratorRequest {
  const { file } = fromBinary(FileDescriptorSetSchema, bytes);
  const fileToGenerate = file.filter((candidate) => !isImport(candidate)).map(({ name }) => name);
  for (const one of file) {
    const others = one.$unknown?.filter(({ no }) => no !== extensionNumber);
    if (others !== undefined && others.length > 0) one.$unknown = others;
    else delete one.$unknown;
  }
  return create(CodeGeneratorRequestSchema, { protoFile: file, fileToGenerate });
}

function isImport(file: FileDescriptorProto): boolean {
  const extension = file.$unknown?.find((field) => field.no === extensionNumber);
  if (extension === undefined) return false;
  const reader = new BinaryReader(extension.data);
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (field === isImportNumber) return reader.bool();
    reader.skip(wireType, field);
  }
  return false;
}
