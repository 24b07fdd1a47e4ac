// `crucible-gen generate`, from the template to the files in their places.
//
//   buf.gen.yaml ─▶ inputs compiled ─┬─▶ model: collisions, skeletons ─┬─▶ everything written ─▶ stale files deleted
//                                    └─▶ plugins run by buf ───────────┘
//
// Until the last two steps nothing of the user's is touched. A skeleton that is there already is merged, never replaced.
import { type BuiltInputs, buildInputs } from "../buf/build.js";
import { runPlugins } from "../buf/generate.js";
import { createStage } from "../buf/stage.js";
import type { Model } from "../model/model.js";
import { checkTemplate, type PluginPair } from "./check-template.js";
import { place } from "./place.js";
import type { Progress } from "./progress.js";
import { chooseTemplate, createContext, type ProjectOptions, readModels } from "./project.js";

/** What `crucible-gen generate` can be told. */
export interface GenerateOptions extends ProjectOptions {
  /** Whether to write `src/<service>.ts` where it is missing, and to add to it what is new in the schema. */
  readonly skeleton: boolean;
  /** Say what would be done, and do nothing. Default: false. */
  readonly dryRun?: boolean;
  /** Is told each step; aborting `signal` before the last leaves everything as it was. */
  readonly progress?: Progress;
  /** Is given the schemas once they are compiled, before anything is made of them. */
  readonly onCompiled?: (inputs: BuiltInputs) => void;
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
  /** Where it begins, both from 1. */
  readonly line: number;
  readonly column: number;
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
  options.onCompiled?.(inputs);

  options.progress?.say("generating code");
  // The plugins take longer than the model and run beside it; what the model finds wrong is told first.
  const running = runPlugins(template, inputs, context);
  const [models, generated] = await Promise.allSettled([modelsFor(pair, inputs), running]);
  if (models.status === "rejected") throw models.reason;
  if (generated.status === "rejected") throw generated.reason;

  return place({ options, template, newText, pair, inputs, models: models.value, made: generated.value });
}

/** What the model finds wrong comes as a rejection, so that the plugins are waited for. */
async function modelsFor({ own }: PluginPair, inputs: BuiltInputs): Promise<Model[]> {
  return own === undefined ? [] : readModels(inputs);
}
