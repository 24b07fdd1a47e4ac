import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mistake } from "../errors.js";

/** A temporary folder that is gone when its work is done, and also when the process is told to end before. */
export interface Stage extends Disposable {
  /** Absolute. */
  readonly root: string;
  /** Makes an empty folder in it. */
  folder(name: string): string;
}

/**
 * Makes a temporary folder.
 *
 * @throws GeneratorError when there is nowhere to make it.
 */
export function createStage(): Stage {
  let root: string;
  try {
    root = mkdtempSync(join(tmpdir(), "crucible-gen-"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw mistake(
      `no temporary folder can be made in ${tmpdir()} (${code}): set TMPDIR to a folder that can be written to`,
    );
  }
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    root,
    folder(name) {
      const path = join(root, name);
      mkdirSync(path);
      return path;
    },
    [Symbol.dispose]() {
      process.off("exit", remove);
      remove();
    },
  };
}
