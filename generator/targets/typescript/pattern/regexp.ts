import { assertLinear } from "./paths.js";
import { parsePattern, type Pattern } from "./syntax.js";

export { PatternError } from "./syntax.js";

/**
 * The regular expression of JavaScript, as a literal with the flag `u`, that accepts exactly what a pattern of RE2
 * accepts, in linear time.
 *
 * @throws PatternError when the pattern is not of the part of RE2's syntax for which that is known.
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
