import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { codeOf } from "../problem.js";

/** A file's content, or why there is none. */
export type ReadResult =
  { readonly text: string; readonly sizeBytes: number; readonly modified: Date } | { readonly problem: string };

/**
 * Reads a file of UTF-8 text. Nothing blocks, not even where a pipe has been put in the file's place, and no more than
 * the limit is read, however fast the file grows.
 */
export async function readText(path: string, maxBytes: number): Promise<ReadResult> {
  try {
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await file.stat();
    if (!stats.isFile()) return { problem: "is no file" };
    if (stats.size > maxBytes) return { problem: `has ${stats.size} bytes, more than the ${maxBytes} allowed` };
    const bytes = new Uint8Array(stats.size);
    let size = 0;
    while (size < bytes.length) {
      const { bytesRead } = await file.read(bytes, size, bytes.length - size, size);
      if (bytesRead === 0) break;
      size += bytesRead;
    }
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, size));
    return { text, sizeBytes: size, modified: stats.mtime };
  } catch (error) {
    if (codeOf(error) === "ERR_ENCODING_INVALID_ENCODED_DATA") return { problem: "is not UTF-8" };
    return { problem: `cannot be read (${codeOf(error)})` };
  }
}
