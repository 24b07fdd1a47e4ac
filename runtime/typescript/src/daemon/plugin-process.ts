import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import type { Socket } from "node:net";
import { isAbsolute, resolve } from "node:path";
import type { Readable } from "node:stream";
import { CrucibleError } from "../error/index.js";
import { oneLine } from "../error/text.js";
import { LineSplitter } from "./line-splitter.js";

/** How a process has ended: one of the two is null. */
export interface PluginExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface PluginProcessOptions {
  readonly pluginId: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string | undefined;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it inherits beside that, as descriptor 4 and following. */
  readonly descriptors: readonly number[];
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/** How long output is waited for behind the end of its process: something else may hold the pipe. */
const outputTailMs = 200;

/** Whether a line is more than the frame around an error: its stack, its properties, the version of Node. */
function tells(line: string): boolean {
  return !/^(?:\s|[{}[\]]*$|Node\.js v\d)/.test(line);
}

/**
 * The process of a plugin, the leader of a process group of its own: a Ctrl-C at the terminal is the daemon's alone, and
 * signals reach what the plugin has started. Descriptor 3 is one end of a socket pair whose other end only the daemon has,
 * and keeps open: however the daemon dies, the plugin reads an end of file.
 */
export class PluginProcess {
  readonly pid: number;
  /** Resolves when the process has ended and its output has been read. What was left of its group is killed then. */
  readonly exited: Promise<PluginExit>;
  readonly #child: ChildProcess;
  readonly #ticketEnd: Socket;
  readonly #outputs: readonly Readable[];
  #lastErrorLine = "";
  #killedFor = "";
  #ended = false;

  /**
   * Starts the process.
   *
   * @throws CrucibleError COMMAND_NOT_FOUND saying what is missing, or PLUGIN_EXITED when the system starts no process.
   */
  static async start(options: PluginProcessOptions): Promise<PluginProcess> {
    const { pluginId, command, cwd, env, descriptors } = options;
    assertDirectory(pluginId, cwd);
    const [file, ...args] = command;
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        cwd,
        env,
        stdio: ["ignore", "pipe", "pipe", "pipe", ...descriptors],
        detached: true,
      });
    } catch (error) {
      throw startFailed(options, error);
    }
    await new Promise<void>((started, failed) => {
      child.once("spawn", started);
      child.once("error", (error) => failed(startFailed(options, error)));
    });
    return new PluginProcess(child, options);
  }

  private constructor(child: ChildProcess, options: PluginProcessOptions) {
    this.#child = child;
    this.pid = child.pid!;
    this.#ticketEnd = child.stdio[3] as Socket;
    this.#outputs = [child.stdout!, child.stderr!];
    // Without a listener an error would end the daemon; the exit of the process is what tells.
    child.on("error", () => {});
    this.#readLines(child.stdout!, (line) => options.onLine("stdout", line));
    this.#readLines(child.stderr!, (line) => {
      if (tells(line) || (this.#lastErrorLine === "" && line.trim() !== "")) this.#lastErrorLine = line;
      options.onLine("stderr", line);
    });
    this.#ticketEnd.on("error", () => {});
    // Nothing is expected from there; read all the same, so that the end of the process is seen and closes it.
    this.#ticketEnd.resume();
    this.exited = new Promise((resolveExit) => {
      child.once("exit", (code, signal) => {
        this.#ended = true;
        this.#killGroup("SIGKILL");
        const done = (): void => {
          clearTimeout(timer);
          for (const stream of [...this.#outputs, this.#ticketEnd]) stream.destroy();
          resolveExit({ code, signal });
        };
        const timer = setTimeout(done, outputTailMs);
        child.once("close", done);
      });
    });
  }

  /** The last line that it printed on stderr and that says something, in a form that fits a message; empty when there was none. */
  get lastErrorLine(): string {
    return oneLine(this.#lastErrorLine, 300);
  }

  /** Writes one line to its descriptor 3; to a process that has ended, nothing. */
  handTicket(line: string): void {
    this.#ticketEnd.write(line);
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Sends a signal to the process and all that it has started, unless it has ended. */
  signal(signal: "SIGTERM" | "SIGKILL"): void {
    if (!this.#ended) this.#killGroup(signal);
  }

  /** Kills it; `why` tells later how it has ended. */
  killFor(why: string): void {
    if (this.#ended) return;
    this.#killedFor = why;
    this.#killGroup("SIGKILL");
  }

  /** Why the daemon has killed it; empty when it has not, or was told to. */
  get killedFor(): string {
    return this.#killedFor;
  }

  #killGroup(signal: "SIGTERM" | "SIGKILL"): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // No group of this number is left, or it is no longer ours; then the process itself is all there is.
      if (!this.#ended) this.#child.kill(signal);
    }
  }

  #readLines(stream: Readable, onLine: (line: string) => void): void {
    const lines = new LineSplitter(onLine);
    stream.on("data", (chunk: Buffer) => lines.push(chunk));
    stream.once("end", () => lines.end());
    stream.on("error", () => {});
  }
}

/** A directory that is missing looks like a missing command to spawn. */
function assertDirectory(pluginId: string, cwd: string | undefined): void {
  if (cwd === undefined) return;
  const stats = statSync(cwd, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return;
  const fact = stats === undefined ? "does not exist" : "is no directory";
  throw new CrucibleError("COMMAND_NOT_FOUND", `cannot start plugin ${pluginId}: its cwd ${cwd} ${fact}; correct it`);
}

function startFailed({ pluginId, command, cwd }: PluginProcessOptions, cause: unknown): CrucibleError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : oneLine(String(cause));
  const shown = JSON.stringify(command[0]);
  const say = (reason: "COMMAND_NOT_FOUND" | "PLUGIN_EXITED", fact: string): CrucibleError =>
    new CrucibleError(reason, `cannot start plugin ${pluginId}: ${fact}`, { cause });
  if (code === "EACCES")
    return say("COMMAND_NOT_FOUND", `command ${shown} is not executable (EACCES); chmod +x it or name its interpreter`);
  if (code !== "ENOENT") return say("PLUGIN_EXITED", `the system starts no process for ${shown} (${code})`);
  if (!command[0].includes("/"))
    return say("COMMAND_NOT_FOUND", `command ${shown} was not found in PATH (ENOENT); install it or give its path`);
  const path = isAbsolute(command[0]) ? command[0] : resolve(cwd ?? "", command[0]);
  return exists(path)
    ? say("COMMAND_NOT_FOUND", `command ${shown} names an interpreter in its first line that does not exist (ENOENT)`)
    : say("COMMAND_NOT_FOUND", `command ${shown} does not exist (ENOENT); build it or correct the path`);
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}
