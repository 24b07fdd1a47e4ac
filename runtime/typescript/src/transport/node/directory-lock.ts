import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import { probe } from "./probe.js";
import { temporaryName } from "./socket-path.js";
import { codeOf } from "./system-error.js";

// A lock for one directory, among processes, without flock, which Node does not have.
//
// Who wants the lock makes a claim: a socket of its own, with a random name in the directory, that listens. Then it
// surveys: it lists the directory, connects to every other claim it sees, and looks whether its own claim is still there.
// It has the lock when no other claim answered and its own was there. It gives the lock back by removing its claim.
//
// A process that is killed needs no clearing up: its claim stops answering at that moment, by the kernel's doing. So
// nothing is judged by process ids, start times or ages, which lie across containers, reboots and paused processes.
//
// Two at once: of two that claim, the later to list the directory sees the other's claim, and that answers. What could go
// wrong is the removal of a claim by others, who think it dead because they connected after its bind and before its
// listen. Hence three rules:
//  1. Claims that do not answer are removed only by the holder of the lock, before anything else.
//  2. The holder's claim stays until all its removals are done.
//  3. One's own claim is looked for last, after all others were connected to.
// Suppose P holds the lock though R removes P's claim. Not before P looked for it, or P would have seen that. So after;
// then R's claim was there all the while from before P listened until after P had connected to what it saw: P found it
// alive and did not get the lock. Unless R's own claim was removed so, by a T that listened earlier still; that chain
// ends with somebody whose claim nobody removed.
//
// Progress: of several claims the one with the smallest name stays and waits, the others withdraw and try again a
// little later.

const claimPrefix = ".l";
const claimPattern = /^\.l[0-9a-z]{4,12}$/;
const timeoutMs = 5_000;

/** Within one process the waiting is by turns, so that a hundred listeners starting at once do not compete. */
const turns = new Map<string, Promise<void>>();

/**
 * Runs `action` while no other process and no other caller holds the lock of `directory`, which must be ours alone.
 * Rejects with what `action` rejects with, or with reason ADDRESS_IN_USE when the lock cannot be had within 5 seconds.
 */
export async function withDirectoryLock<T>(directory: string, clock: Clock, action: () => Promise<T>): Promise<T> {
  const result = (turns.get(directory) ?? Promise.resolve()).then(() => holding(directory, clock, action));
  const turn = result.then(
    () => undefined,
    () => undefined,
  );
  turns.set(directory, turn);
  try {
    return await result;
  } finally {
    if (turns.get(directory) === turn) turns.delete(directory);
  }
}

async function holding<T>(directory: string, clock: Clock, action: () => Promise<T>): Promise<T> {
  const claim = await acquire(directory, clock);
  try {
    return await action();
  } finally {
    claim.release();
  }
}

interface Claim {
  readonly name: string;
  readonly path: string;
  readonly inode: number;
  release(): void;
}

async function acquire(directory: string, clock: Clock): Promise<Claim> {
  const until = clock.monotonicMs() + timeoutMs;
  let claim = await makeClaim(directory);
  for (;;) {
    const outcome = await survey(directory, claim);
    if (outcome === "held") return claim;
    if (clock.monotonicMs() > until) {
      claim.release();
      throw new CrucibleError(
        "ADDRESS_IN_USE",
        `another process has been starting to listen in ${directory} for ${timeoutMs} ms; end it or choose another directory`,
      );
    }
    if (outcome === "withdraw") claim.release();
    await pause();
    if (outcome === "withdraw") claim = await makeClaim(directory);
  }
}

type Outcome = "held" | "wait" | "withdraw";

async function survey(directory: string, claim: Claim): Promise<Outcome> {
  const others = readdirSync(directory).filter((name) => claimPattern.test(name) && name !== claim.name);
  const findings = await Promise.all(others.map((name) => probe(join(directory, name))));
  const alive = others.filter((_, index) => findings[index] === "alive");
  if (inodeOf(claim.path) !== claim.inode) return "withdraw";
  if (alive.length > 0) return alive.every((name) => claim.name < name) ? "wait" : "withdraw";
  for (const [index, name] of others.entries()) if (findings[index] === "dead") remove(join(directory, name));
  return "held";
}

async function makeClaim(directory: string): Promise<Claim> {
  const server = createServer((socket) => socket.destroy());
  const name = await bindTemporary(server, directory, claimPrefix);
  const path = join(directory, name);
  // Perhaps it was removed already by somebody who thought it dead; then the survey says so.
  const inode = inodeOf(path) ?? -1;
  // Closing removes the name as well; libuv does that, before close returns.
  return { name, path, inode, release: () => void server.close() };
}

/** Has `server` listen at a name in `directory` that was free. Returns the name. */
export async function bindTemporary(server: Server, directory: string, prefix: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const name = temporaryName(directory, prefix);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ path: join(directory, name) }, () => {
          server.off("error", reject);
          resolve();
        });
      });
      return name;
    } catch (error) {
      server.removeAllListeners("listening");
      if (codeOf(error) === "EADDRINUSE" && attempt < 10) continue;
      throw new CrucibleError(
        "ADDRESS_INVALID",
        `cannot make a socket in ${directory} (${codeOf(error)}); choose another`,
        {
          cause: error,
        },
      );
    }
  }
}

/** The inode at `path`, if anything is there. */
export function inodeOf(path: string): number | undefined {
  try {
    return lstatSync(path).ino;
  } catch {
    return undefined;
  }
}

/** Removes the name `path`; that it has gone already is as good. */
export function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1 + 9 * Math.random()));
}
