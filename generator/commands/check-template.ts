import { mistake } from "../errors.js";
import { outFolder } from "../buf/generate.js";
import type { PluginEntry, Template } from "../buf/template.js";

/** The two plugins that make what belongs together. */
export interface PluginPair {
  /** protoc-gen-crucible, when the template has it. */
  readonly own: PluginEntry | undefined;
  /** protoc-gen-es, when the template has it. */
  readonly es: PluginEntry | undefined;
}

/**
 * Finds our plugin and protoc-gen-es, whose files import each other.
 *
 * @throws GeneratorError when their options do not go together.
 */
export function checkTemplate(template: Template, cwd: string): PluginPair {
  const own = template.plugins.find(
    (plugin) => isNamed(plugin.name, "protoc-gen-crucible") && writesTypeScript(plugin),
  );
  const es = template.plugins.find(({ name }) => isNamed(name, "protoc-gen-es"));
  if (own === undefined || es === undefined) return { own, es };
  if (outFolder(own, cwd) !== outFolder(es, cwd)) {
    throw mistake(
      `${template.path}: protoc-gen-es writes to ${es.out} and protoc-gen-crucible to ${own.out}; give both the same out`,
    );
  }
  const [theirs, ours] = [importExtension(es, "none"), importExtension(own, "js")];
  if (theirs !== ours) {
    throw mistake(
      `${template.path}: protoc-gen-es has import_extension=${theirs} and protoc-gen-crucible ${ours}; give both the same`,
    );
  }
  return { own, es };
}

/** Whether a plugin is one of the two. */
export function isKnownPlugin(plugin: PluginEntry): boolean {
  const { name } = plugin;
  return (isNamed(name, "protoc-gen-crucible") && writesTypeScript(plugin)) || isNamed(name, "protoc-gen-es");
}

/** Whether our plugin writes code here, and not documentation. */
function writesTypeScript({ options }: PluginEntry): boolean {
  const target = options.findLast((text) => text.startsWith("target="));
  return target === undefined || target === "target=ts";
}

/** The value of the option `import_extension` of a plugin, without a dot. */
export function importExtension(plugin: PluginEntry, fallback: string): string {
  const option = plugin.options.findLast((text) => text.startsWith("import_extension="));
  return option?.slice("import_extension=".length).replace(/^\./, "") ?? fallback;
}

function isNamed(command: string, plugin: string): boolean {
  return command.split(/[\s/\\]/).includes(plugin);
}
