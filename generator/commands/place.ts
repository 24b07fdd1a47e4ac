// The last steps of `crucible-gen generate`: what was generated is put in its place, and files of the user are started or
// merged.
import { realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { BuiltInputs } from "../buf/build.js";
import { outFolder, type PluginRun } from "../buf/generate.js";
import type { PluginEntry, Template } from "../buf/template.js";
import type { Model } from "../model/model.js";
import { isSourceFolder, listFiles } from "../output/list.js";
import { findStale, isGeneratedFile } from "../output/stale.js";
import { deleteFiles, type OutputFile, writeFiles } from "../output/write.js";
import { type MergedFile, mergeSkeletons } from "../skeleton/apply.js";
import { missingMethods, planSkeletons, readSources, type SkeletonPlan, type SourceText } from "../skeleton/plan.js";
import { type Relocated, relocateImports } from "../skeleton/relocate.js";
import { printSkeleton, type SkeletonPlace } from "../skeleton/write.js";
import { importExtension, type PluginPair } from "./check-template.js";
import type { GenerateReport, LackReport } from "./generate-report.js";
import { type ProjectOptions, slashes } from "./project.js";
import { templateNotes } from "./template-notes.js";

/** How what was generated is put in place. */
export interface PlaceOptions extends Pick<ProjectOptions, "config" | "out"> {
  /** The directory that paths are relative to. */
  readonly cwd: string;
  /** Leaves everything as it was when it is aborted before the first file is written. */
  readonly signal: AbortSignal;
  /** Whether to write `src/<service>.ts` where it is missing, and to add to it what is new in the schema. */
  readonly skeleton: boolean;
  /** Say what would be done, and do nothing. Default: false. */
  readonly dryRun?: boolean;
}

/** What is to be put in place. */
export interface Generated {
  readonly options: PlaceOptions;
  readonly template: Template;
  /** The text of the template, when it has to be written. */
  readonly newText?: string | undefined;
  readonly pair: PluginPair;
  readonly inputs: BuiltInputs;
  readonly models: readonly Model[];
  readonly made: PluginRun;
  /** Which .proto files were generated, by the path that others import them by. Default: all that were asked for. */
  readonly wanted?: (source: string) => boolean;
}

/**
 * Puts everything in place: all of it or nothing.
 *
 * @throws GeneratorError when a file cannot be written.
 */
export async function place(generated: Generated): Promise<GenerateReport> {
  const { options, template, newText, pair, models, made, wanted = () => true } = generated;
  const { cwd } = options;
  const { files, notes } = made;
  const looks = options.skeleton && pair.own !== undefined;
  const sources = looks ? readSources(join(cwd, "src")) : [];
  const plans = (looks ? planSkeletons(models, join(cwd, "src"), sources) : []).filter(({ service }) =>
    wanted(service.file.path),
  );
  const skeletons = await printMissing(plans, pair, cwd);
  const relocated = await relocate(sources, generated);
  const merged = await mergeExisting(plans, pair, cwd, files, relocated);
  const templateFile = newText === undefined ? [] : [{ path: join(cwd, template.path), content: Buffer.from(newText) }];
  options.signal.throwIfAborted();
  const dryRun = options.dryRun === true;
  const moved = relocated.filter(({ text }) => text !== undefined);
  // What was merged has the new imports already.
  const changed = new Map(
    [...moved.map(outputOf), ...merged.flatMap(({ output }) => output ?? [])].map((output) => [output.path, output]),
  );
  const report = writeFiles([...files, ...skeletons, ...changed.values(), ...templateFile], cwd, { dryRun });
  const produced = new Set(files.map((file) => file.path));
  const deleted = deleteStale(generated, produced);
  const show = (file: string): string => slashes(relative(cwd, file));
  return {
    config: { path: template.path, written: newText !== undefined },
    folders: [...new Set(template.plugins.map((plugin) => show(outFolder(plugin, cwd)) || "."))],
    written: report.written.filter((file) => produced.has(file)).map(show),
    unchanged: report.unchanged.length,
    deleted: deleted.map(show),
    skeletons: skeletons.map((file) => show(file.path)),
    merged: merged
      .filter(({ output }) => output !== undefined)
      .map(({ path, added, adjusted }) => ({ path: show(path), added, adjusted })),
    moved: moved.map(({ path, from }) => ({ path: show(path), from: show(from) })),
    conflicts: merged.flatMap(({ path, conflicts }) => conflicts.map((one) => ({ path: show(path), ...one }))),
    lacking: lacksOf(merged, plans, show),
    diffs: dryRun ? [...moved, ...merged].map(({ diff }) => diff).filter((diff) => diff !== "") : [],
    dryRun,
    notes: [
      ...notes,
      ...templateNotes(template, pair, models),
      ...mergeNotes(merged, plans, show),
      ...leftNotes(moved, show),
    ],
  };
}

/** The files whose imports lead to another folder than the one that is written now. */
async function relocate(
  sources: readonly SourceText[],
  { options: { cwd, config, out }, pair: { own }, made }: Generated,
): Promise<Relocated[]> {
  if (own === undefined) return [];
  const produced = new Set(made.files.map(({ path }) => path));
  return relocateImports(sources, placeOf(own, cwd), produced, config === undefined && out === undefined);
}

/** A link stays a link: what it leads to is written. */
function outputOf({ path, text = "" }: Relocated): OutputFile {
  return { path: realpathSync(path), content: Buffer.from(text) };
}

/** What is left of folders that were written to before. */
function leftNotes(moved: readonly Relocated[], show: (path: string) => string): string[] {
  return [...new Set(moved.map(({ from }) => from))].flatMap((from) => {
    const left = listFiles(from, isSourceFolder).filter((path) => path.endsWith(".ts") && isGeneratedFile(path)).length;
    if (left === 0) return [];
    const what = `has ${left} generated files that are not written any more`;
    return [`${show(from)} ${what}: delete it when nothing else imports from there, such as tests`];
  });
}

async function printMissing(plans: readonly SkeletonPlan[], { own }: PluginPair, cwd: string): Promise<OutputFile[]> {
  if (own === undefined) return [];
  const place = placeOf(own, cwd);
  const missing = plans.filter(({ existing }) => existing === undefined);
  return Promise.all(missing.map((plan) => printSkeleton(plan, place)));
}

/** Brings files that are there up to their schemas; what was generated is not written yet. */
async function mergeExisting(
  plans: readonly SkeletonPlan[],
  { own }: PluginPair,
  cwd: string,
  generated: readonly OutputFile[],
  relocated: readonly Relocated[],
): Promise<MergedFile[]> {
  if (own === undefined) return [];
  const contents = new Map(generated.map(({ path, content }) => [path, content]));
  const byPath = new Map(relocated.map((one) => [one.path, one]));
  return mergeSkeletons(plans, placeOf(own, cwd), contents, byPath);
}

function placeOf(own: PluginEntry, cwd: string): SkeletonPlace {
  const extension = importExtension(own, "js");
  return { cwd, out: outFolder(own, cwd), extension: extension === "none" ? "" : `.${extension}` };
}

/** Deletes what the plugins made once and would not make now. */
function deleteStale(
  { options, template, inputs, wanted = () => true }: Generated,
  produced: ReadonlySet<string>,
): string[] {
  const { cwd, dryRun = false } = options;
  // What other inputs bring is not known here, so nothing can be said to be gone.
  if (inputs.passed.length > 0) return [];
  const asked = new Set(inputs.built.flatMap(({ request }) => request.fileToGenerate));
  const described = new Set(inputs.built.flatMap(({ request }) => request.protoFile.map((file) => file.name)));
  const deleted = template.plugins.flatMap((plugin) => {
    const out = outFolder(plugin, cwd);
    const stale = findStale({
      out,
      plugin: plugin.name,
      produced,
      wanted: (source) => asked.has(source) && wanted(source),
      exists: (source) => described.has(source) || inputs.built.some(({ workspace }) => workspace.has(source)),
    });
    if (!dryRun) deleteFiles(stale, out, cwd);
    return stale;
  });
  // Two plugins that write to one folder both find what a killed run left there.
  return [...new Set(deleted)];
}

function mergeNotes(
  merged: readonly MergedFile[],
  plans: readonly SkeletonPlan[],
  show: (path: string) => string,
): string[] {
  return merged.flatMap(({ path, removed, trouble }) => {
    const gone = removed.map(
      ({ method, line, column }) =>
        `${show(path)}:${line}:${column}: ${method} is no longer in the schema; remove it when you are done with it`,
    );
    if (trouble === undefined) return gone;
    const missing = missingIn(path, plans);
    if (missing.length === 0) return [`${show(path)} was not compared with its schema: ${trouble}`];
    return [`${show(path)} lacks ${missing.join(", ")} and could not be changed (${trouble}): write it there`];
  });
}

function lacksOf(
  merged: readonly MergedFile[],
  plans: readonly SkeletonPlan[],
  show: (path: string) => string,
): LackReport[] {
  return merged.flatMap(({ path, trouble }) => {
    const methods = missingIn(path, plans);
    return trouble === undefined || methods.length === 0 ? [] : [{ path: show(path), methods, trouble }];
  });
}

function missingIn(path: string, plans: readonly SkeletonPlan[]): string[] {
  return plans.filter((plan) => plan.path === path).flatMap(missingMethods);
}
