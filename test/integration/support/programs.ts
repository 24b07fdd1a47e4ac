import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll } from "vitest";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
// Inside node_modules, so that what stays external is found from there; one folder for each process that runs tests.
const programs = fileURLToPath(new URL(`../../../node_modules/.cache/crucible-test/${process.pid}/`, import.meta.url));
const built = new Map<string, Promise<string>>();

afterAll(() => rmSync(programs, { recursive: true, force: true }));

/**
 * The path of a fixture as a program that plain Node runs, bundled from the sources of the runtime as they are now: what a
 * build has left would be tested otherwise.
 */
export function program(name: string): Promise<string> {
  let path = built.get(name);
  if (path === undefined) {
    path = bundle(name);
    built.set(name, path);
  }
  return path;
}

async function bundle(name: string): Promise<string> {
  mkdirSync(programs, { recursive: true });
  const outfile = join(programs, `${name}.mjs`);
  await build({
    entryPoints: [join(fixtures, `${name}.ts`)],
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
