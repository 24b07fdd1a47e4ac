// Where templates come from when the generator runs from its sources: read and compiled when first used. The bundle
// has this module replaced by one that holds them all compiled.
import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { compileTemplate, type Template } from "./compile.js";

const compiled = new Map<string, Template>();

/** The template `<language>/<name>`, compiled. */
export function templates(name: string): Template {
  let template = compiled.get(name);
  if (template !== undefined) return template;
  const source = readFileSync(new URL(`../../templates/${name}.hbs`, import.meta.url), "utf8");
  // oxlint-disable-next-line no-new-func -- the text is what has just been compiled.
  template = new Function(`return ${compileTemplate(Handlebars, source)}`)() as Template;
  compiled.set(name, template);
  return template;
}
