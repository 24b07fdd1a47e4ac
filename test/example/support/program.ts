import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the example. */
export const example: string = fileURLToPath(new URL("../../../examples/knowledge", import.meta.url));
/** Its vault of 20 notes. */
export const vault: string = join(example, "vault");
const main = join(example, "dist/src/main.js");

/** What a run has come to. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the example. */
export interface Run {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** A place where the example runs: folders of its own, and a mark on every process that descends from here. */
export class Place implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "crucible-example-"));
  readonly sockets: string = join(this.folder, "sockets");
  readonly #mark: string = `CRUCIBLE_EXAMPLE_MARK=${randomUUID()}`;

  /** Starts the example with sockets in this place. */
  start(...args: string[]): Run {
    return this.startWithSockets(this.sockets, ...args);
  }

  startWithSockets(sockets: string, ...args: string[]): Run {
    if (!existsSync(main)) throw new Error(`${main} is missing: run npm run build`);
    const [name = "", value = ""] = this.#mark.split("=");
    const env = { ...process.env, XDG_STATE_HOME: join(this.folder, "state"), [name]: value };
    const child = spawn(process.execPath, [main, "--sockets", sockets, ...args], { cwd: this.folder, env });
    return { child, outcome: outcomeOf(child) };
  }

  /** Runs the example to its end. */
  async run(...args: string[]): Promise<Outcome> {
    return this.start(...args).outcome;
  }

  /** Makes a folder with files in it, given by their paths. */
  write(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return folder;
  }

  /** Processes that descend from here and live. */
  processes(): number[] {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0 && this.#isMarked(pid));
  }

  /** What lies in the folder of the sockets. */
  left(): string[] {
    return existsSync(this.sockets) ? readdirSync(this.sockets) : [];
  }

  [Symbol.dispose](): void {
    for (const pid of this.processes()) process.kill(pid, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #isMarked(pid: number): boolean {
    try {
      const state = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.[0];
      return state !== "Z" && readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(this.#mark);
    } catch {
      return false; // It has ended meanwhile, or is another user's.
    }
  }
}

/** Waits until something holds; fails after a time that only a real fault takes. */
export async function until(holds: () => boolean, what: string, withinMs = 20_000): Promise<void> {
  for (const end = performance.now() + withinMs; !holds();) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
