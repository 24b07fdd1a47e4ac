import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Every file below a folder, absolute, in the order of their names; none when the folder is not there. Links are not
 * followed.
 *
 * @param enters decides by its name whether a folder is looked into.
 */
export function listFiles(folder: string, enters: (name: string) => boolean): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return enters(entry.name) ? listFiles(path, enters) : [];
    return entry.isFile() ? [path] : [];
  });
}

/** Any folder but hidden ones and `node_modules`: where sources may be. */
export function isSourceFolder(name: string): boolean {
  return !name.startsWith(".") && name !== "node_modules";
}
