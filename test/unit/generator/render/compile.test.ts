import Handlebars from "handlebars";
import { describe, expect, test } from "vitest";
import { compileTemplate, type Template } from "../../../../generator/render/compile.js";
import { render } from "../../../../generator/render/environment.js";

const compile = (source: string): Template =>
  new Function(`return ${compileTemplate(Handlebars, source)}`)() as Template;

function fill(source: string, view: object): string {
  const need = Object.assign(
    (of: unknown, name: string): unknown => {
      throw new Error(`${name} is missing in ${JSON.stringify(of)}`);
    },
    {
      holds: (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value)),
      lines: (lines: unknown): string => (lines as string[]).map((line) => `${line}\n`).join(""),
    },
  );
  return compile(source)(view, need);
}

describe("a template prints what Handlebars prints of it", () => {
  const view = {
    name: "Note",
    quoted: '"`${x}`\\',
    none: [],
    lines: ["a", "b"],
    inner: { head: "h", body: [{ text: "t" }] },
    items: [
      { name: "x", list: ["1"] },
      { name: "y", list: [] },
    ],
    no: false,
    zero: 0,
  };
  test.each([
    "{{name}} {{quoted}}",
    "{{#if none}}\nyes\n{{else}}\nno\n{{/if}}\n",
    "{{#if no}}a{{else if name}}b{{else}}c{{/if}}{{#if zero}}d{{/if}}",
    "{{#each lines}}\n{{this}}\n{{/each}}\nend",
    "{{#each lines}}<{{this}}>{{/each}}",
    "{{inner.head}}{{#each inner.body}}{{text}}{{../name}}{{/each}}",
    "{{#each items}}\n{{name}}:{{#if list}}{{#each list}}{{this}}{{../name}}{{../../name}}{{/each}}{{/if}}\n{{/each}}\n",
    "{{! not printed }}x",
  ])("%s", (source) => {
    expect(fill(source, view)).toBe(Handlebars.compile(source, { noEscape: true })(view));
  });
});

test.each([
  "{{helper name}}",
  "{{#unless a}}{{/unless}}",
  "{{> partial}}",
  "{{@index}}",
  "{{../name}}",
  "{{#each a}}{{else}}{{/each}}",
])("%s is refused", (source) => {
  expect(() => compile(source)).toThrow("templates have no");
});

test("a view that lacks a name is a fault, one that has it as undefined is not", () => {
  expect(() => render("typescript/validate", {})).toThrow('"validators" is not in the view of a template');
  expect(() => render("typescript/daemon", { reexport: undefined })).toThrow("is not in the view");
});
