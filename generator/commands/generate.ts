// `crucible-gen generate`, from the template to the files in their places.
//
//   buf.gen.yaml ─▶ inputs compiled ─┬─▶ model: collisions, skeletons ─┬─▶ everything written ─▶ stale files deleted
//                                    └─▶ plugins run by buf ───────────┘
//
// Until the last two steps nothing of the user's is touched. A skeleton that is there already is merged, never replaced.
import { join, relative } from "node:path";
import { type BuiltInputs, buildInputs } from "../buf/build.js";
import { outFolder, runPlugins } from "../buf/generate.js";
import { createStage } from "../buf/stage.js";
import type { PluginEntry, Template } from "../buf/template.js";
import type { Model } from "../model/model.js";
import { findStale } from "../output/stale.js";
import { deleteFiles, type OutputFile, writeFiles } from "../output/write.js";
import { missingMethods, planSkeletons, type SkeletonPlan } from "../skeleton/plan.js";
import { type MergedFile, mergeSkeletons } from "../skeleton/apply.js";
import { printSkeleton, type SkeletonPlace } from "../skeleton/write.js";
import { isWellKnown } from "../targets/typescript/context.js";
import { checkTemplate, importExtension, type PluginPair } from "./check-template.js";
import type { Progress } from "./progress.js";
import { chooseTemplate, createContext, type ProjectOptions, readModels, slashes } from "./project.js";

/** What `crucible-gen generate` can be told. */
export interface GenerateOptions extends ProjectOptions {
  /** Whether to write `src/<service>.ts` where it is missing, and to add to it what is new in the schema. */
  readonly skeleton: boolean;
  /** Say what would be done, and do nothing. Default: false. */
  readonly dryRun?: boolean;
  /** Is told each step; aborting `signal` before the last leaves everything as it was. */
  readonly progress?: Progress;
}

/** What was done. Paths are relative to the working directory, with forward slashes. */
export interface GenerateReport {
  /** The template, and whether it was written now. */
  readonly config: { readonly path: string; readonly written: boolean };
  /** The folders that plugins write to. */
  readonly folders: readonly string[];
  /** Generated files that are new or have changed. */
  readonly written: readonly string[];
  /** How many generated files are as they were. */
  readonly unchanged: number;
  /** Generated files whose .proto is gone. */
  readonly deleted: readonly string[];
  /** Files of the user that were started for them. */
  readonly skeletons: readonly string[];
  /** Files of the user that have changed: methods that are new, methods whose types are others now. */
  readonly merged: readonly {
    readonly path: string;
    readonly added: readonly string[];
    readonly adjusted: readonly string[];
  }[];
  /** Methods that only the user can change, as diffs of their heads. */
  readonly conflicts: readonly ConflictReport[];
  /** Files of the user that lack methods and could not be changed. */
  readonly lacking: readonly LackReport[];
  /** Of files of the user, in a dry run: what would change, as unified diffs. */
  readonly diffs: readonly string[];
  /** Whether nothing was done. */
  readonly dryRun: boolean;
  /** What the user should know: one line each. */
  readonly notes: readonly string[];
}

/** A method that answers in another way than the schema says now. */
export interface ConflictReport {
  readonly path: string;
  readonly line: number;
  readonly method: string;
  /** Its head as it is, and as it has to be. */
  readonly before: string;
  readonly after: string;
}

/** A file of the user that only the user can bring up to its schema. */
export interface LackReport {
  readonly path: string;
  /** The methods that are missing, by their names in TypeScript. */
  readonly methods: readonly string[];
  /** Why it could not be changed. */
  readonly trouble: string;
}

/**
 * Generates.
 *
 * @throws GeneratorError when the user has to put something right; nothing was changed then.
 */
