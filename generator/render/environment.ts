// Handlebars as it is used here: text in, text out. Values are computed beforehand; templates know `each` and `if`.
import type Handlebars from "handlebars";
import runtime from "handlebars/runtime.js";
import { templateSpec } from "./templates.js";

// The declarations of handlebars/runtime are empty.
const handlebars = runtime as unknown as typeof Handlebars;
// Ours do what the built-in ones do, without what templates here do not use: data, block parameters, other iterables.
handlebars.registerHelper("each", (list: readonly unknown[], { fn }: { fn(item: unknown): string }) => {
  let text = "";
  for (const item of list) text += fn(item);
  return text;
});
handlebars.registerHelper("eachLine", (lines: readonly string[]) =>
  lines.length === 0 ? "" : `${lines.join("\n")}\n`,
);
const compiled = new Map<string, Handlebars.TemplateDelegate>();

/**
 * Fills the template `templates/<template>.hbs` with a view.
 *
 * @throws Error when the template asks for something that the view does not have.
 */
export function render(template: string, view: object): string {
  let run = compiled.get(template);
  if (run === undefined) {
    run = handlebars.template(templateSpec(template));
    compiled.set(template, run);
  }
  return run(view);
}
