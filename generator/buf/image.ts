// An image is what `buf build` writes: the descriptors of all files, each with a note whether it was only imported.
import { create, fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { fileName } from "../model/descriptor/read.js";
import { WireReader } from "../model/wire.js";

/** Number of the field that buf adds to a file (`buf.alpha.image.v1.ImageFileExtension`), and of `is_import` in it. */
const extensionNumber = 8042;
const isImportNumber = 1;

/** An image, read. */
export interface Image {
  /**
   * The request that a plugin would get: the files that were asked for are those to generate, without the notes. Its
   * files are not to be changed: {@link ImageReader} hands them out again.
   */
  readonly request: CodeGeneratorRequest;
  /** The encoded descriptors of its files, each where it lies. */
  readonly files: readonly Uint8Array[];
}

interface KnownFile {
  readonly bytes: Uint8Array;
  readonly file: FileDescriptorProto;
  readonly imported: boolean;
}

/** Reads images one after the other: what is in the next as it was in the last is not decoded again. */
export class ImageReader {
  #known: ReadonlyMap<string, KnownFile> = new Map();

  /** @throws Error when the bytes are no image. */
  read(bytes: Uint8Array): Image {
    const files = splitImage(bytes);
    const read = files.map((encoded) => {
      const known = this.#known.get(fileName(encoded));
      return known !== undefined && Buffer.compare(known.bytes, encoded) === 0 ? known : readImageFile(encoded);
    });
    this.#known = new Map(read.map((one) => [one.file.name, one]));
    const fileToGenerate = read.filter(({ imported }) => !imported).map(({ file }) => file.name);
    const protoFile = read.map(({ file }) => file);
    return { request: create(CodeGeneratorRequestSchema, { protoFile, fileToGenerate }), files };
  }
}

/**
 * An image as the request that a plugin would get.
 *
 * @throws Error when the bytes are none.
 */
export function readImage(bytes: Uint8Array): CodeGeneratorRequest {
  return new ImageReader().read(bytes).request;
}

function readImageFile(bytes: Uint8Array): KnownFile {
  const file = fromBinary(FileDescriptorProtoSchema, bytes);
  const imported = isImport(file);
  const others = file.$unknown?.filter(({ no }) => no !== extensionNumber);
  if (others !== undefined && others.length > 0) file.$unknown = others;
  else delete file.$unknown;
  return { bytes, file, imported };
}

const fileOfSet = (1 << 3) | 2;

function splitImage(bytes: Uint8Array): Uint8Array[] {
  const files: Uint8Array[] = [];
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === fileOfSet) files.push(reader.message());
    else reader.skip(tag);
  }
  return files;
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
