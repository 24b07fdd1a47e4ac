// Packages that are too large to be dependencies: a script that needs them has them installed into a folder of .cache.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../corpus/root.js";

/** A set of packages, pinned, so that what tests say of them stays true. */
export class CachedPackages<Name extends string> {
  /** Their folder has a `node_modules`. */
  readonly folder: string;
  readonly #versions: Readonly<Record<Name, string>>;

  /**
   * @param name of the folder below `.cache`.
   * @param versions by the name under which a package is installed: `1.2.3`, or `npm:other@1.2.3`.
   */
  constructor(name: string, versions: Readonly<Record<Name, string>>) {
    this.folder = join(root, ".cache", name);
    this.#versions = versions;
  }

  /** Where a package is, or undefined when it is not installed. */
  find(name: Name): string | undefined {
    const path = join(this.folder, "node_modules", name);
    const manifest = join(path, "package.json");
    if (!existsSync(manifest)) return undefined;
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    return this.#versions[name].endsWith(version) ? path : undefined;
  }

  /**
   * Installs what is missing.
   *
   * @returns why it cannot be done, such as without a network; undefined when all is there.
   */
  install(): string | undefined {
    const names = Object.keys(this.#versions) as Name[];
    if (names.every((name) => this.find(name) !== undefined)) return undefined;
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ private: true, dependencies: this.#versions }));
    // Scripts of packages do not run, and their ranges of Node do not matter.
    const args = [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--no-package-lock",
      "--engine-strict=false",
    ];
    try {
      execFileSync("npm", args, { cwd: this.folder, stdio: "pipe", encoding: "utf8", timeout: 300_000 });
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
      return `npm cannot install ${names.join(", ")}: ${said.split("\n").find((line) => line.includes("error")) ?? said}`;
    }
    const missing = names.filter((name) => this.find(name) === undefined);
    return missing.length === 0 ? undefined : `npm did not install ${missing.join(", ")}`;
  }
}
