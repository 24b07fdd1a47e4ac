import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import type { PluginEntry } from "./template.js";

/** Where plugins are looked for. */
export interface PluginSearch {
  readonly cwd: string;
  /** The folder of our own package. */
  readonly packageRoot: string;
}

/** A plugin by its own name, with the package that brings it and who comes first when both the user and we have it. */
const scripts: Readonly<Record<string, { readonly package: string; readonly prefer: "user" | "own" }>> = {
  "protoc-gen-es": { package: "@bufbuild/protoc-gen-es", prefer: "user" },
  "protoc-gen-crucible": { package: "crucible-gen", prefer: "own" },
};

/**
 * The command for the `local` of a plugin that was named without a path: this Node with the plugin's script. It needs no
 * `node_modules/.bin` on the search path, so it also works under pnpm, in an empty folder and on Windows.
 *
 * @returns undefined for other plugins, which buf finds by the search path or not at all.
 */
export function pluginCommand({ entry, name }: PluginEntry, search: PluginSearch): readonly string[] | undefined {
  const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
  if (entry["local"] === undefined || script === undefined) return undefined;
  const own = join(search.packageRoot, "package.json");
  const user = join(search.cwd, "package.json");
  for (const from of script.prefer === "own" ? [own, user] : [user, own]) {
    const path = scriptOf(script.package, name, from);
    if (path !== undefined) return [process.execPath, path];
  }
  return undefined;
}

/** The search path for programs with the `.bin` of every `node_modules` above the working directory put first. */
export function searchPath({ cwd }: PluginSearch, inherited: string): string {
  const folders: string[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    const bin = join(folder, "node_modules", ".bin");
    if (existsSync(bin)) folders.push(bin);
    if (dirname(folder) === folder) return [...folders, inherited].join(delimiter);
  }
}

function scriptOf(packageName: string, bin: string, from: string): string | undefined {
  try {
    // A package may resolve itself by name only when it has `exports`; ours is asked for from its own folder.
    const manifest = isPackage(from, packageName) ? from : createRequire(from).resolve(`${packageName}/package.json`);
    const bins = (JSON.parse(readFileSync(manifest, "utf8")) as { bin?: Record<string, string> }).bin;
    const path = bins?.[bin] === undefined ? undefined : join(dirname(manifest), bins[bin]);
    return path !== undefined && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function isPackage(manifest: string, name: string): boolean {
  return existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === name;
}
