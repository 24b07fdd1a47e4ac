// Where templates come from when the generator runs from its sources: read and compiled when first used. The bundle
// has this module replaced by one that holds them all compiled.
import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { compileTemplate } from "./compile.js";

/** The compiled form of the template `<language>/<name>`. */
export function templateSpec(template: string): TemplateSpecification {
  const source = readFileSync(new URL(`../../templates/${template}.hbs`, import.meta.url), "utf8");
  const specification = compileTemplate(Handlebars, source);
  // oxlint-disable-next-line no-new-func -- the text is what the line above compiled.
  return new Function(`return ${specification}`)() as TemplateSpecification;
}
