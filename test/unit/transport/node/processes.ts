import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** A process that runs child-program.ts. */
export interface Child {
  readonly pid: number;
  /** The next line it says. */
  line(): Promise<string>;
  /** Writes to its standard input. */
  tell(text: string): void;
  /** Sends a signal; resolves once the process has ended, when it is one that ends it. */
  kill(signal: "SIGKILL" | "SIGSTOP"): Promise<void>;
  ended(): Promise<void>;
}

/** A directory of its own, and processes in it. */
export class Processes {
  readonly directory: string = mkdtempSync(join(tmpdir(), "crucible-sockets-"));
  readonly #program: string = join(this.directory, "program.mjs");
  readonly #children: ChildProcessWithoutNullStreams[] = [];

  constructor() {
    buildSync({
      entryPoints: [fileURLToPath(new URL("child-program.ts", import.meta.url))],
      outfile: this.#program,
      bundle: true,
      format: "esm",
      platform: "node",
    });
  }

  /** A directory that does not exist yet. */
  fresh(): string {
    return join(mkdtempSync(join(this.directory, "t-")), "s");
  }

  start(task: string, path: string, startAtMs = 0): Child {
    const child = spawn(process.execPath, [this.#program, task, path, String(startAtMs)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#children.push(child);
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    };
    return {
      pid: child.pid!,
      ended,
      line: async () => String((await lines.next()).value),
      tell: (text) => void child.stdin.write(text),
      async kill(signal) {
        child.kill(signal);
        if (signal === "SIGKILL") await ended();
      },
    };
  }

  /** Ends every process and removes the directory. */
  dispose(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.directory, { recursive: true });
  }
}
