import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

/** How to build. */
export interface BuildRequest {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Takes what it prints, a line at a time. */
  print(line: string): void;
}

/** Runs the build of a project to its end; what is wrong with it, or undefined. Aborting ends it with all it has started. */
export function runBuild({ command, cwd, env, signal, print }: BuildRequest): Promise<string | undefined> {
  const [file, ...args] = command;
  // As in an npm script, so that `tsc` is the project's own.
  const path = [join(cwd, "node_modules/.bin"), env["PATH"] ?? ""].join(delimiter);
  const child = spawn(file, args, {
    cwd,
    env: { ...env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") print(line);
    });
    stream.on("end", () => {
      if (rest.trim() !== "") print(rest);
    });
  }
  const kill = (): void => {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // It has ended already, or never began.
    }
  };
  signal.addEventListener("abort", kill, { once: true });
  return new Promise((resolve) => {
    const done = (problem: string | undefined): void => {
      signal.removeEventListener("abort", kill);
      resolve(problem);
    };
    child.once("error", (error: NodeJS.ErrnoException) => done(`${file} cannot be started (${error.code})`));
    child.once("close", (code, by) => done(code === 0 ? undefined : `${file} failed (${by ?? `exit code ${code}`})`));
  });
}
