// `crucible-gen init`: a repository that passes its own tests, from nothing and without the network.
import { lstatSync } from "node:fs";
import { join, relative } from "node:path";
import { mistake } from "../errors.js";
import { writeFiles } from "../output/write.js";
import { repositoryFiles } from "./files.js";
import type { RepositoryNames } from "./names.js";

/** What was made. */
export interface InitReport extends RepositoryNames {
  /** The folder, relative to the working directory; `.` for that itself. */
  readonly folder: string;
  /** The files in it, in order. */
  readonly files: readonly string[];
}

/**
 * Writes the files of a new repository.
 *
 * @param folder absolute; made when missing.
 * @throws GeneratorError when a file of them is there already, or cannot be written; nothing was written then.
 */
export function initRepository(names: RepositoryNames, folder: string, cwd: string): InitReport {
  const files = repositoryFiles(names);
  const taken = [...files.keys()].filter((path) => isTaken(join(folder, path)));
  const shown = relative(cwd, folder).replaceAll("\\", "/") || ".";
  if (taken.length > 0) {
    const others = taken.length > 1 ? ` and ${taken.length - 1} more` : "";
    throw mistake(`${shown} has ${taken[0]}${others} already: init overwrites nothing, so name an empty folder`);
  }
  writeFiles(
    [...files].map(([path, text]) => ({ path: join(folder, path), content: Buffer.from(text) })),
    cwd,
  );
  return { ...names, folder: shown, files: [...files.keys()] };
}

function isTaken(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}
