// Puts files in place: all of them or none, and only those that change.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, relative } from "node:path";
import { mistake } from "../errors.js";

/** A file to be put in place. */
export interface OutputFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** What became of the files. Paths are absolute. */
export interface WriteReport {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
}

interface Draft {
  readonly draft: string;
  readonly path: string;
}

/**
 * Writes the files whose content differs from what is there; the others keep their times.
 *
 * Everything is written beside its place first and renamed only when all of it is there, so that a full disk or a
 * forbidden folder leaves what was there as it was.
 *
 * @param cwd names files in messages relative to it.
 * @param options with `dryRun`, only says which files differ.
 * @throws GeneratorError when a file or folder cannot be written.
 */
export function writeFiles(
  files: readonly OutputFile[],
  cwd: string,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): WriteReport {
  const unchanged: string[] = [];
  /** In a dry run: what would be written. */
  const differing: string[] = [];
  const drafts: Draft[] = [];
  const folders: string[] = [];
  try {
    for (const { path, content } of files) {
      if (isSame(path, content)) {
        unchanged.push(path);
        continue;
      }
      if (dryRun) {
        differing.push(path);
        continue;
      }
      refuseForeign(path, content, cwd);
      attempt(path, cwd, () => {
        // Found out now, because a rename that fails comes too late to change nothing.
        const there = statSync(path, { throwIfNoEntry: false });
        if (there?.isDirectory()) throw new FolderInTheWay();
        makeFolder(dirname(path), folders);
        const draft = `${path}.${process.pid}.tmp`;
        drafts.push({ draft, path });
        // Never through a link that lies in its place.
        rmSync(draft, { force: true });
        writeFileSync(draft, content, { flag: "wx" });
        if (there !== undefined) chmodSync(draft, there.mode & 0o7777);
      });
    }
    for (const { draft, path } of drafts) attempt(path, cwd, () => renameSync(draft, path));
  } catch (error) {
    for (const { draft } of drafts) rmSync(draft, { force: true });
    for (const folder of folders) removeEmpty(folder);
    throw error;
  }
  return { written: dryRun ? differing : drafts.map(({ path }) => path), unchanged };
}

/**
 * Deletes files, and the folders that this leaves empty.
 *
 * @param root is never deleted itself.
 * @throws GeneratorError when a file cannot be deleted.
 */
export function deleteFiles(paths: readonly string[], root: string, cwd: string): void {
  for (const path of paths) {
    attempt(path, cwd, () => rmSync(path));
    for (let folder = dirname(path); folder !== root && folder.startsWith(root); folder = dirname(folder)) {
      if (!removeEmpty(folder)) break;
    }
  }
}

/**
 * Makes a folder and those above it, and puts what was made at the front of `made`. Node's own way, `recursive`, never
 * returns where a folder appears to be missing and cannot be made, such as in /proc (seen with Node 20).
 */
function makeFolder(path: string, made: string[]): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path), made);
    mkdirSync(path);
  }
  made.unshift(path);
}

function isSame(path: string, content: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(content);
  } catch {
    // Not there, or not readable: writing tells which.
    return false;
  }
}

/** The mark of generated files that linters and reviewers know; it stands at the top. */
const generatedMark = "@generated";
const headBytes = 4096;

/**
 * What is generated replaces what was generated, or an empty file. Anything else is somebody's work.
 *
 * @throws GeneratorError for a file without the mark, where one with the mark is to be written.
 */
function refuseForeign(path: string, content: Uint8Array, cwd: string): void {
  const isMarked = (bytes: Uint8Array): boolean =>
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headBytes)).includes(generatedMark);
  if (!isMarked(content)) return;
  let there: Buffer;
  try {
    there = readFileSync(path);
  } catch {
    // Not there, or not readable: writing tells which.
    return;
  }
  if (there.length === 0 || isMarked(there)) return;
  const shown = shownPath(path, cwd);
  throw mistake(
    `${shown} is not generated (it has no "${generatedMark}"): move it away, or delete it to have it written`,
  );
}

function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near.startsWith("..") ? path : near;
}

/** Says whether the folder was empty, and is gone. */
function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function attempt(path: string, cwd: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const shown = shownPath(path, cwd);
    const [fact, next] = explain(error);
    throw mistake(`${shown} cannot be written (${fact}): ${next}`);
  }
}

/** Has the code that the rename would fail with. */
class FolderInTheWay extends Error {
  readonly code = "EISDIR";
}

/** What is in the way, and what to do about it. */
function explain(error: unknown): readonly [fact: string, next: string] {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case "EACCES":
    case "EPERM":
      return ["permission denied", "let this user write there, or choose another folder"];
    case "EROFS":
      return ["the file system is read-only", "choose another folder"];
    case "ENOSPC":
    case "EDQUOT":
      return ["the disk is full", "make room on it"];
    case "EISDIR":
      return ["there is a folder of that name", "move it away, or choose another folder"];
    case "ENOTDIR":
    case "EEXIST":
      return ["a file stands where a folder has to be", "move it away, or choose another folder"];
    case "ENOENT":
      return ["its folder cannot be made", "choose another folder"];
    case "ENAMETOOLONG":
      return ["its path is too long for the system", "choose a shorter one"];
    default:
      return [code ?? String(error), "choose another folder"];
  }
}
