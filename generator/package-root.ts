import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The name this package is published under. */
export const packageName: string = "crucible-gen";

/** What is read from the package.json of this package. */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/**
 * The folder that holds package.json, bin and proto of this package: the same from the sources and from the bundle, which
 * lie at different depths.
 *
 * @throws Error when the package was taken apart.
 */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (readManifest(folder)?.name === packageName) return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json of ${packageName} above ${import.meta.url}`);
    folder = parent;
  }
}

/** The version in package.json, such as `0.1.0`. */
export function packageVersion(): string {
  return readManifest(packageRoot())?.version ?? "unknown";
}

/** The part of our own package.json that others are made from. */
export interface OwnManifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  /** Version ranges by name. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Our own package.json, which is published as it is in the repository. */
export function ownManifest(): OwnManifest {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as OwnManifest;
}

function readManifest(folder: string): Manifest | undefined {
  const path = join(folder, "package.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Manifest) : undefined;
}
