// Which program `crucible-gen dev` runs, and what has to be watched for it.
import { existsSync, statSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { mistake } from "../errors.js";
import { listFiles, isSourceFolder } from "../output/list.js";
import { readFileSync } from "node:fs";
import type { Watched } from "./watch.js";

/** From this version on Node runs TypeScript as it is (it takes the types away). */
const stripsTypes = [22, 18] as const;

/**
 * The program to run when none is named: the only file below `src` that serves a plugin, run by Node as it is.
 *
 * @param nodeVersion of the Node that runs it, such as `22.18.0`.
 * @throws GeneratorError when there is not one such file, or Node cannot run it.
 */
export function sourceProgram(cwd: string, nodeVersion: string): readonly [string, ...string[]] {
  const files = listFiles(join(cwd, "src"), isSourceFolder).filter(
    (path) => /\.[cm]?ts$/.test(path) && /\bserve\(/.test(readFileSync(path, "utf8")),
  );
  const [file, other] = files;
  const next = 'name the program, as in crucible-gen dev --build "npx tsc" -- node dist/src/plugin.js';
  if (file === undefined) throw mistake(`no file below src serves a plugin: ${next}`);
  if (other !== undefined) throw mistake(`${files.length} files below src serve plugins: ${next}`);
  const shown = relative(cwd, file).split(sep).join("/");
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  if (major < stripsTypes[0] || (major === stripsTypes[0] && minor < stripsTypes[1])) {
    throw mistake(`Node ${nodeVersion} does not run ${shown} as it is (22.18 does): ${next}`);
  }
  // Node takes types away and changes no import: `./x.js` has to be there as such.
  const importsJs = /from\s+["'](\.{1,2}\/[^"']+)\.js["']/.exec(readFileSync(file, "utf8"))?.[1];
  if (importsJs !== undefined && !existsSync(resolve(file, "..", `${importsJs}.js`))) {
    throw mistake(
      `${shown} imports ${basename(importsJs)}.js, which Node does not find without a build: set import_extension=ts in buf.gen.yaml for both plugins, or ${next}`,
    );
  }
  return [process.execPath, shown];
}

/** What to watch for a program: the top folders of the files among its words, within the project. */
export function programFiles(command: readonly string[], cwd: string): Watched[] {
  const tops = command.flatMap((word) => {
    const path = resolve(cwd, word);
    const inside = relative(cwd, path).split(sep);
    if (!existsSync(path) || !statSync(path).isFile() || inside[0] === ".." || inside.includes("node_modules"))
      return [];
    return [join(cwd, inside[0] ?? "")];
  });
  return [...new Set(tops)].map((path) => ({
    path,
    counts: (file) => /\.(?:[cm]?[jt]sx?|json|wasm|py|rb|go|rs)$/.test(file) || file === path,
  }));
}

/** A command that opens Node's debugger at its start, on that address. */
export function withInspector(
  command: readonly [string, ...string[]],
  address: string,
): { readonly command: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> } {
  const [program, ...args] = command;
  if (isNode(program)) return { command: [program, `--inspect=${address}`, ...args], env: {} };
  return { command, env: { NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --inspect=${address}`.trim() } };
}

/** Whether a program is Node itself, which opens its debugger on SIGUSR1. */
export function isNode(program: string): boolean {
  return program === process.execPath || /^node(?:\.exe)?$/.test(basename(program));
}