export async function generate(options: GenerateOptions): Promise<GenerateReport> {
  const { cwd } = options;
  const { template, newText } = chooseTemplate(options);
  const pair = checkTemplate(template, cwd);
  using stage = createStage();
  const context = createContext(options, stage);
  options.progress?.say("compiling schemas");
  const inputs = await buildInputs(template, context);

  options.progress?.say("generating code");
  // The plugins take longer than the model and run beside it; what the model finds wrong is told first.
  const running = runPlugins(template, inputs, context);
  const [models, generated] = await Promise.allSettled([modelsFor(pair, inputs), running]);
  if (models.status === "rejected") throw models.reason;
  if (generated.status === "rejected") throw generated.reason;

  const plans = options.skeleton && pair.own !== undefined ? planSkeletons(models.value, join(cwd, "src")) : [];
  const skeletons = await printMissing(plans, pair, cwd);
  const { files, notes } = generated.value;
  const merged = await mergeExisting(plans, pair, cwd, files);
  const templateFile = newText === undefined ? [] : [{ path: join(cwd, template.path), content: Buffer.from(newText) }];
  options.signal.throwIfAborted();
  const dryRun = options.dryRun === true;
  const changed = new Map(
    merged.flatMap(({ output }) => (output === undefined ? [] : [[output.path, output] as const])),
  );
  const report = writeFiles([...files, ...skeletons, ...changed.values(), ...templateFile], cwd, { dryRun });
  const produced = new Set(files.map((file) => file.path));
  const deleted = deleteStale(template, inputs, produced, cwd, dryRun);
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
    conflicts: merged.flatMap(({ path, conflicts }) => conflicts.map((one) => ({ path: show(path), ...one }))),
    lacking: lacksOf(merged, plans, show),
    diffs: dryRun ? merged.map(({ diff }) => diff).filter((diff) => diff !== "") : [],
    dryRun,
    notes: [...notes, ...templateNotes(template, pair, models.value), ...mergeNotes(merged, plans, show)],
  };
}

/** What the model finds wrong comes as a rejection, so that the plugins are waited for. */
async function modelsFor({ own }: PluginPair, inputs: BuiltInputs): Promise<Model[]> {
  return own === undefined ? [] : readModels(inputs);
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
): Promise<MergedFile[]> {
  if (own === undefined) return [];
  return mergeSkeletons(plans, placeOf(own, cwd), new Map(generated.map(({ path, content }) => [path, content])));
}

function placeOf(own: PluginEntry, cwd: string): SkeletonPlace {
  const extension = importExtension(own, "js");
  return { cwd, out: outFolder(own, cwd), extension: extension === "none" ? "" : `.${extension}` };
}

/** Deletes what the plugins made once and would not make now. */
function deleteStale(
  template: Template,
  inputs: BuiltInputs,
  produced: ReadonlySet<string>,
  cwd: string,
  dryRun: boolean,
): string[] {
  // What other inputs bring is not known here, so nothing can be said to be gone.
  if (inputs.passed.length > 0) return [];
  const wanted = new Set(inputs.built.flatMap(({ request }) => request.fileToGenerate));
  const described = new Set(inputs.built.flatMap(({ request }) => request.protoFile.map((file) => file.name)));
  return template.plugins.flatMap((plugin) => {
    const out = outFolder(plugin, cwd);
    const stale = findStale({
      out,
      plugin: plugin.name,
      produced,
      wanted: (source) => wanted.has(source),
      exists: (source) => described.has(source) || inputs.built.some(({ workspace }) => workspace.has(source)),
    });
    if (!dryRun) deleteFiles(stale, out, cwd);
    return stale;
  });
}

function templateNotes(template: Template, { own, es }: PluginPair, models: readonly Model[]): string[] {
  if (own === undefined)
    return [`${template.path} has no plugin protoc-gen-crucible: add it to get codecs and services`];
  const imports = models
    .flatMap(({ files }) => files)
    .filter((file) => file.generate)
    .flatMap((file) => file.dependencies)
    .find((file) => !file.generate && !isWellKnown(file));
  if (imports === undefined || es === undefined || es.entry["include_imports"] === true) return [];
  return [
    `${template.path}: protoc-gen-es leaves out ${imports.path}, which is imported; add include_imports: true to it`,
  ];
}

function mergeNotes(
  merged: readonly MergedFile[],
  plans: readonly SkeletonPlan[],
  show: (path: string) => string,
): string[] {
  return merged.flatMap(({ path, removed, trouble }) => {
    const gone = removed.map(
      ({ method, line }) =>
        `${show(path)}:${line}: ${method} is no longer in the schema; remove it when you are done with it`,
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
