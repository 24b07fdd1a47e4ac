import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { mistake } from "../errors.js";

/** One entry of `inputs`: one kind of input, and what restricts it. */
export type Input = Readonly<Record<string, unknown>>;

/** One entry of `plugins`. */
export interface PluginEntry {
  /** What it is called in messages: the value of `local`, `remote` or `protoc_builtin`. */
  readonly name: string;
  /** Folder that it writes to, relative to the working directory. */
  readonly out: string;
  /** The options, as a list. */
  readonly options: readonly string[];
  /** Everything that the file says of it. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** A buf.gen.yaml. */
export interface Template {
  /** The file, as messages name it. */
  readonly path: string;
  readonly inputs: readonly Input[];
  readonly plugins: readonly PluginEntry[];
  /** Everything else the file says, such as `managed`. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** What is written when there is no buf.gen.yaml. Nothing in it depends on the machine. */
export function defaultTemplateText(out: string): string {
  const folder = /^[\w./-]+$/.test(out) ? out : JSON.stringify(out);
  return `# What \`crucible-gen generate\` runs; yours to change. It finds both plugins by itself. So does \`buf generate\` in an npm
# script, as long as no schema imports crucible/options or buf/validate: only crucible-gen brings these along.
version: v2
inputs:
  - directory: proto
plugins:
  - local: protoc-gen-es
    out: ${folder}
    strategy: all
    include_imports: true # Messages and options that come from elsewhere are imported by what is generated.
    opt: [target=ts, import_extension=js, erasable_syntax=true]
  - local: protoc-gen-crucible
    out: ${folder}
    strategy: all
    opt: [target=ts, import_extension=js]
`;
}

/**
 * Reads a buf.gen.yaml.
 *
 * @param path where it is, absolute.
 * @param shown how to name it in messages.
 * @throws GeneratorError when it is missing, no YAML, or not version v2 with plugins.
 */
export function readTemplate(path: string, shown: string): Template {
  return parseTemplate(readText(path, shown), shown);
}

/**
 * Reads the text of a buf.gen.yaml as far as it concerns us; the rest is for buf to judge.
 *
 * @param path names the file in messages.
 * @throws GeneratorError when it is no YAML, or not version v2 with plugins.
 */
export function parseTemplate(text: string, path: string): Template {
  const { version, inputs = [{ directory: "." }], plugins, clean: _, ...rest } = parseYaml(text, path);
  if (version === undefined) throw mistake(`${path} says no version: begin it with "version: v2"`);
  if (version !== "v2") {
    throw mistake(`${path} is not of version v2: run "npx buf config migrate --buf-gen-yaml ${path}"`);
  }
  if (!Array.isArray(inputs) || !inputs.every(isRecord)) {
    throw mistake(`${path}: inputs has to be a list such as [{directory: proto}]`);
  }
  if (plugins !== undefined && plugins !== null && !(Array.isArray(plugins) && plugins.every(isRecord))) {
    throw mistake(`${path}: plugins has to be a list such as [{local: protoc-gen-crucible, out: gen}]`);
  }
  if (plugins === undefined || plugins === null || plugins.length === 0) {
    throw mistake(`${path} lists no plugins: add "local: protoc-gen-crucible", or remove the file to have one written`);
  }
  return { path, inputs, plugins: plugins.map((entry) => readPlugin(entry, path)), rest };
}

/**
 * Reads a YAML file that holds a mapping.
 *
 * @throws GeneratorError when it cannot be read or holds something else.
 */
export function readYaml(path: string, shown: string): Record<string, unknown> {
  return parseYaml(readText(path, shown), shown);
}

function readPlugin(entry: Readonly<Record<string, unknown>>, path: string): PluginEntry {
  const { out, opt = [] } = entry;
  const command = entry["local"] ?? entry["remote"] ?? entry["protoc_builtin"];
  const name = Array.isArray(command) ? command.join(" ") : command;
  if (typeof name !== "string") {
    throw mistake(
      `${path}: a plugin says neither local nor remote nor protoc_builtin; say which program writes the code`,
    );
  }
  if (out === undefined || out === null || out === "") {
    throw mistake(`${path}: plugin ${name} has no out; name the folder that it writes to`);
  }
  if (typeof out !== "string") throw mistake(`${path}: out of plugin ${name} is no text; name a folder, such as gen`);
  // buf would make a folder of that name.
  const [unexpanded] = /^~(?=\/|$)|\$\w+|\$\{\w+\}/.exec(out) ?? [];
  if (unexpanded !== undefined) {
    throw mistake(
      `${path}: out of plugin ${name} is ${out}, where nothing stands in for ${unexpanded}; write the path out`,
    );
  }
  const list: readonly unknown[] = Array.isArray(opt) ? opt : [opt ?? []].flat();
  if (!list.every((value) => typeof value === "string" || typeof value === "number")) {
    throw mistake(`${path}: opt of plugin ${name} has to be a list of texts such as [target=ts]`);
  }
  const options = list.flatMap((value) => String(value).split(","));
  return { name, out, options, entry };
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw mistake(`there is no ${shown}: correct --config, or leave it out to have one written`);
    throw mistake(`${shown} cannot be read (${code}): check what it is and who may read it`);
  }
}

function parseYaml(text: string, path: string): Record<string, unknown> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw mistake(error.message, { path, line, column: col });
  }
  // An alias can make a small file unfold into a huge one; the library counts and refuses.
  const value = tryUnfold(() => document.toJS({ maxAliasCount: 100 }) as unknown, path);
  if (!isRecord(value))
    throw mistake(`${path} holds no settings: write "version: v2" and what follows, or remove the file`);
  return value;
}

function tryUnfold(unfold: () => unknown, path: string): unknown {
  try {
    return unfold();
  } catch (error) {
    throw mistake(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
