// Both packages as npm gets them, and a home of a user who installs them. Importing this packs nothing; `packBoth` does.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));
/** A home, with nothing in it but the tarballs; gone with {@link removeHome}. */
export const home: string = mkdtempSync(join(tmpdir(), "crucible-package-"));

/** What `npm pack --json` says. */
export interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** The tarballs. */
export interface Both {
  readonly generator: Packed;
  readonly runtime: Packed;
  /** Where they are. */
  readonly paths: readonly [generator: string, runtime: string];
}

/** Packs the generator and the runtime into {@link home}. */
export function packBoth(): Both {
  const pack = (...where: string[]): Packed => {
    const args = ["pack", "--json", "--pack-destination", home, ...where];
    const answer = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return (JSON.parse(answer) as [Packed])[0];
  };
  const generator = pack();
  const runtime = pack("-w", "crucible-runtime");
  return { generator, runtime, paths: [join(home, generator.filename), join(home, runtime.filename)] };
}

/** Removes everything. */
export function removeHome(): void {
  rmSync(home, { recursive: true, force: true });
}

/** The environment of that user: none of this one's folders but the cache of npm. */
export function environment(): NodeJS.ProcessEnv {
  const cache = execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8" }).trim();
  const none = { XDG_CONFIG_HOME: "", XDG_STATE_HOME: "", XDG_DATA_HOME: "" };
  return { ...process.env, ...none, HOME: home, npm_config_cache: cache };
}

/** Runs a program that has to succeed; its output. */
export function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", env: environment() });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? ""}${stdout}${stderr}`);
  return stdout;
}

/** `npm install`. */
export function install(cwd: string, ...packages: string[]): void {
  run(cwd, "npm", "install", "--no-audit", "--no-fund", ...packages);
}

/** Writes files below the home and returns the folder. */
export function makeProject(name: string, files: Readonly<Record<string, string>>): string {
  const dir = join(home, name);
  for (const [path, text] of Object.entries({ "package.json": '{"type": "module"}', ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

/** Copies an example into the home as a user would, without what was installed or built, and returns the folder. */
export function copyExample(name: string): string {
  const dir = join(home, name);
  cpSync(join(root, "examples", name), dir, {
    recursive: true,
    filter: (path) => !["dist", "node_modules"].includes(basename(path)),
  });
  return dir;
}

/** Every file below a folder with its content. */
export function read(dir: string): Record<string, string> {
  const paths = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((path) =>
    lstatSync(join(dir, path)).isFile(),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(dir, path), "utf8")]));
}
