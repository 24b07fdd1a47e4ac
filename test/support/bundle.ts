// The generator's bundle of the sources as they are, made once for all tests of a run.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The variable that names the folder in which it is made. */
export const bundleFolder = "CRUCIBLE_TEST_BUNDLE";
const generator = fileURLToPath(new URL("../../generator", import.meta.url));
const patienceMs = 120_000;

/** What is there besides the programs: the command as a module, which tests call without a process. */
export const commandModule = "cli.mjs";

/**
 * The folder of the bundle. Whoever comes first makes it; who comes meanwhile waits.
 *
 * @throws Error when it cannot be made.
 */
export function sharedBundle(): string {
  const parent = process.env[bundleFolder] ?? mkdtempSync(join(tmpdir(), "crucible-bundle-"));
  const dist = join(parent, "dist");
  const done = join(dist, "done");
  try {
    mkdirSync(dist);
  } catch {
    const lock = new Int32Array(new SharedArrayBuffer(4));
    for (const end = Date.now() + patienceMs; !existsSync(done); Atomics.wait(lock, 0, 0, 50)) {
      if (Date.now() > end) throw new Error("the bundle of the generator was not made by the test that began it");
    }
    return dist;
  }
  const program = `const [, generator, dist] = process.argv;
    const { bundle, buildProgram } = await import(generator + "/bundle.mjs");
    await bundle(dist);
    await buildProgram({ cli: generator + "/cli.ts" }, dist);`;
  execFileSync(process.execPath, ["--input-type=module", "-e", program, generator, dist]);
  writeFileSync(done, "");
  return dist;
}
