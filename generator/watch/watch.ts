// `crucible-gen generate --watch`: everything once, then what a change affects.
//
//   a .proto changed ─▶ compiled by buf ─▶ which descriptors differ ─▶ those files by the plugins in this process ─▶ written
//   buf.gen.yaml or buf.yaml changed ─▶ everything, as without --watch
//
// What is wrong is told, and the watching goes on.
import { join, resolve } from "node:path";
import type { BuiltInputs } from "../buf/build.js";
import { createStage } from "../buf/stage.js";
import type { Template } from "../buf/template.js";
import { sourcesOf } from "../buf/workspace.js";
import { checkTemplate } from "../commands/check-template.js";
import { generate, type GenerateOptions } from "../commands/generate.js";
import type { GenerateReport } from "../commands/generate-report.js";
import { place } from "../commands/place.js";
import { chooseTemplate, createContext, defaultTemplatePath, readModels } from "../commands/project.js";
import { type Watched, Watcher } from "../dev/watch.js";
import { GeneratorError, type Mistake } from "../errors.js";
import { affectedFiles, type Descriptors, descriptorsOf } from "./changes.js";
import { WarmPlugins } from "./warm.js";
import { Workplace } from "./workplace.js";

/**
 * How long nothing may change before it is looked at, in milliseconds: editors write a file in several steps. buf takes
 * another 15 until it reads.
 */
const quietMs = 2;

/** One thing that happened. */
export type WatchEvent =
  | {
      readonly event: "generated";
      readonly report: GenerateReport;
      /** Milliseconds from what the system told of the change to the files written; of the first run, all of it. */
      readonly ms: number;
      /** How much of it buf took to compile; undefined where everything was generated. */
      readonly compileMs: number | undefined;
    }
  | { readonly event: "failed"; readonly mistakes: readonly Mistake[] };

/** What to watch. */
export interface WatchOptions extends GenerateOptions {
  /** Is told what happens, as it happens. */
  readonly onEvent: (event: WatchEvent) => void;
}

/** What the last good run has left. */
interface Known {
  readonly template: Template;
  readonly descriptors: readonly Descriptors[];
  readonly plugins: WarmPlugins;
}

/**
 * Generates until the signal aborts.
 *
 * @throws GeneratorError when there is nothing to watch.
 */
export async function watchSchemas(options: WatchOptions): Promise<void> {
  const { signal, onEvent } = options;
  let watched = watchedBy(options);
  let watcher = new Watcher(watched.all, quietMs);
  let known: Known | undefined;
  let begun = performance.now();
  using workplace = new Workplace(options);
  try {
    while (!signal.aborted) {
      try {
        const done = known === undefined ? await everything(options) : await affected(known, options, workplace);
        known = done.known;
        if (done.report.config.written) watcher.accept([resolve(options.cwd, done.report.config.path)]);
        onEvent({ event: "generated", report: done.report, ms: performance.now() - begun, compileMs: done.compileMs });
        // While nobody waits: the first change is to be as fast as the others.
        if (done.known !== undefined && done.compileMs === undefined) {
          workplace.accept(done.inputs);
          await warmUp(done.known, options, workplace);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof GeneratorError)) throw error;
        onEvent({ event: "failed", mistakes: error.mistakes });
      }
      const changed = await watcher.next(signal);
      begun = watcher.takeFirstEvent() ?? performance.now();
      if (!watcher.sameFiles) workplace.renew();
      if (!changed.some((path) => watched.settings.has(path))) continue;
      known = undefined;
      const next = tryWatch(options, onEvent);
      if (next === undefined) continue;
      watcher[Symbol.dispose]();
      watched = next;
      watcher = new Watcher(watched.all, quietMs);
    }
  } finally {
    watcher[Symbol.dispose]();
  }
}

/** What one run has done, and what the next may build on. */
interface Done {
  readonly report: GenerateReport;
  readonly inputs: BuiltInputs;
  readonly known: Known | undefined;
  readonly compileMs: number | undefined;
}

async function everything(options: WatchOptions): Promise<Done> {
  let compiled: BuiltInputs = { built: [], passed: [] };
  const report = await generate({ ...options, onCompiled: (inputs) => (compiled = inputs) });
  const { template } = chooseTemplate(options);
  using stage = createStage();
  const plugins = WarmPlugins.load(template, createContext(options, stage));
  const known = plugins && { template, plugins, descriptors: compiled.built.map(descriptorsOf) };
  return { report, inputs: compiled, known, compileMs: undefined };
}

async function affected(
  { template, plugins, descriptors: before }: Known,
  options: WatchOptions,
  workplace: Workplace,
): Promise<Done> {
  const begun = performance.now();
  const inputs = await workplace.compile(template);
  const compileMs = performance.now() - begun;
  const descriptors = inputs.built.map(descriptorsOf);
  const files = inputs.built.map(({ request }, i) => affectedFiles(before[i] ?? new Map(), descriptors[i]!, request));
  const models = readModels(inputs);
  const made = plugins.run(inputs, files, models);
  const wanted = (source: string): boolean => files.some((ofInput) => ofInput.has(source));
  const pair = checkTemplate(template, options.cwd);
  const report = await place({ options, template, pair, inputs, models, made, wanted });
  return { report, inputs, known: { template, plugins, descriptors }, compileMs };
}

/**
 * Runs once what every change runs, as if the first file had changed, and writes nothing: code that has run is fast. The first
 * change takes 80 to 98 ms so, where it took 86 to 131 (five files, two cores).
 */
async function warmUp(known: Known, options: WatchOptions, workplace: Workplace): Promise<void> {
  const descriptors = known.descriptors.map((ofInput) => new Map([...ofInput].slice(0, -1)));
  try {
    await affected({ ...known, descriptors }, { ...options, dryRun: true }, workplace);
  } catch (error) {
    if (!(error instanceof GeneratorError) && !options.signal.aborted) throw error;
    // Whatever is wrong is told after the next change, or was told before.
  }
}

interface WatchedProject {
  readonly all: readonly Watched[];
  /** Files after whose change everything is generated anew. */
  readonly settings: ReadonlySet<string>;
}

function tryWatch(options: WatchOptions, onEvent: WatchOptions["onEvent"]): WatchedProject | undefined {
  try {
    return watchedBy(options);
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    onEvent({ event: "failed", mistakes: error.mistakes });
    return undefined;
  }
}

function watchedBy(options: WatchOptions): WatchedProject {
  const { cwd, config } = options;
  const { template } = chooseTemplate(options);
  const sources = template.inputs.flatMap((input) =>
    typeof input["directory"] === "string" ? [sourcesOf(resolve(cwd, input["directory"]), cwd)] : [],
  );
  const settings = [resolve(cwd, config ?? join(cwd, defaultTemplatePath)), ...sources.flatMap((one) => one.settings)];
  const folders = new Set(sources.flatMap((one) => one.folders));
  return {
    all: [
      ...[...folders].map((path) => ({ path, counts: (file: string) => file.endsWith(".proto") })),
      ...settings.map((path) => ({ path, counts: () => true })),
    ],
    settings: new Set(settings),
  };
}
