import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import {
  createDaemon,
  type Daemon,
  type DaemonOptions,
  type LaunchOptions,
  type LogRecord,
  type Plugin,
} from "../../../runtime/typescript/src/daemon/index.js";
import { program } from "./programs.js";

/** A daemon in directories of its own, and what it has logged. */
export interface Lab {
  readonly daemon: Daemon;
  readonly stateDirectory: string;
  readonly socketDirectory: string;
  readonly records: LogRecord[];
  /** Launches a fixture. */
  launch(fixture: string, options?: Partial<LaunchOptions>): Promise<Plugin>;
}

const directories: string[] = [];
const daemons: Daemon[] = [];

/** A new directory that goes when the tests of the file are over; its path is short, since sockets lie in it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync("/tmp/crucible-");
  directories.push(directory);
  return directory;
}

let state: string | undefined;
/** A state directory for the whole file: making an authority takes a moment. */
export function sharedState(): string {
  return (state ??= join(temporaryDirectory(), "state"));
}

export async function createLab(options: Partial<DaemonOptions> = {}): Promise<Lab> {
  const records: LogRecord[] = [];
  const stateDirectory = options.stateDirectory ?? sharedState();
  const socketDirectory = options.socketDirectory ?? join(temporaryDirectory(), "s");
  const daemon = await createDaemon({
    name: "lab",
    onLog: (record) => records.push(record),
    ...options,
    stateDirectory,
    socketDirectory,
  });
  daemons.push(daemon);
  return {
    daemon,
    stateDirectory,
    socketDirectory,
    records,
    launch: async (fixture, launch = {}) =>
      daemon.launch({ id: "echo", command: [process.execPath, await program(fixture)], ...launch }),
  };
}

/** Waits until `condition` holds; fails after `timeoutMs`, which is a bound on waiting and decides nothing else. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process of this id is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

/** Names of what lies in a directory. */
export function namesIn(directory: string): string[] {
  return readdirSync(directory).toSorted();
}

/** The reason of the error that `promise` rejects with. */
export async function reasonOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error);
  }
  return "no error";
}

/** Ends every daemon that a test has made. */
export async function closeDaemons(): Promise<void> {
  await Promise.all(daemons.splice(0).map((daemon) => daemon.close({ graceMs: 0 })));
}

afterAll(async () => {
  await closeDaemons();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});
