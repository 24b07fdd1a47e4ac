// Projects in temporary folders, and crucible-gen as a user would have it installed: the bundle, the launchers and proto/,
// and nothing else of this repository.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { runCli } from "../../../generator/cli.js";
import { commandModule, sharedBundle } from "../../support/bundle.js";

export const root: string = fileURLToPath(new URL("../../../", import.meta.url));

/** What a run of the command left behind. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with crucible-gen in its node_modules, and room for projects below. */
export class Lab {
  readonly dir: string = mkdtempSync(join(tmpdir(), "crucible-generate-"));
  /** Where the runs put their temporary folders: empty after each. */
  readonly temporary: string = join(this.dir, "tmp");
  readonly #launcher: string;

  /** @param layout `flat` as npm lays packages out, `strict` as pnpm does. */
  constructor(layout: "flat" | "strict" = "flat") {
    mkdirSync(this.temporary);
    const modules = join(this.dir, "node_modules");
    const home = layout === "flat" ? modules : join(modules, ".pnpm/crucible-gen@0.1.0/node_modules");
    const own = join(home, "crucible-gen");
    mkdirSync(join(own, "generator"), { recursive: true });
    cpSync(sharedBundle(), join(own, "generator/dist"), { recursive: true });
    for (const path of ["generator/bin", "proto", "package.json"]) {
      cpSync(join(root, path), join(own, path), { recursive: true });
    }
    if (layout === "flat") symlinkSync(join(root, "node_modules/@bufbuild"), join(home, "@bufbuild"));
    else {
      layOutStrictly(modules, home);
      symlinkSync(own, join(modules, "crucible-gen"));
    }
    this.#launcher = join(modules, "crucible-gen/generator/bin/crucible-gen.js");
  }

  /** Writes files below the lab and returns the folder. */
  project(name: string, files: Readonly<Record<string, string>>): string {
    const dir = join(this.dir, name);
    mkdirSync(dir, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    return dir;
  }

  /**
   * Runs `crucible-gen` in a folder, with nothing of this machine on its search path but the system's own. It is the command
   * as it is installed, but in this process, where it is loaded once: to start it takes longer than most of what it does.
   */
  async run(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    const module = pathToFileURL(join(dirname(this.#launcher), "../dist", commandModule)).href;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the module is made of that file.
    const command = ((await import(module)) as { readonly runCli: typeof runCli }).runCli;
    const told = { stdout: "", stderr: "" };
    const own = { PATH: "/usr/bin:/bin", HOME: this.dir, TMPDIR: this.temporary, ...env };
    // The one variable that Node itself asks for.
    const { TMPDIR: before } = process.env;
    process.env["TMPDIR"] = own.TMPDIR;
    try {
      const code = await command(args, {
        cwd,
        env: own,
        stdin: Readable.from([]),
        stdout: { write: (text) => (told.stdout += text) },
        stderr: { write: (text) => (told.stderr += text) },
        signal: new AbortController().signal,
      });
      return { code, ...told };
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
  }

  /** `generate`, which has to go well. */
  async generate(cwd: string, ...args: string[]): Promise<Report> {
    const { code, stdout, stderr } = await this.run(cwd, ["generate", "--json", ...args]);
    if (code !== 0) throw new Error(`exit code ${code}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as Report;
  }

  /** The launcher, for tests that start it themselves. */
  get launcher(): string {
    return this.#launcher;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What `generate --json` prints. */
export interface Report {
  readonly config: { readonly path: string; readonly written: boolean };
  readonly written: readonly string[];
  readonly unchanged: number;
  readonly deleted: readonly string[];
  readonly skeletons: readonly string[];
  readonly merged: readonly {
    readonly path: string;
    readonly added: readonly string[];
    readonly adjusted: readonly string[];
  }[];
  readonly moved: readonly { readonly path: string; readonly from: string }[];
  readonly conflicts: readonly object[];
  readonly notes: readonly string[];
}

/** Every file below a folder with its content, by path; `node_modules` left out. */
export function read(dir: string): Record<string, string> {
  const paths = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter((path) => !path.split("/").includes("node_modules"))
    .toSorted();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(dir, path), "utf8")]));
}

/** Every package sees its own dependencies only, through links, and lies where only its realpath shows. */
function layOutStrictly(modules: string, home: string): void {
  mkdirSync(join(home, "@bufbuild"), { recursive: true });
  const store = join(modules, ".pnpm/@bufbuild+buf@1.75.0/node_modules/@bufbuild");
  mkdirSync(store, { recursive: true });
  for (const name of readdirSync(join(root, "node_modules/@bufbuild")).filter((one) => /^buf(?:-|$)/.test(one))) {
    cpSync(join(root, "node_modules/@bufbuild", name, "package.json"), join(store, name, "package.json"));
    const bin = join(root, "node_modules/@bufbuild", name, "bin");
    if (existsSync(bin)) symlinkSync(bin, join(store, name, "bin"));
  }
  symlinkSync(join(store, "buf"), join(home, "@bufbuild/buf"));
  for (const name of ["protobuf", "protoc-gen-es"]) {
    symlinkSync(join(root, "node_modules/@bufbuild", name), join(home, "@bufbuild", name));
  }
}
