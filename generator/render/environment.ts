// Text in, text out. Values are computed beforehand; templates know `each` and `if`.
import type { Need } from "./compile.js";
import { templates } from "./templates.js";

const need: Need = Object.assign(
  (view: unknown, name: string): unknown => {
    const found = (view as Readonly<Record<string, unknown>>)[name];
    if (found !== undefined || Object.hasOwn(view as object, name)) return found;
    throw new Error(`"${name}" is not in the view of a template`);
  },
  {
    holds: (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value)),
    lines: (lines: unknown): string => {
      const list = lines as readonly string[];
      return list.length === 0 ? "" : `${list.join("\n")}\n`;
    },
  },
);

/**
 * Fills the template `templates/<template>.hbs` with a view.
 *
 * @throws Error when the template asks for something that the view does not have.
 */
export function render(template: string, view: object): string {
  return templates(template)(view, need);
}
