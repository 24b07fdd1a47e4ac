import { chmodSync, lstatSync, mkdirSync, type Stats } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { CrucibleError } from "../../error/index.js";
import { codeOf } from "./system-error.js";

/** The user this process acts as. Throws reason ADDRESS_INVALID where there are no users, and so no Unix sockets. */
export function ownUid(): number {
  const uid = process.geteuid?.();
  if (uid !== undefined) return uid;
  throw new CrucibleError("ADDRESS_INVALID", "this platform has no Unix sockets; use another transport");
}

/**
 * Makes sure that `path` is a directory only `uid` can enter: creates it with mode 0700 when it is missing, together with
 * missing parents, else checks it. Throws reason DIRECTORY_UNSAFE with what is wrong.
 */
export function ensureSocketDirectory(path: string, uid: number): void {
  const directory = resolve(path);
  try {
    create(directory);
  } catch (error) {
    throw unsafe(directory, `cannot be created (${codeOf(error)}); create it yourself or choose another`);
  }
  checkSocketDirectory(directory, [uid]);
}

/** Not mkdirSync with `recursive`, which in Node 20 never returns where nothing can be created, as in /proc. */
function create(directory: string): void {
  const missing: string[] = [];
  for (let path = directory; !exists(path); path = dirname(path)) missing.push(path);
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path, { mode: 0o700 });
      // A umask may have taken bits away that the owner needs.
      chmodSync(path, 0o700);
    } catch (error) {
      // Somebody else may be creating it just now.
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Checks that `path` is a real directory, no symbolic link, with mode 0700, of one of the users in `trusted`. Throws
 * reason DIRECTORY_UNSAFE with what is wrong, CONNECT_FAILED when it is missing.
 */
export function checkSocketDirectory(path: string, trusted: readonly number[]): void {
  // Resolved, since a slash at the end would have lstat follow a symbolic link.
  const directory = resolve(path);
  const stats = look(directory);
  if (stats.isSymbolicLink()) throw unsafe(directory, "is a symbolic link; name the directory itself");
  if (!stats.isDirectory()) throw unsafe(directory, "is not a directory; choose another");
  if (!trusted.includes(stats.uid)) {
    throw unsafe(directory, `belongs to user ${stats.uid}, not to ${users(trusted)}; choose another`);
  }
  const mode = stats.mode & 0o777;
  if (mode !== 0o700) {
    throw unsafe(directory, `has mode 0${mode.toString(8)}, which must be 0700; run chmod 700 ${directory}`);
  }
}

/**
 * Checks that `path` is a socket of one of the users in `trusted`. Throws reason DIRECTORY_UNSAFE when it is another's,
 * ADDRESS_INVALID when it is no socket, CONNECT_FAILED when it is missing.
 */
export function checkSocketOwner(path: string, trusted: readonly number[]): void {
  const stats = look(path);
  if (!stats.isSocket()) {
    throw new CrucibleError("ADDRESS_INVALID", `${path} is not a socket; choose another address`);
  }
  if (!trusted.includes(stats.uid)) {
    throw unsafe(path, `belongs to user ${stats.uid}, not to ${users(trusted)}; somebody else listens there`);
  }
}

/**
 * The directory for sockets when none was asked for: `/tmp/crucible-plugins`, else `$XDG_RUNTIME_DIR/crucible-plugins`,
 * else `/tmp/crucible-plugins-<uid>`; the first that is safe, created when missing. When it is not the first, `warn` gets
 * one line with the reason. Throws reason DIRECTORY_UNSAFE when none is safe. `root` stands for `/tmp` in tests.
 */
export function chooseSocketDirectory(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
  warn: (line: string) => void,
  root = "/tmp",
): string {
  const candidates = [join(root, "crucible-plugins")];
  const runtime = env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && isAbsolute(runtime)) candidates.push(join(runtime, "crucible-plugins"));
  candidates.push(join(root, `crucible-plugins-${uid}`));
  const problems: string[] = [];
  for (const directory of candidates) {
    try {
      ensureSocketDirectory(directory, uid);
    } catch (error) {
      problems.push((error as Error).message);
      continue;
    }
    if (problems.length > 0) {
      warn(`WARNING: sockets are in ${directory}, where others may not look for them: ${problems.join("; ")}`);
    }
    return directory;
  }
  throw new CrucibleError("DIRECTORY_UNSAFE", `no directory is safe for sockets: ${problems.join("; ")}`);
}

function look(path: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = codeOf(error);
    const text = code === "ENOENT" ? "is missing; start the other side first" : `cannot be looked at (${code})`;
    throw new CrucibleError("CONNECT_FAILED", `${path} ${text}`, { cause: error });
  }
}

function unsafe(path: string, fact: string): CrucibleError {
  return new CrucibleError("DIRECTORY_UNSAFE", `${path} ${fact}`);
}

function users(uids: readonly number[]): string {
  return [...new Set(uids)].join(" or ");
}
