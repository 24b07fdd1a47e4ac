// `crucible-gen migrate`: the user's TypeScript follows the schema.
//
//   old schema ─▶ old generated code ─┐
//                                     ├─▶ program ─▶ names that lead to it ─▶ edits, file by file
//   the files of the user ────────────┘                      ▲
//   old and new schema ─▶ matching ─▶ what is called what now ┘
//
// The old code is made aside and never written: types are asked of the program as it was when it still compiled.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { outFolder, runPlugins } from "../buf/generate.js";
import { createStage } from "../buf/stage.js";
import type { PluginEntry, Template } from "../buf/template.js";
import { isKnownPlugin } from "../commands/check-template.js";
import { slashes } from "../commands/project.js";
import { type CompareOptions, matchVersions } from "../compare/compare.js";
import type { Matching } from "../compare/match.js";
import type { Version } from "../compare/versions.js";
import { mistake } from "../errors.js";
import { writeFiles } from "../output/write.js";
import { unifiedDiff } from "../skeleton/diff.js";
import { applyEdits, type Edit } from "../skeleton/edits.js";
import type { ByHand } from "./rewrite.js";

/** What `crucible-gen migrate` can be told. */
export interface MigrateOptions extends CompareOptions {
  /** The tsconfig.json of the program; undefined for the one that is there. */
  readonly project: string | undefined;
  /** Show what would change, and change nothing. */
  readonly dryRun: boolean;
}

/** What was done. Paths are relative to the working directory. */
export interface MigrateReport {
  /** Names of the schema that are others now. */
  readonly renames: readonly { readonly kind: string; readonly old: string; readonly now: string }[];
  /** Files that were changed, or would be. */
  readonly changed: readonly { readonly path: string; readonly edits: number }[];
  /** What only the user can change. */
  readonly byHand: readonly (ByHand & { readonly path: string })[];
  /** In a dry run: unified diffs. */
  readonly diffs: readonly string[];
  readonly dryRun: boolean;
}

/**
 * Migrates.
 *
 * @throws GeneratorError when one of the schemas is invalid, or the program cannot be read; nothing was changed then.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateReport> {
  if (options.project !== undefined && !existsSync(join(options.cwd, options.project))) {
    throw mistake(`there is no ${options.project}: correct --project`);
  }
  using stage = createStage();
  const { old, now, matching } = await matchVersions(options, stage);
  const { fatesOf } = await import("./names.js");
  const fates = old.schema.files.map((file) => fatesOf(file, matching));
  options.progress?.say("generating the code of the version before");
  const newOut = resolve(options.cwd, ownPlugin(now.template).out);
  const before = old.template.plugins.length > 0 ? old.template : { ...old.template, plugins: now.template.plugins };
  const oldOut = resolve(options.cwd, ownPlugin(before).out);
  const overlay = await generateAside(before, old, options.cwd);
  options.signal.throwIfAborted();
  options.progress?.say("reading your program");
  // Loaded for this alone: the compiler is larger than everything else together.
  const { rewriteProgram } = await import("./rewrite-program.js");
  const files = rewriteProgram({
    cwd: options.cwd,
    project: options.project,
    overlay,
    fates,
    oldOut,
    newOut,
    schema: schemaWords(matching),
  });
  const changed = files.filter(({ edits }) => edits.length > 0);
  const show = (path: string): string => slashes(relative(options.cwd, path));
  options.signal.throwIfAborted();
  if (!options.dryRun) {
    const outputs = changed.map(({ path, edits }) => ({
      // A link stays a link: what it leads to is written.
      path: realpathSync(path),
      content: Buffer.from(rewriteText(path, edits)),
    }));
    writeFiles(outputs, options.cwd);
  }
  return {
    renames: listRenames(matching),
    changed: changed.map(({ path, edits }) => ({ path: show(path), edits: edits.length })),
    byHand: files.flatMap(({ path, byHand }) => byHand.map((one) => ({ path: show(path), ...one }))),
    diffs: options.dryRun ? changed.map(({ path, edits }) => unifiedDiff(show(path), withoutMark(path), edits)) : [],
    dryRun: options.dryRun,
  };
}

/** The text with its edits; a mark of byte order is no part of what the parser counts. */
function rewriteText(path: string, edits: readonly Edit[]): string {
  const text = readFileSync(path, "utf8");
  return (text.startsWith("\ufeff") ? "\ufeff" : "") + applyEdits(withoutMark(path), edits);
}

function withoutMark(path: string): string {
  return readFileSync(path, "utf8").replace(/^\ufeff/, "");
}

function ownPlugin(template: Template): PluginEntry {
  const own = template.plugins.find((plugin) => isKnownPlugin(plugin));
  if (own === undefined)
    throw mistake(`${template.path} has no plugin protoc-gen-crucible: there is no generated code to follow`);
  return own;
}

/** What the old schema generates, by the paths that it has in the project. */
async function generateAside(
  template: Template,
  { inputs, context }: Version,
  cwd: string,
): Promise<Map<string, string>> {
  const plugins = template.plugins.filter((plugin) => isKnownPlugin(plugin));
  const { files } = await runPlugins({ ...template, plugins }, inputs, context);
  const root = outFolder({ ...ownPlugin(template), out: "." }, context.cwd);
  return new Map(
    files
      .filter(({ path }) => /\.[cm]?[jt]s$/.test(path))
      .map(({ path, content }) => [slashes(join(cwd, relative(root, path))), Buffer.from(content).toString("utf8")]),
  );
}

/** Names of the schema as they stand in texts: of types, and of methods as calls know them. */
function schemaWords({ messages, enums, services, methods }: Matching): Map<string, string> {
  const words = new Map<string, string>();
  const add = (old: string, now: string): void => {
    // Without a package it could be any word.
    if (old !== now && old.includes(".")) words.set(old, now);
  };
  for (const [a, b] of [...messages, ...enums, ...services]) add(a.fullName, b.fullName);
  for (const [a, b] of methods) add(a.wireName, b.wireName);
  return words;
}

function listRenames({
  messages,
  enums,
  services,
  methods,
  fields,
  oneofs,
  values,
}: Matching): MigrateReport["renames"] {
  const all = [
    ...[...messages, ...enums, ...services].map(([a, b]) => ({ kind: a.kind, old: a.fullName, now: b.fullName })),
    ...[...methods].map(([a, b]) => ({ kind: a.kind, old: a.wireName, now: b.wireName })),
    ...[...fields, ...oneofs].flatMap(([a, b]) =>
      a.name === b.name
        ? []
        : [{ kind: a.kind, old: `${a.parent.fullName}.${a.name}`, now: `${b.parent.fullName}.${b.name}` }],
    ),
    ...[...values].flatMap(([a, b]) =>
      a.name === b.name
        ? []
        : [{ kind: "value", old: `${a.parent.fullName}.${a.name}`, now: `${b.parent.fullName}.${b.name}` }],
    ),
  ];
  return all.filter(({ old, now }) => old !== now);
}
