import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { listFiles } from "../output/list.js";
import type { OutputFile } from "../output/write.js";
import type { BufContext, BuiltInputs } from "./build.js";
import { pluginCommand } from "./plugins.js";
import { generateMistakes, generateNotes, runBuf } from "./run.js";
import type { PluginEntry, Template } from "./template.js";

/** What a run of the plugins made. */
export interface PluginRun {
  /** What belongs where. */
  readonly files: readonly OutputFile[];
  /** What the plugins want the user to know: one line each. */
  readonly notes: readonly string[];
}

/**
 * Runs the plugins of a template over compiled inputs. They write into the temporary folder; nothing of the user's is
 * touched.
 *
 * @throws GeneratorError with what the plugins have to say.
 */
export async function runPlugins(template: Template, inputs: BuiltInputs, context: BufContext): Promise<PluginRun> {
  // Plugins with the same folder share it here too, so that buf sees it when two write the same file.
  const folders = [...new Set(template.plugins.map((plugin) => outFolder(plugin, context.cwd)))];
  const names = new Map<string, string>();
  const plugins = template.plugins.map((plugin) => {
    const folder = `${folders.indexOf(outFolder(plugin, context.cwd))}`;
    const command = pluginCommand(plugin, context);
    if (command !== undefined) names.set(command.join(" "), plugin.name);
    return {
      ...plugin.entry,
      ...(command === undefined ? {} : { local: command }),
      out: isArchive(plugin.out) ? `${folder}/${basename(plugin.out)}` : folder,
    };
  });
  const path = join(context.stage.root, "buf.gen.json");
  const sources = [...inputs.built.map(({ input }) => input), ...inputs.passed];
  writeFileSync(path, JSON.stringify({ ...template.rest, version: "v2", inputs: sources, plugins }));
  const out = context.stage.folder("out");
  const result = await runBuf({ ...context, args: ["generate", "--template", path, "-o", out] });
  if (!result.ok) throw generateMistakes(result, template.path, names, (file) => locate(inputs, file));
  const files = folders.flatMap((folder, i) => {
    const made = join(out, `${i}`);
    return listFiles(made, () => true).map((file) => ({
      path: join(folder, relative(made, file)),
      content: readFileSync(file),
    }));
  });
  return { files, notes: generateNotes(result, (file) => locate(inputs, file)) };
}

/** The path to show for a file that other .proto files import by the path given. */
export function locate(inputs: BuiltInputs, importPath: string): string {
  const owner = inputs.built.find(({ workspace }) => workspace.has(importPath));
  return owner === undefined ? importPath : owner.workspace.locate(importPath);
}

/** The folder that a plugin writes to, absolute. */
export function outFolder({ out }: PluginEntry, cwd: string): string {
  return resolve(cwd, isArchive(out) ? dirname(out) : out);
}

/** buf packs what it makes when the name of `out` ends so. */
function isArchive(out: string): boolean {
  return /\.(?:zip|jar)$/.test(out);
}
