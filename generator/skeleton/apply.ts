// Which files of the user a schema asks to be changed. Most runs of `generate` find none: then nothing is parsed.
import { readFileSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { OutputFile } from "../output/write.js";
import { modulePath } from "../targets/typescript/context.js";
import { namesOf } from "../targets/typescript/names.js";
import { unifiedDiff } from "./diff.js";
import { applyEdits } from "./edits.js";
import type { MergeConflict, RemovedMethod } from "./merge.js";
import { missingMethods, type SkeletonPlan } from "./plan.js";
import type { Relocated } from "./relocate.js";
import { skeletonImports, type SkeletonPlace } from "./write.js";

/** What is to become of one file. */
export interface MergedFile {
  /** Absolute. */
  readonly path: string;
  /** What to write; undefined when it stays as it is. */
  readonly output: OutputFile | undefined;
  /** The change as a unified diff; empty when there is none. */
  readonly diff: string;
  /** Names of methods in TypeScript. */
  readonly added: readonly string[];
  readonly adjusted: readonly string[];
  readonly conflicts: readonly MergeConflict[];
  readonly removed: readonly RemovedMethod[];
  /** Why nothing could be done; undefined when all is well. */
  readonly trouble: string | undefined;
}

/**
 * Merges what schemas have gained and changed into the files that implement their services. Nothing is written.
 *
 * @param relocated files whose imports follow `out`: what is merged is their new text.
 * @param generated what was generated now, by path, absolute; compared with what is there, which must not be written yet.
 */
export async function mergeSkeletons(
  plans: readonly SkeletonPlan[],
  place: SkeletonPlace,
  generated: ReadonlyMap<string, Uint8Array>,
  relocated: ReadonlyMap<string, Relocated> = new Map(),
): Promise<MergedFile[]> {
  const merged: MergedFile[] = [];
  /** Texts of files that implement more than one service. */
  const texts = new Map(
    Array.from(relocated).flatMap(([path, { text }]) => (text === undefined ? [] : [[path, text]])),
  );
  for (const plan of plans) {
    if (plan.existing?.members === undefined) continue;
    const elsewhere = relocated.get(plan.path);
    const from = elsewhere?.text === undefined ? place.out : elsewhere.from;
    const { before, changed } = compareBase(plan, from, place, generated);
    if (!changed && missingMethods(plan).length === 0) continue;
    const raw = readFileSync(plan.path);
    const text = texts.get(plan.path) ?? raw.toString("utf8");
    const none = { path: plan.path, output: undefined, diff: "", added: [], adjusted: [], conflicts: [], removed: [] };
    if (!texts.has(plan.path) && !Buffer.from(text).equals(raw)) {
      merged.push({ ...none, trouble: "it is no UTF-8" });
      continue;
    }
    if (elsewhere !== undefined && elsewhere.text === undefined) {
      const folder = relative(place.cwd, elsewhere.from).replaceAll("\\", "/");
      merged.push({ ...none, trouble: `it imports from ${folder}, which this run does not write to` });
      continue;
    }
    // Loaded for this alone: the parser is larger than everything else together.
    const { mergeSkeleton } = await import("./merge.js");
    const imports = skeletonImports(plan.path, place);
    const result = mergeSkeleton({ text, service: plan.service, imports, before });
    const next = applyEdits(text, result.edits);
    texts.set(plan.path, next);
    merged.push({
      ...result,
      path: plan.path,
      // A link stays a link: what it leads to is written.
      output: next === text ? undefined : { path: realpathSync(plan.path), content: Buffer.from(next) },
      diff: unifiedDiff(imports.file, text, result.edits),
      trouble: result.trouble,
    });
  }
  return merged;
}

/** Whether the base of a service is another than the one that was generated before, and the methods it had then. */
function compareBase(
  { service }: SkeletonPlan,
  oldOut: string,
  { out }: SkeletonPlace,
  generated: ReadonlyMap<string, Uint8Array>,
): { before: ReadonlySet<string>; changed: boolean } {
  const module = `${modulePath(service.file, "plugin")}.ts`;
  const { handler } = namesOf(service.file).service(service);
  const old = baseOf(readText(join(oldOut, module)), handler);
  const content = generated.get(join(out, module));
  const now = baseOf(content === undefined ? "" : Buffer.from(content).toString("utf8"), handler);
  const methods = Array.from(old.matchAll(/^ {2}abstract ([\w$]+)\(/gm), ([, name = ""]) => name);
  return { before: new Set(methods), changed: old !== now };
}

/** The text of an abstract class in a generated file, without comments; empty when it is not there. */
function baseOf(text: string, handler: string): string {
  const start = text.indexOf(`export abstract class ${handler} `);
  if (start < 0) return "";
  const end = text.indexOf("\n}\n", start);
  return text.slice(start, end < 0 ? undefined : end).replaceAll(/^ *\/\*\*[^]*?\*\/\n/gm, "");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
