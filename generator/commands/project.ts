// The project that a command works on: its template, its schemas, what they describe.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { findBuf } from "../buf/binary.js";
import type { BufContext, BuiltInputs } from "../buf/build.js";
import { locate } from "../buf/generate.js";
import { searchPath } from "../buf/plugins.js";
import type { Stage } from "../buf/stage.js";
import { defaultTemplateText, parseTemplate, readTemplate, type Template } from "../buf/template.js";
import { GeneratorError, mistake } from "../errors.js";
import { modelOf } from "../generate.js";
import type { Model } from "../model/model.js";
import { packageRoot } from "../package-root.js";
import { isKnownPlugin } from "./check-template.js";
import { refuseCollisions } from "./collisions.js";

/** The file that says what to generate, when no other is named. */
export const defaultTemplatePath = "buf.gen.yaml";
const defaultOut = "gen";

/** Where a project is, and what it is told. */
export interface ProjectOptions {
  /** Working directory, absolute: every path is relative to it. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The template. Default: `buf.gen.yaml` and, where there is none, what `generate` would write. */
  readonly config?: string | undefined;
  /** Folder for generated code. Default: what the template says, or `gen`. */
  readonly out?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The template to use and, when there was none, the text to write.
 *
 * @throws GeneratorError when there is neither a template nor a folder of schemas.
 */
export function chooseTemplate({ cwd, config, out }: ProjectOptions): { template: Template; newText?: string } {
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

/** What every run of buf for the project needs. */
export function createContext({ cwd, env, signal }: ProjectOptions, stage: Stage): BufContext {
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

/**
 * The models of all inputs, without collisions among them.
 *
 * @throws GeneratorError whose places name files as the user knows them.
 */
export function readModels(inputs: BuiltInputs): Model[] {
  return withPlaces(inputs, () => {
    const models = inputs.built.map(({ request: { parameter, fileToGenerate }, files }) =>
      modelOf({ parameter, fileToGenerate, protoFile: files }),
    );
    refuseCollisions(models);
    return models;
  });
}

/** Does something whose mistakes name files as they are imported; those of a GeneratorError are named as the user knows them. */
export function withPlaces<T>(inputs: BuiltInputs, action: () => T): T {
  try {
    return action();
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

/** The template with other folders for the plugins that belong together. */
function redirect(template: Template, out: string): Template {
  const plugins = template.plugins.map((plugin) => (isKnownPlugin(plugin) ? { ...plugin, out } : plugin));
  return { ...template, plugins };
}

/** A path as messages and settings write it on every system. */
export function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}
