import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./lab.js";
import { program } from "./programs.js";

/** How a program has ended and what it has printed. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Writes a ticket file as a launcher should: mode 0600, in a directory of its own. */
export function writeTicket(text: string): string {
  const path = join(temporaryDirectory(), "ticket");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Runs a fixture by hand, with the variable set to `ticket`, or without one. */
export async function runByHand(ticket: string | undefined, fixture = "echo-plugin"): Promise<Run> {
  const path = await program(fixture);
  const { CRUCIBLE_TICKET: _, ...env } = process.env;
  return new Promise((resolve) => {
    const options = { env: ticket === undefined ? env : { ...env, CRUCIBLE_TICKET: ticket }, timeout: 20_000 };
    const child = execFile(process.execPath, [path], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** Runs the echo plugin with this ticket in a file. */
export function runWithTicket(text: string): Promise<Run> {
  return runByHand(writeTicket(text));
}
