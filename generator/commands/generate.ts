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
import type { GenerateReport } from "./generate-report.js";
import { place, type PlaceOptions } from "./place.js";
import type { Progress } from "./progress.js";
import { chooseTemplate, createContext, type ProjectOptions, readModels } from "./project.js";

/** What `crucible-gen generate` can be told. */
export interface GenerateOptions extends ProjectOptions, PlaceOptions {
  /** Is told each step; aborting `signal` before the last leaves everything as it was. */
  readonly progress?: Progress;
  /** Is given the schemas once they are compiled, before anything is made of them. */
  readonly onCompiled?: (inputs: BuiltInputs) => void;
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
