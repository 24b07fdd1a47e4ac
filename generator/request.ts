// A request of the compiler, read from its bytes.
import { WireReader } from "./model/wire.js";

/** What a compiler asks for. */
export interface GeneratorRequest {
  readonly parameter: string;
  /** Paths of the files to generate. */
  readonly fileToGenerate: readonly string[];
  /** The encoded descriptor of every file that those need, imports first. */
  readonly protoFile: readonly Uint8Array[];
}

// Tags of google.protobuf.compiler.CodeGeneratorRequest.
const inRequest = { fileToGenerate: (1 << 3) | 2, parameter: (2 << 3) | 2, protoFile: (15 << 3) | 2 } as const;

/**
 * Reads a CodeGeneratorRequest. Descriptors are left where they lie.
 *
 * @throws Error when the bytes are none.
 */
export function readRequest(bytes: Uint8Array): GeneratorRequest {
  const fileToGenerate: string[] = [];
  const protoFile: Uint8Array[] = [];
  let parameter = "";
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === inRequest.fileToGenerate) fileToGenerate.push(text.decode(reader.message()));
    else if (tag === inRequest.parameter) parameter = text.decode(reader.message());
    else if (tag === inRequest.protoFile) protoFile.push(reader.message());
    else reader.skip(tag);
  }
  return { parameter, fileToGenerate, protoFile };
}
