import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import type { Node } from "../nodes.js";

/** A plugin of protoc to measure. */
export interface Plugin {
  readonly name: string;
  /** The script that Node runs. */
  readonly script: string;
  readonly parameter: string;
}

/** What one run took. */
export interface Usage {
  /** From the start of the process to its end, with request and response. */
  readonly wallSeconds: number;
  /** On all processors, the garbage collector's and the compiler's threads included. */
  readonly cpuSeconds: number;
  /** The most that the process held at once. */
  readonly rssBytes: number;
}

const preload = fileURLToPath(new URL("usage.cjs", import.meta.url));

/**
 * Runs a plugin as buf does under `strategy: all`: one process, the whole request on stdin.
 *
 * @throws Error when it does not answer with files.
 */
export function runPlugin(node: Node, { name, script, parameter }: Plugin, request: Uint8Array): Promise<Usage> {
  const input = Buffer.concat([
    request,
    toBinary(CodeGeneratorRequestSchema, create(CodeGeneratorRequestSchema, { parameter })),
  ]);
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(node.path, ["--require", preload, script], { stdio: ["pipe", "pipe", "inherit", "pipe"] });
    const output: Buffer[] = [];
    let told = "";
    let wallSeconds = 0;
    child.stdout!.on("data", (chunk: Buffer) => output.push(chunk));
    child.stdio[3]!.on("data", (chunk: Buffer) => (told += chunk.toString()));
    child.on("error", reject);
    child.on("exit", () => (wallSeconds = (performance.now() - start) / 1000));
    child.on("close", (code) => {
      const response = code === 0 ? fromBinary(CodeGeneratorResponseSchema, Buffer.concat(output)) : undefined;
      if (response === undefined || response.error !== "") {
        reject(new Error(`${name} failed: ${response?.error ?? `exit code ${code}`}`));
        return;
      }
      resolve({ wallSeconds, ...(JSON.parse(told) as Omit<Usage, "wallSeconds">) });
    });
    child.stdin!.end(input);
  });
}
