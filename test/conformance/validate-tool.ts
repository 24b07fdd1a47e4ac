// protovalidate-conformance, the official suite of buf.validate: a program in Go, built once into .cache.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The version of the suite. */
export const version = "v1.2.2";

const built = fileURLToPath(new URL(`../../.cache/protovalidate-conformance-${version}`, import.meta.url));

/** Where the program is: PROTOVALIDATE_CONFORMANCE, what `npm run conformance:validate` built, or in the PATH. */
export function findTool(): string | undefined {
  const named = process.env["PROTOVALIDATE_CONFORMANCE"];
  if (named !== undefined) return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return [built, ...folders.map((folder) => join(folder, "protovalidate-conformance"))].find((path) =>
    existsSync(path),
  );
}

/**
 * Downloads the program's source through Go's proxy and builds it.
 *
 * @throws Error when there is no Go, or no way to the proxy.
 */
export function buildTool(): string {
  if (existsSync(built)) return built;
  const module = `github.com/bufbuild/protovalidate/tools@${version}`;
  const { stdout, error } = spawnSync("go", ["mod", "download", "-json", module], { encoding: "utf8" });
  if (error !== undefined) throw new Error(`go is not installed, which ${module} is written in: ${error.message}`);
  const { Dir: dir, Error: problem } = JSON.parse(stdout) as { Dir?: string; Error?: string };
  if (dir === undefined) throw new Error(`${module} cannot be downloaded: ${problem ?? "go says nothing"}`);
  const env = { ...process.env, GOFLAGS: "-buildvcs=false -mod=readonly", GOWORK: "off" };
  execFileSync("go", ["build", "-o", built, "./protovalidate-conformance"], { cwd: dir, env, stdio: "inherit" });
  return built;
}
