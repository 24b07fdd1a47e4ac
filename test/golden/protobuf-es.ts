import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { clone, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
} from "@bufbuild/protobuf/wkt";

/** What the program protoc-gen-es runs; started anew for each request it would take longer to load than to answer. */
interface Program {
  readonly protocGenEs: { run(request: CodeGeneratorRequest): CodeGeneratorResponse };
}

const require = createRequire(import.meta.url);
const manifest = require.resolve("@bufbuild/protoc-gen-es/package.json");
let program: Program | undefined;

/** Has protoc-gen-es answer the same request, with the options that ours are made for and the imports generated too. */
export function generateProtobufEs(request: CodeGeneratorRequest): CodeGeneratorResponse {
  const own = clone(CodeGeneratorRequestSchema, request);
  own.parameter = "target=ts,import_extension=js,erasable_syntax=true";
  own.fileToGenerate = own.protoFile
    .map((file) => file.name)
    .filter((name) => !name.startsWith("google/protobuf/") || request.fileToGenerate.includes(name));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module without declarations that can be found.
  program ??= require(join(dirname(manifest), "dist/cjs/src/protoc-gen-es-plugin.js")) as Program;
  return program.protocGenEs.run(fromBinary(CodeGeneratorRequestSchema, toBinary(CodeGeneratorRequestSchema, own)));
}
