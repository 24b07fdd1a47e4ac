import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function find(from: string): string {
  return existsSync(join(from, "package-lock.json")) ? from : find(dirname(from));
}

/** The root of the repository, from sources as from what is built of them. */
export const root: string = find(dirname(fileURLToPath(import.meta.url)));
