import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { endianness } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { mistake } from "../errors.js";

/** Package that carries the program for each platform, as `@bufbuild/buf` names them. */
const packages: Readonly<Record<string, string>> = {
  "win32 arm64": "@bufbuild/buf-win32-arm64",
  "win32 x64": "@bufbuild/buf-win32-x64",
  "darwin arm64": "@bufbuild/buf-darwin-arm64",
  "darwin x64": "@bufbuild/buf-darwin-x64",
  "linux arm64": "@bufbuild/buf-linux-aarch64",
  "linux arm": "@bufbuild/buf-linux-armv7",
  "linux x64": "@bufbuild/buf-linux-x64",
};

/** Where to look for buf. */
export interface BufSearch {
  /** A file of the package that depends on `@bufbuild/buf`; it need not exist. */
  readonly from: string;
  /** The search path for programs, as in `PATH`. */
  readonly path: string;
  /** As in `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
}

/**
 * The path of the buf program: the one installed beside us, else the first on the search path.
 *
 * The `buf` command of `@bufbuild/buf` is not used: it is a Node script that starts the program, and costs 0.2 s more.
 *
 * @throws GeneratorError when there is none.
 */
export function findBuf(search: BufSearch): string {
  const program = search.platform === "win32" ? "buf.exe" : "buf";
  const installed = findInstalled(search, program);
  if (installed !== undefined) return installed;
  for (const folder of search.path.split(delimiter)) {
    const candidate = join(folder, program);
    // A link made by npm leads to the Node script, which starts the very program that is missing.
    if (folder !== "" && !folder.endsWith(join("node_modules", ".bin")) && existsSync(candidate)) return candidate;
  }
  throw mistake(
    `there is no buf program for ${search.platform} ${search.arch}: run "npm install" without --omit=optional, or put buf on the PATH`,
  );
}

function findInstalled(search: BufSearch, program: string): string | undefined {
  const name = packages[`${search.platform} ${search.arch}`];
  if (name === undefined || endianness() !== "LE") return undefined;
  try {
    // Under pnpm, the platform's package can only be seen from @bufbuild/buf itself.
    const wrapper = createRequire(search.from).resolve("@bufbuild/buf/package.json");
    const path = join(dirname(createRequire(wrapper).resolve(`${name}/package.json`)), "bin", program);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
