// A lab with everything installed that the package.json of a new repository asks for.
import { spawn } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { Lab, root, type Run } from "../generate/project.js";

export { read, root, type Run } from "../generate/project.js";

/** A lab whose projects can be compiled and run. */
export class InstalledLab extends Lab {
  constructor() {
    super();
    const modules = join(this.dir, "node_modules");
    symlinkSync(join(root, "runtime/typescript"), join(modules, "crucible-runtime"));
    for (const name of ["@types", "typescript"]) symlinkSync(join(root, "node_modules", name), join(modules, name));
  }

  /** Runs a program of Node that has to succeed; its output. */
  async node(cwd: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.start(cwd, args);
    if (code !== 0) throw new Error(`node ${args.join(" ")}: exit code ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Compiles a project. */
  async compile(cwd: string): Promise<void> {
    await this.node(cwd, join(root, "node_modules/typescript/bin/tsc"));
  }

  /** Runs `crucible-gen` with something to read. */
  command(cwd: string, args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return this.start(cwd, [this.launcher, ...args], input, env);
  }

  /** Runs Node to its end. */
  start(cwd: string, args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): Promise<Run> {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { PATH: "/usr/bin:/bin", HOME: this.dir, TMPDIR: this.temporary, ...env },
      timeout: 60_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
  }
}
