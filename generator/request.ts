// A request of the compiler, read from its bytes.
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { WireReader } from "./model/wire.js";

/** What a compiler asks for. A CodeGeneratorRequest is one. */
export interface GeneratorRequest {
  readonly parameter: string;
  /** Paths of the files to generate. */
  readonly fileToGenerate: readonly string[];
  /** Every file that those need, imports first. */
  readonly protoFile: readonly FileDescriptorProto[];
  /** The encoded `SourceCodeInfo` of files whose descriptor was read without it. */
  readonly sourceInfo?: ReadonlyMap<FileDescriptorProto, Uint8Array>;
}

// Tags of google.protobuf.compiler.CodeGeneratorRequest and google.protobuf.FileDescriptorProto.
const inRequest = { fileToGenerate: (1 << 3) | 2, parameter: (2 << 3) | 2, protoFile: (15 << 3) | 2 } as const;
const sourceCodeInfo = (9 << 3) | 2;

/**
 * Reads a CodeGeneratorRequest. What the compiler recorded of the sources, more than half of the bytes, is left where
 * it lies: decoding it took half of the time that reading takes, and what is made of it is a few lines of each file.
 *
 * @throws Error when the bytes are none.
 */
export function readRequest(bytes: Uint8Array): GeneratorRequest {
  const fileToGenerate: string[] = [];
  const protoFile: FileDescriptorProto[] = [];
  const sourceInfo = new Map<FileDescriptorProto, Uint8Array>();
  let parameter = "";
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag !== inRequest.fileToGenerate && tag !== inRequest.parameter && tag !== inRequest.protoFile) {
      reader.skip(tag);
      continue;
    }
    const stop = reader.stop();
    const value = bytes.subarray(reader.at, stop);
    reader.at = stop;
    if (tag === inRequest.fileToGenerate) fileToGenerate.push(text.decode(value));
    else if (tag === inRequest.parameter) parameter = text.decode(value);
    else {
      const { rest, info } = splitFile(value);
      const file = fromBinary(FileDescriptorProtoSchema, rest);
      protoFile.push(file);
      if (info !== undefined) sourceInfo.set(file, info);
    }
  }
  return { parameter, fileToGenerate, protoFile, sourceInfo };
}

/** Parts the source information of a file from the rest of its descriptor. */
function splitFile(bytes: Uint8Array): { rest: Uint8Array; info: Uint8Array | undefined } {
  const rest: Uint8Array[] = [];
  const info: Uint8Array[] = [];
  const reader = new WireReader(bytes);
  let from = 0;
  while (!reader.done) {
    const start = reader.at;
    const tag = reader.varint();
    if (tag !== sourceCodeInfo) {
      reader.skip(tag);
      continue;
    }
    rest.push(bytes.subarray(from, start));
    from = reader.stop();
    info.push(bytes.subarray(reader.at, from));
    reader.at = from;
  }
  if (info.length === 0) return { rest: bytes, info: undefined };
  rest.push(bytes.subarray(from));
  // A message that comes twice is one with the fields of both.
  return { rest: Buffer.concat(rest), info: info.length === 1 ? info[0] : Buffer.concat(info) };
}
