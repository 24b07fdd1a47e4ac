// The door for buf and protoc: a CodeGeneratorRequest on stdin, a CodeGeneratorResponse on stdout.
import { formatNote } from "./errors.js";
import { generatePieces, hasOptions } from "./pipeline.js";
import { printable } from "./printable.js";
import { type GeneratorRequest, readRequest } from "./request.js";

/** Reads one request, writes one response. What is not a request gets one line on stderr and exit code 1. */
export async function runPlugin(): Promise<void> {
  if (process.stdin.isTTY) {
    fail(
      "is started by buf or protoc and reads their request on stdin; to generate by hand, run crucible-gen generate",
    );
    return;
  }
  const bytes = await readInput();
  let request: GeneratorRequest;
  try {
    request = readRequest(bytes);
  } catch {
    fail("found no CodeGeneratorRequest on stdin; it is started by buf or protoc");
    return;
  }
  try {
    // A response has no room for notes; buf and protoc pass on what a plugin prints.
    // Each file leaves as it is made, so that no more than one is held.
    generatePieces(
      request,
      hasOptions(bytes) ? await import("./rules.js") : undefined,
      (note) => process.stderr.write(`${printable(formatNote(note))}\n`),
      (piece) => process.stdout.write(piece),
    );
  } catch (error) {
    // What has left is no response without the rest of it, and compilers see the exit code.
    const text = error instanceof Error ? error.message : String(error);
    if (process.env["CRUCIBLE_DEBUG"] === "1" && error instanceof Error)
      process.stderr.write(`${error.stack ?? text}\n`);
    fail(`has a fault: ${printable(text.slice(0, 500))} (report it with CRUCIBLE_DEBUG=1 set)`, 70);
  }
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function fail(message: string, exitCode = 1): void {
  process.stderr.write(`protoc-gen-crucible ${message}\n`);
  process.exitCode = exitCode;
}
