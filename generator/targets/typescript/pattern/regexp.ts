import { assertLinear } from "./paths.js";
import { parsePattern, type Pattern } from "./syntax.js";

export { NoLiteralError } from "./syntax.js";

/**
 * The regular expression of JavaScript, as a literal with the flag `u`, that accepts exactly what a pattern of RE2
 * accepts, in linear time.
 *
 * @throws NoLiteralError when that is not known of the pattern: it uses other syntax, can take more than linear time, or is
 * no pattern at all.
 */
export function regexpLiteral(source: string): string {
  const pattern = parsePattern(source);
  assertLinear(pattern);
  return `/${print(pattern) || "(?:)"}/u`;
}

function print(pattern: Pattern): string {
  switch (pattern.kind) {
    case "set":
    case "assertion":
      return pattern.text;
    case "sequence":
      return pattern.parts.map(print).join("");
    case "choice":
      return pattern.parts.map(print).join("|");
    case "group":
      return `(?:${print(pattern.part)})`;
    case "repeat":
      return print(pattern.part) + pattern.text;
  }
}
