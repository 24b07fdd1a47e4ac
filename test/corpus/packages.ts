// Packages that carry real schema trees, and compilers of other versions: too large to be dependencies, so they are
// installed beside the repository's own when a script asks for them.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.js";

/** Pinned, so that the counts of files and what they hold stay what tests say. */
const versions = {
  "google-proto-files": "6.0.1",
  "@grpc/grpc-js-xds": "1.14.1",
  "@temporalio/proto": "1.24.0",
  "@protobuf-ts/plugin": "2.11.1",
  "typescript-5.4": "npm:typescript@5.4.5",
  "typescript-5.8": "npm:typescript@5.8.3",
  "typescript-6": "npm:typescript@6.0.3",
} as const;

/** A package by the name under which it is installed. */
export type CorpusPackage = keyof typeof versions;

const folder = join(root, ".cache/corpus");

/** Where a package is, or undefined when it is not installed. */
export function findPackage(name: CorpusPackage): string | undefined {
  const path = join(folder, "node_modules", name);
  const manifest = join(path, "package.json");
  if (!existsSync(manifest)) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return versions[name].endsWith(version) ? path : undefined;
}

/**
 * Installs what is missing.
 *
 * @returns why it cannot be done, such as without a network; undefined when all is there.
 */
export function installPackages(): string | undefined {
  const names = Object.keys(versions) as CorpusPackage[];
  if (names.every((name) => findPackage(name) !== undefined)) return undefined;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: versions }));
  // Scripts of packages do not run, and their ranges of Node do not matter: nothing of them is started but compilers.
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--engine-strict=false"];
  try {
    execFileSync("npm", args, { cwd: folder, stdio: "pipe", encoding: "utf8", timeout: 300_000 });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    return `npm cannot install the corpora: ${said.split("\n").find((line) => line.includes("error")) ?? said}`;
  }
  const missing = names.filter((name) => findPackage(name) === undefined);
  return missing.length === 0 ? undefined : `npm did not install ${missing.join(", ")}`;
}
