import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { OutputFile } from "../output/write.js";
import { render } from "../render/environment.js";
import { importPath, type SkeletonPlan } from "./plan.js";
import { type SkeletonImports, skeletonView } from "./view.js";

/** Where skeletons go and what they import. */
export interface SkeletonPlace {
  readonly cwd: string;
  /** The folder of generated files, absolute. */
  readonly out: string;
  /** Ending of relative imports, with its dot; empty for none. */
  readonly extension: string;
}

/** How a file of the user reaches what was generated. */
export function skeletonImports(path: string, place: SkeletonPlace): SkeletonImports {
  const folder = dirname(path);
  return {
    specifier: (module) => importPath(folder, join(place.out, module)) + place.extension,
    file: relative(place.cwd, path).replaceAll("\\", "/"),
  };
}

/** The text of the file that a plan asks for, laid out as prettier does. */
export async function printSkeleton({ service, path }: SkeletonPlan, place: SkeletonPlace): Promise<OutputFile> {
  const text = render("typescript/skeleton", skeletonView(service, skeletonImports(path, place)));
  return { path, content: Buffer.from(await format(text, path)) };
}

/** The part of prettier that is used. */
interface Prettier {
  resolveConfig(path: string): Promise<object | null>;
  format(text: string, options: object): Promise<string>;
}

/** Formats with the prettier of the user's project, under its settings; a project without prettier gets the text as it is. */
async function format(text: string, path: string): Promise<string> {
  try {
    const entry = createRequire(join(dirname(path), "package.json")).resolve("prettier");
    const loaded = (await import(pathToFileURL(entry).href)) as { default?: Prettier } & Prettier;
    const prettier = loaded.default ?? loaded;
    return await prettier.format(text, { ...(await prettier.resolveConfig(path)), filepath: path });
  } catch {
    // No prettier, or one that cannot read its settings: the text is good as it is.
    return text;
  }
}
