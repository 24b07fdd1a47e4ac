// `crucible-gen generate`, from the template to the files in their places.
//
//   buf.gen.yaml ─▶ inputs compiled ─┬─▶ model: collisions, skeletons ─┬─▶ everything written ─▶ stale files deleted
//                                    └─▶ plugins run by buf ───────────┘
//
// Until the last two steps nothing of the user's is touched.
import { join, relative } from "node:path";
import { type BuiltInputs, buildInputs } from "../buf/build.js";
import { outFolder, runPlugins } from "../buf/generate.js";
import { createStage } from "../buf/stage.js";
import type { Template } from "../buf/template.js";
import type { Model } from "../model/model.js";
import { findStale } from "../output/stale.js";
import { deleteFiles, type OutputFile, writeFiles } from "../output/write.js";
import { missingMethods, planSkeletons, type SkeletonPlan } from "../skeleton/plan.js";
import { printSkeleton } from "../skeleton/write.js";
import { isWellKnown } from "../targets/typescript/context.js";
import { checkTemplate, importExtension, type PluginPair } from "./check-template.js";
import type { Progress } from "./progress.js";
import { chooseTemplate, createContext, type ProjectOptions, readModels, slashes } from "./project.js";

/** What `crucible-gen generate` can be told. */
export interface GenerateOptions extends ProjectOptions {
  /** Whether to write `src/<service>.ts` where it is missing. */
  readonly skeleton: boolean;
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
  /** What the user should know: one line each. */
  readonly notes: readonly string[];
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
  const templateFile = newText === undefined ? [] : [{ path: join(cwd, template.path), content: Buffer.from(newText) }];
  options.signal.throwIfAborted();
  const report = writeFiles([...generated.value, ...skeletons, ...templateFile], cwd);
  const produced = new Set(generated.value.map((file) => file.path));
  const deleted = deleteStale(template, inputs, produced, cwd);
  const show = (file: string): string => slashes(relative(cwd, file));
  return {
    config: { path: template.path, written: newText !== undefined },
    folders: [...new Set(template.plugins.map((plugin) => show(outFolder(plugin, cwd)) || "."))],
    written: report.written.filter((file) => produced.has(file)).map(show),
    unchanged: report.unchanged.length,
    deleted: deleted.map(show),
    skeletons: skeletons.map((file) => show(file.path)),
    notes: [...templateNotes(template, pair, models.value), ...skeletonNotes(plans, show)],
  };
}

/** What the model finds wrong comes as a rejection, so that the plugins are waited for. */
async function modelsFor({ own }: PluginPair, inputs: BuiltInputs): Promise<Model[]> {
  return own === undefined ? [] : readModels(inputs);
}

async function printMissing(plans: readonly SkeletonPlan[], { own }: PluginPair, cwd: string): Promise<OutputFile[]> {
  if (own === undefined) return [];
  const extension = importExtension(own, "js");
  const place = { cwd, out: outFolder(own, cwd), extension: extension === "none" ? "" : `.${extension}` };
  const missing = plans.filter(({ existing }) => existing === undefined);
  return Promise.all(missing.map((plan) => printSkeleton(plan, place)));
}

/** Deletes what the plugins made once and would not make now. */
function deleteStale(template: Template, inputs: BuiltInputs, produced: ReadonlySet<string>, cwd: string): string[] {
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
    deleteFiles(stale, out, cwd);
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

function skeletonNotes(plans: readonly SkeletonPlan[], show: (path: string) => string): string[] {
  return plans.flatMap((plan) => {
    const missing = missingMethods(plan);
    if (missing.length === 0) return [];
    const methods = `${missing.length === 1 ? "method" : "methods"} ${missing.join(", ")}`;
    return [`${show(plan.path)} lacks the ${methods} of ${plan.service.name}: the file is yours, so write it there`];
  });
}
