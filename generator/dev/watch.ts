import { type FSWatcher, lstatSync, readdirSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { isSourceFolder } from "../output/list.js";

/** How long nothing may change before changes are told, in milliseconds: compilers write many files, one by one. */
const defaultQuietMs = 80;

/** What to look at. */
export interface Watched {
  /** A folder with all below it (hidden folders and node_modules apart), or a file. Absolute. */
  readonly path: string;
  /** Which files count, by their path. */
  counts(path: string): boolean;
}

/**
 * Tells which files have changed. Events of the system only say when to look; what has changed is found by comparing times
 * and sizes, so that nothing is told twice and nothing is missed.
 */
export class Watcher implements Disposable {
  readonly #watched: readonly Watched[];
  readonly #quietMs: number;
  readonly #watchers: Map<string, FSWatcher> = new Map();
  #seen: Map<string, string>;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #firstEvent: number | undefined;
  #sameFiles = true;

  /** @param quietMs how long nothing may change before changes are told, in milliseconds. */
  constructor(watched: readonly Watched[], quietMs: number = defaultQuietMs) {
    this.#watched = watched;
    this.#quietMs = quietMs;
    this.#seen = this.#look();
  }

  /** Takes files as they are now for known: whoever wrote them need not be told. */
  accept(paths: readonly string[]): void {
    const now = this.#look();
    for (const path of paths) {
      const stamp = now.get(path);
      if (stamp !== undefined) this.#seen.set(path, stamp);
      else this.#seen.delete(path);
    }
  }

  /** When the system told first of what has changed since this was asked, by performance.now(); undefined: it has not. */
  takeFirstEvent(): number | undefined {
    const at = this.#firstEvent;
    this.#firstEvent = undefined;
    return at;
  }

  /** Whether what was told last are files with other content only: none is new or gone. */
  get sameFiles(): boolean {
    return this.#sameFiles;
  }

  /** Waits for changes; the files that are new, other or gone since the last time. Empty when the signal aborts. */
  async next(signal: AbortSignal): Promise<string[]> {
    while (!signal.aborted) {
      const changed = this.#compare();
      if (changed.length > 0) return changed;
      // It was something that does not count.
      this.#firstEvent = undefined;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener("abort", wake);
      });
    }
    return [];
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #compare(): string[] {
    const before = this.#seen;
    const now = this.#look();
    this.#seen = now;
    const gone = [...before.keys()].filter((path) => !now.has(path));
    const other = [...now].filter(([path, stamp]) => before.get(path) !== stamp).map(([path]) => path);
    this.#sameFiles = gone.length === 0 && other.every((path) => before.has(path));
    return [...other, ...gone];
  }

  /** Every file that counts, with what tells its versions apart; on the way, watches every folder there is now. */
  #look(): Map<string, string> {
    const found = new Map<string, string>();
    const folders = new Set<string>();
    const visit = (path: string, one: Watched): void => {
      // Links below are not followed: they may lead around in a circle.
      const stats = (path === one.path ? statSync : lstatSync)(path, { throwIfNoEntry: false });
      if (stats?.isFile() === true && one.counts(path)) found.set(path, `${stats.mtimeMs} ${stats.size} ${stats.ino}`);
      if (stats?.isDirectory() !== true) return;
      folders.add(path);
      for (const entry of readFolder(path)) if (isSourceFolder(entry)) visit(join(path, entry), one);
    };
    for (const one of this.#watched) {
      visit(one.path, one);
      // A file is written anew under its name, and a folder may still have to be made: their parent tells.
      folders.add(dirname(one.path));
    }
    for (const folder of folders) this.#watch(folder);
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    return found;
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, () => this.#later());
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // Gone between two looks, or not readable: there is nothing to be told of it.
    }
  }

  #later(): void {
    this.#firstEvent ??= performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wake?.(), this.#quietMs);
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
