import { chmodSync, linkSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Clock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import type { Listener } from "../transport.js";
import { bindTemporary, inodeOf, remove, withDirectoryLock } from "./directory-lock.js";
import { probe } from "./probe.js";
import { ensureSocketDirectory, ownUid } from "./socket-directory.js";
import { codeOf } from "./system-error.js";

// A socket is bound under a temporary name and then linked to its own, for three reasons: it is reachable only once it
// listens and has its mode; link, unlike bind and rename, cannot replace or follow anything; and libuv, which removes
// the name a socket was bound to when that is closed, then removes a name that nobody uses, and never a successor's.

const bindPrefix = ".b";
const bindPattern = /^\.b[0-9a-z]{4,12}$/;

/** What is open, so that it is cleared away when the process exits without closing it. */
const open = new Set<OpenSocket>();

class OpenSocket implements Listener {
  readonly address: string;
  readonly #path: string;
  readonly #inode: number | undefined;
  readonly #server: Server;

  constructor(address: string, path: string, server: Server) {
    this.address = address;
    this.#path = path;
    this.#inode = inodeOf(path);
    this.#server = server;
    if (open.size === 0) process.on("exit", removeAll);
    open.add(this);
    writeProcessId(path);
  }

  // oxlint-disable-next-line require-await -- Reason: errors are rejections, as with every transport.
  async close(): Promise<void> {
    if (!open.delete(this)) return;
    if (open.size === 0) process.off("exit", removeAll);
    this.removeNames();
    // Not awaited: the server reports its close only once the last accepted connection has gone.
    this.#server.close();
  }

  /**
   * Removes what is ours by inode, while the socket still listens: nobody can take it for dead, so nobody can have
   * replaced it between the look and the removal.
   */
  removeNames(): void {
    if (this.#inode === undefined || inodeOf(this.#path) !== this.#inode) return;
    if (readProcessId(this.#path) === process.pid) remove(processIdPath(this.#path));
    remove(this.#path);
  }
}

function removeAll(): void {
  for (const socket of open) {
    try {
      socket.removeNames();
    } catch {
      // The process is exiting; what stays behind is dead and the next start replaces it.
    }
  }
}

/**
 * Listens at `path`, for `onSocket`, which gets paused sockets. Creates the directory when it is missing and replaces
 * a dead socket. Rejects with reason ADDRESS_IN_USE, ADDRESS_INVALID or DIRECTORY_UNSAFE.
 */
export async function listenAt(
  address: string,
  path: string,
  clock: Clock,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  const directory = dirname(path);
  ensureSocketDirectory(directory, ownUid());
  return withDirectoryLock(directory, clock, async () => {
    await makeWay(address, path);
    // Left by processes that were killed in between: only the holder of the lock binds.
    for (const name of readdirSync(directory)) if (bindPattern.test(name)) await removeDead(join(directory, name));
    const server = createServer({ allowHalfOpen: false, pauseOnConnect: true }, onSocket);
    const bound = join(directory, await bindTemporary(server, directory, bindPrefix));
    // A connection that cannot be accepted, for want of descriptors, is lost; the process and the others are not.
    server.on("error", () => {});
    try {
      chmodSync(bound, 0o600);
      publish(bound, path);
      remove(bound);
      return new OpenSocket(address, path, server);
    } catch (error) {
      server.close();
      if (codeOf(error) === "EEXIST") throw inUse(address, undefined);
      throw new CrucibleError(
        "ADDRESS_INVALID",
        `cannot listen at ${address} (${codeOf(error)}); choose another address`,
        {
          cause: error,
        },
      );
    }
  });
}

/** Clears the way to `path`, or says who is in it. */
async function makeWay(address: string, path: string): Promise<void> {
  const finding = await probe(path);
  if (finding === "dead") remove(path);
  if (finding === "alive") throw inUse(address, readProcessId(path));
  if (finding === "foreign") {
    throw new CrucibleError(
      "ADDRESS_INVALID",
      `${path} is not a socket and was left alone; remove it or choose another`,
    );
  }
}

async function removeDead(path: string): Promise<void> {
  if ((await probe(path)) === "dead") remove(path);
}

function publish(bound: string, path: string): void {
  try {
    linkSync(bound, path);
  } catch (error) {
    // Some file systems have no hard links. We hold the lock and have just seen that nothing is there.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error)) || inodeOf(path) !== undefined)
      throw error;
    renameSync(bound, path);
  }
}

function inUse(address: string, pid: number | undefined): CrucibleError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new CrucibleError("ADDRESS_IN_USE", `${address} is in use by ${who}; end that or choose another address`);
}

// A file beside the socket says which process listens. It serves error messages alone: nothing is decided by it.

function processIdPath(path: string): string {
  return `${path}.pid`;
}

function readProcessId(path: string): number | undefined {
  try {
    const text = readFileSync(processIdPath(path), "utf8");
    return /^[1-9][0-9]{0,9}\n$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

function writeProcessId(path: string): void {
  try {
    // What lies there and does not look like ours stays.
    if (inodeOf(processIdPath(path)) !== undefined && readProcessId(path) === undefined) return;
    remove(processIdPath(path));
    writeFileSync(processIdPath(path), `${process.pid}\n`, { flag: "wx", mode: 0o600 });
  } catch {
    // Without it a message lacks a number.
  }
}
