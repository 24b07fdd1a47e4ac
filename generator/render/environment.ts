// Handlebars as it is used here: text in, text out. Values are computed beforehand; templates know `each` and `if`.
import type Handlebars from "handlebars";
import runtime from "handlebars/runtime.js";
import { templateSpec } from "./templates.js";

// The declarations of handlebars/runtime are empty.
const handlebars = runtime as unknown as typeof Handlebars;
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
