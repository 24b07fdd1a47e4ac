import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { clone, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
} from "@bufbuild/protobuf/wkt";
import { root } from "./case.js";

/** Has protoc-gen-es answer the same request, with the options that ours are made for and the imports generated too. */
export function generateProtobufEs(request: CodeGeneratorRequest): CodeGeneratorResponse {
  const own = clone(CodeGeneratorRequestSchema, request);
  own.parameter = "target=ts,import_extension=js,erasable_syntax=true";
  own.fileToGenerate = own.protoFile.map((file) => file.name).filter((name) => !name.startsWith("google/protobuf/"));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
    { input: toBinary(CodeGeneratorRequestSchema, own), maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0) throw new Error(stderr.toString());
  return fromBinary(CodeGeneratorResponseSchema, stdout);
}
