import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { mistake } from "../../errors.js";
import { printable } from "../../printable.js";

/** How a process has ended; one of the two is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What is kept of the last line that a plugin prints on stderr, in characters. */
const maxLine = 300;

/** The process of a plugin under test, launched as PROTOCOL.md §18 says, the leader of a group of its own. */
export class TestedProcess {
  /** Resolves when it has ended; what it had started is killed then. */
  readonly exited: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  #end: ProcessEnd | undefined;
  #lastLine = "";

  /** @throws GeneratorError when there is no such program. */
  static async start(
    command: readonly [string, ...string[]],
    cwd: string,
    env: NodeJS.ProcessEnv,
    ticket: string,
    print: (line: string) => void,
  ): Promise<TestedProcess> {
    const [file, ...args] = command;
    const child = spawn(file, args, {
      cwd,
      env: { ...env, CRUCIBLE_TICKET: "fd:3" },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
    });
    await new Promise<void>((started, failed) => {
      child.once("spawn", started);
      child.once("error", (error: NodeJS.ErrnoException) =>
        failed(mistake(`${JSON.stringify(file)} cannot be started (${error.code}): name a program after --`)),
      );
    });
    return new TestedProcess(child, ticket, print);
  }

  private constructor(child: ChildProcess, ticket: string, print: (line: string) => void) {
    this.#child = child;
    child.on("error", () => {});
    this.#read(child.stdout, print);
    this.#read(child.stderr, (line) => {
      if (line.trim() !== "") this.#lastLine = line.slice(0, maxLine);
      print(line);
    });
    const descriptor = child.stdio[3] as Readable & Writable;
    descriptor.on("error", () => {});
    descriptor.resume();
    descriptor.write(ticket);
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#end = { code, signal };
        this.kill();
        resolve(this.#end);
      });
    });
  }

  /** How it has ended, once it has. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** The last line that it printed on stderr. */
  get lastLine(): string {
    return this.#lastLine;
  }

  /** Closes the descriptor of the ticket, as the death of a daemon does. */
  closeTicket(): void {
    (this.#child.stdio[3] as Readable & Writable).destroy();
  }

  /** Kills what is left of it and of what it has started. */
  kill(): void {
    try {
      process.kill(-(this.#child.pid ?? 0), "SIGKILL");
    } catch {
      // The group is gone already.
    }
  }

  #read(stream: Readable | null, print: (line: string) => void): void {
    let rest = "";
    stream?.on("error", () => {});
    stream?.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = (lines.pop() ?? "").slice(0, 4_096);
      // What a plugin prints is untrusted: a terminal must not obey it.
      for (const line of lines) print(printable(line));
    });
  }
}
