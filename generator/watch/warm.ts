// The two plugins inside this process: started once, they answer for one file in a few milliseconds, where a process of
// its own takes some hundred to begin.
import { createRequire } from "node:module";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, CodeGeneratorRequestSchema } from "@bufbuild/protobuf/wkt";
import type { BufContext, BuiltInput, BuiltInputs } from "../buf/build.js";
import { locate, outFolder, type PluginRun } from "../buf/generate.js";
import { pluginCommand } from "../buf/plugins.js";
import type { PluginEntry, Template } from "../buf/template.js";
import { withPlaces } from "../commands/project.js";
import { formatMistake, mistake, type Note } from "../errors.js";
import { filesOf, generateFiles } from "../generate.js";
import type { Model } from "../model/model.js";
import type { OutputFile } from "../output/write.js";
import { closureOf } from "./changes.js";

/** What protoc-gen-es exports beside its program, which is not documented: where it is missing, buf runs it as ever. */
interface EsPlugin {
  run(request: CodeGeneratorRequest): {
    readonly error: string;
    readonly file: readonly { readonly name: string; readonly content: string }[];
  };
}

interface WarmPlugin {
  readonly entry: PluginEntry;
  /** Undefined for our own. */
  readonly es: EsPlugin | undefined;
}

/** The plugins of a template, ready to be asked. */
export class WarmPlugins {
  readonly #plugins: readonly WarmPlugin[];
  readonly #cwd: string;

  private constructor(plugins: readonly WarmPlugin[], cwd: string) {
    this.#plugins = plugins;
    this.#cwd = cwd;
  }

  /** Undefined for a template that asks for more than both plugins and folders of schemas: only buf knows what it means. */
  static load(template: Template, context: BufContext): WarmPlugins | undefined {
    const plain = template.inputs.every((input) =>
      Object.keys(input).every((key) => ["directory", "paths", "exclude_paths"].includes(key)),
    );
    if (!plain || Object.keys(template.rest).length > 0) return undefined;
    const plugins: WarmPlugin[] = [];
    for (const entry of template.plugins) {
      const script = pluginCommand(entry, context)?.[1];
      const known = Object.keys(entry.entry).every((key) =>
        ["local", "out", "opt", "strategy", "include_imports"].includes(key),
      );
      if (script === undefined || !known || /\.(?:zip|jar)$/.test(entry.out)) return undefined;
      const es = entry.name === "protoc-gen-es" ? loadEs(script) : undefined;
      if (es === undefined && entry.name !== "protoc-gen-crucible") return undefined;
      plugins.push({ entry, es });
    }
    return new WarmPlugins(plugins, context.cwd);
  }

  /**
   * Runs all of them.
   *
   * @param files of each input, by the path that others import them by.
   * @param models of the inputs.
   * @throws GeneratorError with what they have to say.
   */
  run(inputs: BuiltInputs, files: readonly ReadonlySet<string>[], models: readonly Model[]): PluginRun {
    const outputs: OutputFile[] = [];
    const notes: string[] = [];
    for (const { entry, es } of this.#plugins) {
      const out = outFolder(entry, this.#cwd);
      for (const [i, input] of inputs.built.entries()) {
        const asked = requestFor(entry, input.request, files[i]!);
        if (asked.fileToGenerate.length === 0) continue;
        const made = es === undefined ? ownFiles(inputs, input, asked, models[i]!, notes) : esFiles(es, asked);
        for (const { path, content } of made) outputs.push({ path: join(out, path), content: Buffer.from(content) });
      }
    }
    return { files: outputs.toSorted((a, b) => (a.path < b.path ? -1 : 1)), notes };
  }
}

/** The request that buf would make for these files. */
function requestFor(
  { entry, options }: PluginEntry,
  request: CodeGeneratorRequest,
  files: ReadonlySet<string>,
): CodeGeneratorRequest {
  const asked = new Set(request.fileToGenerate);
  const withImports = entry["include_imports"] === true;
  const protoFile = closureOf(files, request);
  const fileToGenerate = protoFile
    .map(({ name }) => name)
    .filter((name) => files.has(name))
    .filter((name) => asked.has(name) || (withImports && !name.startsWith("google/protobuf/")));
  return create(CodeGeneratorRequestSchema, { parameter: options.join(","), fileToGenerate, protoFile });
}

function ownFiles(
  inputs: BuiltInputs,
  { request }: BuiltInput,
  asked: CodeGeneratorRequest,
  model: Model,
  notes: string[],
): { path: string; content: string }[] {
  const tell = ({ location, message }: Note): void => {
    const place = location && { ...location, path: locate(inputs, location.path) };
    notes.push(formatMistake({ location: place, message }));
  };
  const all = new Set(request.fileToGenerate);
  return withPlaces(inputs, () => {
    // The model knows the files that the input asks for; imports may be asked for beside them.
    if (!asked.fileToGenerate.every((name) => all.has(name))) return [...generateFiles(asked, tell)];
    const wanted = new Set(asked.fileToGenerate);
    const files = model.files.filter(({ generate, path }) => !generate || wanted.has(path));
    return [...filesOf({ ...model, files }, asked.parameter, tell)];
  });
}

function esFiles(es: EsPlugin, request: CodeGeneratorRequest): { path: string; content: string }[] {
  let answer: ReturnType<EsPlugin["run"]>;
  try {
    answer = es.run(request);
  } catch (error) {
    throw mistake(`protoc-gen-es: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (answer.error !== "") throw mistake(`protoc-gen-es: ${answer.error}`);
  return answer.file.map(({ name, content }) => ({ path: name, content }));
}

function loadEs(script: string): EsPlugin | undefined {
  try {
    const loaded = createRequire(script)("../dist/cjs/src/protoc-gen-es-plugin.js") as { protocGenEs?: EsPlugin };
    return typeof loaded.protocGenEs?.run === "function" ? loaded.protocGenEs : undefined;
  } catch {
    return undefined;
  }
}
