import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/**
 * How a check went: `ok`; `problem`, without which nothing works; `warning`, which works and costs something; `optional`, which is
 * not there and need not be.
 */
export type FindingStatus = "ok" | "problem" | "warning" | "optional";

/** What one check has found. */
export interface Finding {
  /** What was looked at, such as `buf`. */
  readonly name: string;
  readonly status: FindingStatus;
  /** What is there, or is not: `1.75.0`. */
  readonly found: string;
  /** What that costs; empty when nothing. */
  readonly cost: string;
  /** What to do about it; empty when nothing. */
  readonly next: string;
}

/** Where to look. */
export interface DoctorPlace {
  /** The project, absolute. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of this Node, such as `20.20.2`. */
  readonly nodeVersion: string;
  /** The user; undefined where there are none. */
  readonly uid: number | undefined;
  /** `/tmp`. */
  readonly tmp: string;
  /** `/sys/fs/cgroup`. */
  readonly cgroups: string;
  readonly platform: string;
  readonly signal: AbortSignal;
}

/** A check that found what it looked for. */
export function ok(name: string, found: string): Finding {
  return { name, status: "ok", found, cost: "", next: "" };
}

/** The version of a package that a project has, or undefined. */
export function packageVersionFrom(folder: string, name: string): string | undefined {
  // Not by exports: many packages do not export their package.json.
  for (const base of createRequire(join(folder, "package.json")).resolve.paths(name) ?? []) {
    try {
      const { version } = JSON.parse(readFileSync(join(base, name, "package.json"), "utf8")) as { version?: string };
      return version ?? "unknown";
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** The path of a program, or undefined. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((path) => isAccessible(path, constants.X_OK));
}

/** Whether this process may use a path so. */
export function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** The nearest folder above a path, or that itself, that exists. */
export function nearestFolder(path: string): string {
  let folder = path;
  while (!isAccessible(folder, constants.F_OK) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** What a program prints on stdout; undefined when it fails or takes longer than five seconds. */
export function outputOf(
  program: string,
  args: readonly string[],
  { env, signal }: Pick<DoctorPlace, "env" | "signal">,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, signal, timeout: 5_000, stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (text.length < 4_096) text += chunk;
    });
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => resolve(code === 0 ? text.trim() : undefined));
  });
}
