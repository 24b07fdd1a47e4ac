// The door for buf and protoc: a CodeGeneratorRequest on stdin, a CodeGeneratorResponse on stdout.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
} from "@bufbuild/protobuf/wkt";
import { formatNote } from "./errors.js";
import { generate } from "./generate.js";

/** Reads one request, writes one response. What is not a request gets one line on stderr and exit code 1. */
export async function runPlugin(): Promise<void> {
  if (process.stdin.isTTY) {
    fail(
      "is started by buf or protoc and reads their request on stdin; to generate by hand, run crucible-gen generate",
    );
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  let request: CodeGeneratorRequest;
  try {
    request = fromBinary(CodeGeneratorRequestSchema, Buffer.concat(chunks));
  } catch {
    fail("found no CodeGeneratorRequest on stdin; it is started by buf or protoc");
    return;
  }
  // A response has no room for notes; buf and protoc pass on what a plugin prints.
  const response = generate(request, (note) => process.stderr.write(`${formatNote(note)}\n`));
  process.stdout.write(toBinary(CodeGeneratorResponseSchema, response));
}

function fail(message: string): void {
  process.stderr.write(`protoc-gen-crucible ${message}\n`);
  process.exitCode = 1;
}
