import { describe, expect, it } from "vitest";
import { regexpLiteral } from "../../../../../../generator/targets/typescript/pattern/regexp.js";
import { NoLiteralError, parsePattern } from "../../../../../../generator/targets/typescript/pattern/syntax.js";
import { countSteps } from "../../../../../support/backtracking.js";

describe("regexpLiteral", () => {
  it.each([
    ["", "/(?:)/"],
    ["^[a-z][a-z0-9-]*$", "/^[a-z][a-z0-9-]*$/"],
    ["^([a-z]+)/(?P<name>[^/]+)$", "/^(?:[a-z]+)\\/(?:[^/]+)$/u"],
    ["^.\\s\\S$", "/^[^\\n][\\t\\n\\f\\r ][^\\t\\n\\f\\r ]$/u"],
    ["\\Aa\\z", "/^a$/"],
    ["[]a^-]", "/[\\]a\\^-]/"],
    ["[^\\]\\d-]", "/[^\\]\\d-]/u"],
    ["[[:alpha:]_]", "/[A-Za-z_]/"],
    ["}]", "/\\}\\]/"],
    ["\\x{1F600}\\x41\\a\\_", "/😀A\\x07_/u"],
    ["^a+?b{2,3}?$", "/^a+b{2,3}$/"],
    [
      "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$",
      "/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$/",
    ],
    ["foo|ba[rz]", "/foo|ba[rz]/"],
  ])("compiles %j", (pattern, literal) => {
    expect(regexpLiteral(pattern)).toBe(literal);
  });

  it.each([
    // Takes exponential time in an engine that backtracks.
    ["^(a+)+$", /linear time/],
    ["^(a|a)*$", /linear time/],
    ["^(a|b|ab)*$", /linear time/],
    ["^(.*,)*x$", /linear time/],
    // Takes quadratic time.
    ["^a*a*$", /linear time/],
    ["a+b", /linear time/],
    ["\\s+$", /linear time/],
    ["^(.+)@(.+)$", /linear time/],
    ["(|a)*", /may be empty/],
    ["(a*)?", /may be empty/],
    ["^*", /may be empty/],
    ["(^|$|\\b)(^|$|\\b)(^|$|\\b)(^|$|\\b)(^|$|\\b)(^|$|\\b)(^|$|\\b)a", /linear time/],
    ["((a{0,100}){1,100}){1,100}", /may be empty/],
    ["((a{1,100}){1,100}){1,100}", /too large|linear time/],
    [`${"(".repeat(10_000)}a${")".repeat(10_000)}`, /nests more/],
    [`^${"(a|b|[ab])".repeat(30)}$`, /linear time/],
    [`^${"[a-z]?".repeat(2000)}$`, /linear time|too large/],
    // Is none of RE2, or means something else there.
    ["a**", /repetition/],
    ["*a", /nothing for \*/],
    ["a{2,1}", /count/],
    ["a{1001}", /count/],
    ["a{,2}", /no count/],
    ["{", /nothing to repeat/],
    ["a)", /\) without/],
    ["(a", /\( without/],
    ["[a", /\[ without/],
    ["[b-a]", /before its beginning/],
    ["[[:nope:]]", /unknown class/],
    ["a\\", /backslash/],
    ["(?i)a", /\(\?/],
    ["(?=a)", /\(\?/],
    ["(?P<a>b)(?P<a>c)", /same name/],
    ["\\1", /this part of the syntax/],
    ["\\pL", /this part of the syntax/],
    ["\\Qa\\E", /this part of the syntax/],
    ["\\u0041", /this part of the syntax/],
    ["\\x{110000}", /no character/],
    ["\\x{d800}", /no character/],
  ])("refuses %j", (pattern, reason) => {
    expect(() => regexpLiteral(pattern)).toThrow(NoLiteralError);
    expect(() => regexpLiteral(pattern)).toThrow(reason);
  });
});

/** What it costs to find nothing in `aaa…!`. */
function steps(pattern: string, length: number): number {
  return countSteps(parsePattern(pattern), `${"a".repeat(length)}!`, 1_000_000).steps;
}

describe("countSteps", () => {
  it("finds the growth that regexpLiteral refuses", () => {
    expect(steps("^(a+)+$", 16)).toBeGreaterThan(10 * steps("^(a+)+$", 12));
    expect(steps("a+b", 80)).toBeGreaterThan(3 * steps("a+b", 40));
    expect(steps("^[a-z]+$", 80)).toBeLessThan(2.2 * steps("^[a-z]+$", 40));
  });
});
