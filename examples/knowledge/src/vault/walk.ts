import { type Dirent, realpathSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { codeOf } from "../problem.js";
import type { VaultLimits } from "./limits.js";

/** A Markdown file. */
export interface FoundFile {
  /** Within the root, with forward slashes. */
  readonly id: string;
  /** Absolute, without links. */
  readonly path: string;
}

/** Something that was left out. */
export interface Skipped {
  /** Within the root, with forward slashes. */
  readonly path: string;
  readonly reason: string;
}

/** What to walk. */
export interface Walk {
  /** Absolute. Ids are relative to it, and no link leads out of it. */
  readonly root: string;
  /** Folders below the root to walk, relative to it. Default: the root itself. */
  readonly from?: readonly string[];
  readonly limits: VaultLimits;
}

const markdown = /\.(?:md|mdx|markdown)$/i;

/**
 * Finds every Markdown file, ordered by id. Symbolic links are followed within the root. No folder is entered twice, so that
 * loops end, and none whose name begins with a dot except `.pnpm`, where pnpm keeps packages.
 *
 * @throws NodeJS.ErrnoException when a folder to walk cannot be read.
 */
export async function walk(options: Walk): Promise<{ files: FoundFile[]; skipped: Skipped[] }> {
  const walker = new Walker(realpathSync(options.root), options.limits);
  for (const folder of options.from ?? ["."]) await walker.enter(folder, 0);
  return walker.result();
}

class Walker {
  readonly #root: string;
  readonly #limits: VaultLimits;
  readonly #files: FoundFile[] = [];
  readonly #skipped: Skipped[] = [];
  /** Real paths of what has been entered or taken. */
  readonly #seen = new Set<string>();
  #entries = 0;
  #full = false;

  constructor(root: string, limits: VaultLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  result(): { files: FoundFile[]; skipped: Skipped[] } {
    return { files: this.#files.toSorted((a, b) => (a.id < b.id ? -1 : 1)), skipped: this.#skipped };
  }

  /** Walks a folder, given relative to the root. */
  async enter(folder: string, depth: number): Promise<void> {
    let list: Dirent[];
    try {
      const real = realpathSync(join(this.#root, folder));
      if (this.#seen.has(real)) return;
      this.#seen.add(real);
      list = await readdir(real, { withFileTypes: true });
    } catch (error) {
      if (depth === 0) throw error;
      this.#skip(folder, `cannot be read (${codeOf(error)})`);
      return;
    }
    for (const entry of list.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (this.#isFull()) return;
      await this.#visit(entry, join(folder, entry.name), depth);
    }
  }

  async #visit(entry: Dirent, path: string, depth: number): Promise<void> {
    const isNote = markdown.test(entry.name);
    const kind = entry.isSymbolicLink() ? this.#follow(path, isNote) : kindOf(entry);
    if (kind === "folder" && (!entry.name.startsWith(".") || entry.name === ".pnpm")) {
      if (depth < this.#limits.maxDepth) await this.enter(path, depth + 1);
      else this.#skip(path, `lies deeper than ${this.#limits.maxDepth} folders`);
    } else if (kind === "file" && isNote) {
      this.#take(path);
    }
  }

  /** What a link leads to; undefined when that is nothing, itself, or outside. */
  #follow(path: string, isNote: boolean): "folder" | "file" | undefined {
    try {
      const real = realpathSync(join(this.#root, path));
      if (isInside(real, this.#root)) return kindOf(statSync(real));
      if (isNote) this.#skip(path, "is a link that leads out of the vault");
    } catch (error) {
      if (isNote) this.#skip(path, `is a link that leads nowhere (${codeOf(error)})`);
    }
    return undefined;
  }

  #take(path: string): void {
    try {
      const real = realpathSync(join(this.#root, path));
      if (!this.#seen.has(real)) this.#files.push({ id: toId(path), path: real });
      this.#seen.add(real);
    } catch (error) {
      this.#skip(path, `cannot be read (${codeOf(error)})`);
    }
  }

  #isFull(): boolean {
    const { maxEntries, maxNotes } = this.#limits;
    if (!this.#full && (++this.#entries > maxEntries || this.#files.length >= maxNotes)) {
      this.#full = true;
      this.#skip(".", `has more than ${maxNotes} notes or ${maxEntries} files; the rest is left out`);
    }
    return this.#full;
  }

  #skip(path: string, reason: string): void {
    if (this.#skipped.length < this.#limits.maxNotes) this.#skipped.push({ path: toId(path), reason });
  }
}

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): "folder" | "file" | undefined {
  if (entry.isDirectory()) return "folder";
  return entry.isFile() ? "file" : undefined;
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function toId(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
