// `crucible-gen generate`, from the template to the files in their places.
//
//   buf.gen.yaml ─▶ inputs compiled ─┬─▶ model: collisions, skeletons ─┬─▶ everything written ─▶ stale files deleted
//                                    └─▶ plugins run by buf ───────────┘
//
// Until the last two steps nothing of the user's is touched.
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { findBuf } from "../buf/binary.js";
import { type BufContext, type BuiltInputs, buildInputs } from "../buf/build.js";
import { locate, outFolder, runPlugins } from "../buf/generate.js";
import { searchPath } from "../buf/plugins.js";
import { createStage, type Stage } from "../buf/stage.js";
import { defaultTemplateText, parseTemplate, readTemplate, type Template } from "../buf/template.js";
import { GeneratorError, mistake } from "../errors.js";
import { modelOf } from "../generate.js";
import type { Model } from "../model/model.js";
import { findStale } from "../output/stale.js";
import { deleteFiles, type OutputFile, writeFiles } from "../output/write.js";
import { packageRoot } from "../package-root.js";
import { missingMethods, planSkeletons, type SkeletonPlan } from "../skeleton/plan.js";
import { printSkeleton } from "../skeleton/write.js";
import { isWellKnown } from "../targets/typescript/context.js";
import { checkTemplate, importExtension, isKnownPlugin, type PluginPair } from "./check-template.js";
import { refuseCollisions } from "./collisions.js";

/** The file that says what to generate, when no other is named. */
const defaultTemplatePath = "buf.gen.yaml";
const defaultOut = "gen";

/** What `crucible-gen generate` can be told. */
export interface GenerateOptions {
  /** Working directory, absolute: every path is relative to it. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The template. Default: `buf.gen.yaml`, which is written when it is not there. */
  readonly config?: string | undefined;
  /** Folder for generated code. Default: what the template says, or `gen`. */
  readonly out?: string | undefined;
  /** Whether to write `src/<service>.ts` where it is missing. */
  readonly skeleton: boolean;
  /** Gives up when it aborts; nothing has been written then, or everything. */
  readonly signal: AbortSignal;
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
  const inputs = await buildInputs(template, context);

  // The plugins take longer than the model and run beside it; what the model finds wrong is told first.
  const running = runPlugins(template, inputs, context);
  const [models, generated] = await Promise.allSettled([readModels(inputs, pair), running]);
  if (models.status === "rejected") throw models.reason;
  if (generated.status === "rejected") throw generated.reason;

  const plans = options.skeleton && pair.own !== undefined ? planSkeletons(models.value, join(cwd, "src")) : [];
  const skeletons = await printMissing(plans, pair, cwd);
  const templateFile = newText === undefined ? [] : [{ path: join(cwd, template.path), content: Buffer.from(newText) }];
  options.signal.throwIfAborted();
  const { files, notes } = generated.value;
  const report = writeFiles([...files, ...skeletons, ...templateFile], cwd);
  const produced = new Set(files.map((file) => file.path));
  const deleted = deleteStale(template, inputs, produced, cwd);
  const show = (file: string): string => slashes(relative(cwd, file));
  return {
    config: { path: template.path, written: newText !== undefined },
    folders: [...new Set(template.plugins.map((plugin) => show(outFolder(plugin, cwd)) || "."))],
    written: report.written.filter((file) => produced.has(file)).map(show),
    unchanged: report.unchanged.length,
    deleted: deleted.map(show),
    skeletons: skeletons.map((file) => show(file.path)),
    notes: [...notes, ...templateNotes(template, pair, models.value), ...skeletonNotes(plans, show)],
  };
}

/** The template to use and, when there was none, the text to write. */
function chooseTemplate({ cwd, config, out }: GenerateOptions): { template: Template; newText?: string } {
  const path = config ?? defaultTemplatePath;
  if (config !== undefined || existsSync(join(cwd, path))) {
    const template = readTemplate(resolve(cwd, path), path);
    return { template: out === undefined ? template : redirect(template, out) };
  }
  if (!existsSync(join(cwd, "proto"))) {
    throw mistake(
      `there is neither ${path} nor a folder proto in ${cwd}: write proto/notes.proto, or go to the folder that has it`,
    );
  }
  const newText = defaultTemplateText(slashes(out ?? defaultOut));
  return { template: parseTemplate(newText, path), newText };
}

/** The template with other folders for the plugins that belong together. */
function redirect(template: Template, out: string): Template {
  const plugins = template.plugins.map((plugin) => (isKnownPlugin(plugin) ? { ...plugin, out } : plugin));
  return { ...template, plugins };
}

function createContext({ cwd, env, signal }: GenerateOptions, stage: Stage): BufContext {
  const search = { cwd, packageRoot: packageRoot() };
  const inherited = env["PATH"] ?? "";
  const { platform, arch } = process;
  return {
    ...search,
    program: findBuf({ from: join(search.packageRoot, "package.json"), path: inherited, platform, arch }),
    env: { ...env, PATH: searchPath(search, inherited) },
    stage,
    signal,
  };
}

/** The models of all inputs, without collisions among them. Their mistakes name files as the user knows them. */
async function readModels(inputs: BuiltInputs, { own }: PluginPair): Promise<Model[]> {
  if (own === undefined) return [];
  try {
    const models = inputs.built.map(({ request }) => modelOf(request));
    refuseCollisions(models);
    return models;
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    throw new GeneratorError(
      error.mistakes.map(({ location, message }) => ({
        message,
        location: location && { ...location, path: locate(inputs, location.path) },
      })),
    );
  }
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

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}
