import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, link, lstat, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CrucibleError } from "../error/index.js";

/**
 * One file of secrets in a directory that is ours alone. What appears under its name is always complete: it is written
 * beside it, then linked (the first time: exactly one of several creators wins) or renamed (to replace it).
 */
export class AuthorityStore {
  readonly directory: string;
  readonly path: string;

  constructor(directory: string) {
    this.directory = resolve(directory);
    this.path = join(this.directory, "authority.json");
  }

  /**
   * The text of the file, or undefined when there is none yet. Makes the directory, mode 0700, when it is missing.
   *
   * @throws CrucibleError AUTHORITY_INVALID when directory or file are not ours alone, or no directory and file at all.
   */
  async read(): Promise<string | undefined> {
    await this.#secureDirectory();
    let file: FileHandle;
    try {
      // O_NONBLOCK: opening a pipe that lies there would wait for ever.
      file = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (cause) {
      if (codeOf(cause) === "ENOENT") return undefined;
      if (codeOf(cause) === "ELOOP") throw invalid(this.path, "is a symbolic link", "move the real file there");
      throw invalid(this.path, `cannot be opened (${codeOf(cause)})`, "look at its owner and permissions", cause);
    }
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw invalid(this.path, "is no regular file", "move it away");
      assertOurs(this.path, stats, "600");
      if (stats.size > maxFileBytes) throw invalid(this.path, "is far too large", "restore it from a backup");
      return await readAll(file);
    } finally {
      await file.close();
    }
  }

  /**
   * Writes the file unless it exists. Returns false when somebody else was first: read theirs.
   *
   * @throws CrucibleError AUTHORITY_INVALID when it cannot be written.
   */
  async create(text: string): Promise<boolean> {
    return this.#write(text, async (temporary) => {
      try {
        await link(temporary, this.path);
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      } finally {
        await unlink(temporary);
      }
    });
  }

  /** Replaces the file. @throws CrucibleError AUTHORITY_INVALID when it cannot be written. */
  async replace(text: string): Promise<void> {
    await this.#write(text, (temporary) => rename(temporary, this.path));
  }

  async #write<R>(text: string, publish: (temporary: string) => Promise<R>): Promise<R> {
    const temporary = join(this.directory, `.authority-${randomBytes(8).toString("hex")}.tmp`);
    try {
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      return await publish(temporary);
    } catch (cause) {
      await unlink(temporary).catch(() => undefined); // Gone already, or the error below says why it cannot go.
      const next = "choose a state directory on a local file system with free space";
      throw invalid(this.path, `cannot be written (${codeOf(cause)})`, next, cause);
    }
  }

  async #secureDirectory(): Promise<void> {
    let stats: Stats;
    try {
      stats = await lstat(this.directory).catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
        await makeDirectory(this.directory);
        return lstat(this.directory);
      });
    } catch (cause) {
      throw invalid(this.directory, `cannot be made (${codeOf(cause)})`, "choose another state directory", cause);
    }
    if (stats.isSymbolicLink()) throw invalid(this.directory, "is a symbolic link", "name the directory itself");
    if (!stats.isDirectory()) throw invalid(this.directory, "is no directory", "choose another state directory");
    assertOurs(this.directory, stats, "700");
  }
}

/**
 * Makes a directory and those above it. With `recursive` Node never comes back where the system makes none in a directory
 * that is there, as in /proc (Node 20 and 24).
 */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else was first.
    if (codeOf(error) === "EEXIST") return;
    const parent = dirname(path);
    const parentIsThere = await lstat(parent).then(
      () => true,
      () => false,
    );
    if (codeOf(error) !== "ENOENT" || parentIsThere) throw error;
    await makeDirectory(parent);
    await makeDirectory(path);
  }
}

const maxFileBytes = 65_536;

/** Never more than the limit, even when the file grows meanwhile. */
async function readAll(file: FileHandle): Promise<string> {
  const bytes = Buffer.alloc(maxFileBytes);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) return bytes.toString("utf8", 0, length);
    length += bytesRead;
  }
}

/** Owner and mode mean nothing on platforms without user ids: there the directory's own access list has to do. */
function assertOurs(path: string, stats: Stats, mode: string): void {
  const uid = process.getuid?.();
  if (uid === undefined) return;
  if (stats.uid !== uid) {
    throw invalid(path, `belongs to user ${stats.uid}, not to ${uid}`, "choose a state directory of your own");
  }
  if ((stats.mode & 0o077) !== 0) {
    const found = (stats.mode & 0o777).toString(8);
    throw invalid(path, `is open to others (mode ${found})`, `if nobody has read it, chmod ${mode} it; else delete it`);
  }
}

/** @internal The error of this room: the fact about `path`, then what to do. */
export function invalid(path: string, fact: string, next: string, cause?: unknown): CrucibleError {
  return new CrucibleError("AUTHORITY_INVALID", `the daemon's authority: ${path} ${fact}: ${next}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
