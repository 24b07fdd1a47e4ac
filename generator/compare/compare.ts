// `crucible-gen diff`: two versions of the schemas become a list of changes.
//
//   --against ─▶ old ─┐            ┌─▶ services, shapes, rules ─┐
//                     ├─▶ matching ┤                            ├─▶ changes by place
//   the project ▶ now ┘            └─▶ buf breaking ────────────┘
import { resolve } from "node:path";
import { createStage, type Stage } from "../buf/stage.js";
import type { Progress } from "../commands/progress.js";
import { createContext, type ProjectOptions } from "../commands/project.js";
import { runBreaking } from "./breaking.js";
import { findCarriers } from "./carriers.js";
import { type Bump, type Change, firstToMove, type Mixes, totalBump, totalMixes } from "./change.js";
import { createComparison } from "./context.js";
import { matchSchemas, type Matching } from "./match.js";
import { parseRenames } from "./renames.js";
import { compareValidation } from "./rule-changes.js";
import type { Schema } from "./schema.js";
import { compareServices } from "./service-changes.js";
import { compareShapes } from "./shape-changes.js";
import { readAgainst, readCurrent, type Version } from "./versions.js";

/** What `crucible-gen diff` can be told. */
export interface CompareOptions extends ProjectOptions {
  /** A branch, tag or commit, a folder, or an image. */
  readonly against: string;
  /** What was renamed, as `old=new`, where that is not clear. */
  readonly renames: readonly string[];
  readonly progress?: Progress | undefined;
}

/** What has changed. */
export interface Report {
  /** In the order of their places. */
  readonly changes: readonly Change[];
  /** The version number that all of them ask for. */
  readonly bump: Bump;
  /** What breaks when only one side is updated. */
  readonly breaks: Mixes;
  /** The side to update first. */
  readonly first: ReturnType<typeof firstToMove>;
  /** Inputs that are no folders, and so were not compared. */
  readonly passed: number;
}

/** Both versions, and what became of what. */
export interface Compared {
  readonly old: Version;
  readonly now: Version;
  readonly matching: Matching;
}

/**
 * Compares the schemas of the project with another version of them.
 *
 * @throws GeneratorError when one of the two cannot be compiled, or `against` is nothing.
 */
export async function compare(options: CompareOptions): Promise<Report> {
  using stage = createStage();
  const { old, now, matching } = await matchVersions(options, stage);
  const own = changesOf(old.schema, now.schema, matching);
  options.progress?.say("asking buf for breaking changes");
  const [before, after] = [old, now].map(({ inputs }) => inputs.built.map(({ request }) => request));
  const directory = now.template.inputs.find((input) => typeof input["directory"] === "string")?.["directory"];
  const folder = resolve(options.cwd, String(directory ?? "."));
  const more = await runBreaking(before ?? [], after ?? [], now.schema, own, folder, now.context);
  const changes = [...own, ...more].toSorted(
    (a, b) =>
      compareText(a.location.path, b.location.path) ||
      a.location.line - b.location.line ||
      a.location.column - b.location.column,
  );
  const breaks = totalMixes(changes);
  return {
    changes,
    bump: totalBump(changes),
    breaks,
    first: firstToMove(breaks),
    passed: now.inputs.passed.length,
  };
}

/** What has changed by our own rules, in no order. */
export function changesOf(old: Schema, now: Schema, matching: Matching): readonly Change[] {
  const comparison = createComparison(old, now, matching, findCarriers(old.services), findCarriers(now.services));
  compareServices(comparison);
  compareShapes(comparison);
  compareValidation(comparison);
  return comparison.changes;
}

/**
 * Compiles both versions and finds out what became of what.
 *
 * @param stage is there as long as plugins are run over them.
 */
export async function matchVersions(options: CompareOptions, stage: Stage): Promise<Compared> {
  const context = createContext(options, stage);
  options.progress?.say("compiling schemas");
  // Told in order: what is wrong in the project itself comes first.
  const [now, old] = await Promise.allSettled([
    readCurrent(options, context),
    readAgainst(options.against, options, context),
  ]);
  if (now.status === "rejected") throw now.reason;
  if (old.status === "rejected") throw old.reason;
  const renames = parseRenames(options.renames, old.value.schema, now.value.schema);
  return { old: old.value, now: now.value, matching: matchSchemas(old.value.schema, now.value.schema, renames) };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
