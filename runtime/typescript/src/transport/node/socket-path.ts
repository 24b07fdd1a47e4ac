import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { CrucibleError } from "../../error/index.js";

/** How many bytes the path of a socket may have: what the system's sockaddr_un holds, less the NUL at its end. */
export const maxPathBytes: number = process.platform === "linux" ? 107 : 103;

/** The shortest name that a socket beside the final one is bound to. */
const leastNameBytes = 6;
const mostNameBytes = 14;

/** Throws reason ADDRESS_INVALID when a socket cannot have this path. */
export function checkPathLength(path: string): void {
  const length = Buffer.byteLength(path);
  if (length > maxPathBytes) {
    throw new CrucibleError(
      "ADDRESS_INVALID",
      `socket path ${path} has ${length} bytes, the system allows ${maxPathBytes}; choose a shorter directory or name`,
    );
  }
  const room = maxPathBytes - Buffer.byteLength(dirname(path)) - 1;
  if (room < leastNameBytes) {
    throw new CrucibleError(
      "ADDRESS_INVALID",
      `the directory of socket path ${path} leaves ${room} bytes for a name of ${maxPathBytes}, ${leastNameBytes} are needed; choose a shorter one`,
    );
  }
}

/** A name that nobody else has, with `prefix`, for a socket in `directory`; as long as the path may be, at most 14. */
export function temporaryName(directory: string, prefix: string): string {
  const room = Math.min(mostNameBytes, maxPathBytes - Buffer.byteLength(directory) - 1);
  let name = prefix;
  while (name.length < room) name += Math.floor(Math.random() * 36).toString(36);
  return name;
}
