// When `out` becomes another folder, files of the user still import from the one before. Their imports follow.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isGeneratedFile, isGeneratedText } from "../output/stale.js";
import { unifiedDiff } from "./diff.js";
import { applyEdits } from "./edits.js";
import { importPath, type SourceText } from "./plan.js";
import type { SkeletonPlace } from "./write.js";

/** A file of the user whose imports lead to a folder that this run does not write to. */
export interface Relocated {
  /** Absolute. */
  readonly path: string;
  /** The folder that its imports lead to, absolute. */
  readonly from: string;
  /** The file with imports from where things are now; undefined when it is not known that they are to follow. */
  readonly text: string | undefined;
  /** The change as a unified diff; empty when there is none. */
  readonly diff: string;
}

/** What may be the path of a generated module, in quotes. */
const candidate = /(["'])(\.\.?\/[^"'\n]*_(?:plugin|daemon|codec|validate|service|pb)(?:\.[cm]?[jt]s)?)\1/g;

/**
 * Finds imports that lead to what was generated in another folder: to a file with a header of ours, or into a folder that is
 * gone. They follow when this run writes the same module for the first time; two folders that are both written, by
 * templates of their own, stay apart. Nothing is written.
 *
 * @param produced every file that is generated now, absolute; not written yet.
 * @param follows whether `out` is what the template of the project says: for a run that was told another one nothing moves.
 */
export async function relocateImports(
  sources: readonly SourceText[],
  place: SkeletonPlace,
  produced: ReadonlySet<string>,
  follows: boolean,
): Promise<Relocated[]> {
  const modules = new Set([...produced].map((path) => moduleOf(relative(place.out, path))));
  const relocated: Relocated[] = [];
  for (const [path, text] of sources) {
    // Generated code may lie below src too, that of the folder before among it.
    if (isGeneratedText(text)) continue;
    const found = new Map<string, Found>();
    for (const [, , specifier = ""] of text.matchAll(candidate)) {
      const old = findOld(join(dirname(path), specifier), modules, place.out);
      if (old !== undefined) found.set(specifier, old);
    }
    const [first] = found.values();
    if (first === undefined) continue;
    const { from } = first;
    if (!follows || [...found.values()].some(({ isKnown }) => isKnown)) {
      relocated.push({ path, from, text: undefined, diff: "" });
      continue;
    }
    // Loaded for this alone: the parser is larger than everything else together.
    const { editImports } = await import("./module-names.js");
    const edits = editImports(text, (specifier) => {
      const old = found.get(specifier);
      if (old === undefined) return undefined;
      const extension = /\.[cm]?[jt]s$/.exec(specifier)?.[0] ?? "";
      return importPath(dirname(path), join(place.out, old.module)) + extension;
    });
    // In another encoding than UTF-8 nothing can be exchanged in place.
    if (edits.length === 0 || !Buffer.from(text).equals(readFileSync(path))) continue;
    const diff = unifiedDiff(relative(place.cwd, path).replaceAll("\\", "/"), text, edits);
    relocated.push({ path, from, text: applyEdits(text, edits), diff });
  }
  return relocated;
}

interface Found {
  readonly from: string;
  /** Such as `notes/v1/notes_plugin`. */
  readonly module: string;
  /** Whether the module is in the folder of this run already. */
  readonly isKnown: boolean;
}

function findOld(target: string, modules: ReadonlySet<string>, out: string): Found | undefined {
  const path = moduleOf(target);
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const [from, module] = [path.slice(0, at), path.slice(at + 1)];
    if (!modules.has(module)) continue;
    if (from === out) return undefined;
    const isOurs = existsSync(`${path}.ts`) ? isGeneratedFile(`${path}.ts`) : !existsSync(from);
    return isOurs ? { from, module, isKnown: existsSync(join(out, `${module}.ts`)) } : undefined;
  }
  return undefined;
}

/** A path with forward slashes and without its ending. */
function moduleOf(path: string): string {
  return path.replaceAll("\\", "/").replace(/\.[cm]?[jt]s$/, "");
}
