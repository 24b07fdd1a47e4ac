// Workers that use the insides of the runtime: bundled from its sources, since what is published has no door for them.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const folder = join(root, "node_modules/.cache/crucible-bench", String(process.pid));

/** The path of `test/bench/sessions/<name>.ts` as a program that plain Node runs. */
export async function bundleWorker(name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, `test/bench/sessions/${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["crucible-source"],
    external: ["jose", "koffi", "@bufbuild/*"],
    logLevel: "error",
  });
  return outfile;
}

/** Removes what was bundled. */
export function removeWorkers(): void {
  rmSync(folder, { recursive: true, force: true });
}
