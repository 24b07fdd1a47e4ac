import { realpathSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { titleOf } from "../markdown/title.js";
import { codeOf, Problem } from "../problem.js";
import { defaultVaultLimits, type VaultLimits } from "./limits.js";
import { readText } from "./read.js";
import { type Skipped, walk } from "./walk.js";

/** A note in memory. */
export interface VaultNote {
  /** The path of its file within the vault, with forward slashes. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly sizeBytes: number;
  readonly modified: Date;
}

/** Every note of a folder, as it was when it was read. */
export interface Vault {
  /** Where it is, for people. */
  readonly place: string;
  /** By id, ordered by id. */
  readonly notes: ReadonlyMap<string, VaultNote>;
  /** Of all notes together. */
  readonly sizeBytes: number;
  /** What was left out, and why. */
  readonly skipped: readonly Skipped[];
}

/**
 * Reads a folder of notes.
 *
 * @throws Problem when there is no such folder, or no Markdown in it.
 */
export async function readVault(folder: string, limits: VaultLimits = defaultVaultLimits): Promise<Vault> {
  const vault = await tryLoad(folder, limits);
  if (vault.notes.size > 0) return vault;
  const left = vault.skipped.length === 0 ? "" : ` that can be read (${vault.skipped.length} left out)`;
  throw new Problem(`${folder} has no Markdown in it${left}: name the folder that holds your notes`);
}

/**
 * Reads the documentation of installed packages: the Markdown of every `node_modules` from a folder upward.
 *
 * @throws Problem when there is none.
 */
export async function readPackages(start: string, limits: VaultLimits = defaultVaultLimits): Promise<Vault> {
  const found: string[] = [];
  for (let folder = realpathSync(start); ; folder = dirname(folder)) {
    const modules = join(folder, "node_modules");
    if (isFolder(modules)) found.unshift(modules);
    if (dirname(folder) === folder) break;
  }
  const [top] = found;
  if (top === undefined) {
    throw new Problem(`no node_modules from ${start} upward: run npm install, or name a folder with --vault`);
  }
  // Links among packages, as workspaces and pnpm make them, stay below the folder that holds the topmost one.
  const root = dirname(top);
  const from = found.map((path) => relative(root, path));
  return load(root, `packages installed in ${root}`, from, limits);
}

async function tryLoad(folder: string, limits: VaultLimits): Promise<Vault> {
  try {
    return await load(folder, folder, ["."], limits);
  } catch (error) {
    const facts: Record<string, string> = { ENOENT: "does not exist", ENOTDIR: "is no folder" };
    const fact = facts[codeOf(error)] ?? `cannot be read (${codeOf(error)})`;
    throw new Problem(`${folder} ${fact}: name the folder that holds your notes`);
  }
}

async function load(root: string, place: string, from: readonly string[], limits: VaultLimits): Promise<Vault> {
  const { files, skipped } = await walk({ root, from, limits });
  const notes = new Map<string, VaultNote>();
  let sizeBytes = 0;
  for (const { id, path } of files) {
    const read = await readText(path, Math.min(limits.maxNoteBytes, limits.maxVaultBytes - sizeBytes));
    if ("problem" in read) {
      skipped.push({ path: id, reason: read.problem });
      continue;
    }
    notes.set(id, { id, title: titleOf(id, read.text), ...read });
    sizeBytes += read.sizeBytes;
  }
  return { place, notes, sizeBytes, skipped };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
