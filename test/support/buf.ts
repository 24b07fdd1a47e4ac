// The compiler of schemas, called as the program that it is: the command of its package is a script that starts it.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findBuf } from "../../generator/buf/binary.js";

const { platform, arch } = process;

/** The path of buf's program. */
export const bufProgram: string = findBuf({
  from: fileURLToPath(new URL("../../package.json", import.meta.url)),
  path: "",
  platform,
  arch,
});

/**
 * Runs buf in a folder.
 *
 * @returns what it prints.
 * @throws Error with what it says is wrong.
 */
export function runBuf(cwd: string, args: readonly string[]): Uint8Array {
  return execFileSync(bufProgram, args, { cwd, maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "pipe", "pipe"] });
}
