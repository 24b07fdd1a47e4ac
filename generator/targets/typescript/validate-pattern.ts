// Patterns in generated code: the constant that is declared for one, and the test of a value.
import type { FileContext } from "./context.js";
import { type CompiledPattern, compilePattern } from "./pattern/compile.js";
import { fits } from "../../emit/layout.js";
import type { RunPattern } from "./pattern/run.js";
import { constant, lines, type Statement, stringLiteral } from "./validate-layout.js";

export { PatternError } from "./pattern/compile.js";

/** Longer patterns are not repeated beside what was made of them. */
const maxShownLength = 80;
/** Tables are cut into strings that leave room for their indentation, quotes and plus. */
const tableLineLength = 110;

/** A pattern as a file of generated code holds it. */
export interface PatternCode {
  /** How it is run; for "re2", with the reason to tell the user. */
  readonly compiled: CompiledPattern;
  /** Declares the constant `name`. */
  declare(name: string): Statement;
  /**
   * The expression that tells whether the pattern is found in a text.
   *
   * @param name the constant.
   * @param text an expression for the text.
   */
  test(name: string, text: string): string;
}

/**
 * The code for a pattern of RE2: of a rule, or of `matches()` with a literal in CEL.
 *
 * @throws PatternError when it is no such pattern; a phrase that follows the pattern.
 */
export function patternCode(source: string, context: FileContext): PatternCode {
  const compiled = compilePattern(source);
  switch (compiled.kind) {
    case "run":
      return {
        compiled,
        declare: (name) => run(name, context.runtime("asciiRun"), compiled.run, shown("run", source)),
        test: (name, text) => `${name}(${text})`,
      };
    case "literal":
      return {
        compiled,
        declare: (name) => constant(name, [compiled.literal]),
        test: (name, text) => `${context.runtime("matches")}(${text}, ${name})`,
      };
    case "automaton":
      return {
        compiled,
        declare: (name) =>
          instance(name, context.runtime("Automaton"), tableLines(compiled.table), shown("automaton", source)),
        test: (name, text) => `${name}.test(${text})`,
      };
    case "re2":
      return {
        compiled,
        declare: (name) => instance(name, context.runtime("Re2"), [stringLiteral(source)]),
        test: (name, text) => `${name}.test(${text})`,
      };
  }
}

/** `const name = new Class("…");`, a long argument in strings of one line each. */
function instance(name: string, className: string, strings: readonly string[], comment?: string): Statement {
  return lines(() => {
    const head = `const ${name} = /* @__PURE__ */ new ${className}(`;
    const above = comment === undefined ? [] : [`// ${comment}`];
    const [first = "", ...rest] = strings;
    const line = `${head}${first});`;
    if (rest.length === 0 && fits(line)) return [...above, line];
    const body = [`  ${first}`, ...rest.map((one) => `    ${one}`)].map((one, i) =>
      i < rest.length ? `${one} +` : `${one},`,
    );
    return [...above, head, ...body, ");"];
  });
}

function tableLines(table: string): string[] {
  return (table.match(new RegExp(`.{1,${tableLineLength}}`, "g")) ?? []).map((text) => `"${text}"`);
}

/** `const name = asciiRun("…", "…", 1);` */
function run(name: string, callee: string, { first, others, least, most }: RunPattern, comment: string): Statement {
  const args = [stringLiteral(first), stringLiteral(others), String(least)];
  if (most !== Infinity) args.push(String(most));
  return lines(() => {
    const head = `const ${name} = /* @__PURE__ */ ${callee}(`;
    const line = `${head}${args.join(", ")});`;
    const body = fits(line) ? [line] : [head, ...args.map((argument) => `  ${argument},`), ");"];
    return [`// ${comment}`, ...body];
  });
}

/** A pattern in a comment, without anything that could end the line. */
function shown(way: string, source: string): string {
  return `The ${way} of ${source.length > maxShownLength ? "the pattern" : stringLiteral(source)}.`;
}
