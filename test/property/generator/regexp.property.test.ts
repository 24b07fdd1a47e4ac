// Patterns become regular expressions that accept what RE2 accepts, in linear time.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PatternError, regexpLiteral } from "../../../generator/targets/typescript/pattern/regexp.js";
import { parsePattern } from "../../../generator/targets/typescript/pattern/syntax.js";
import { countSteps } from "../../support/backtracking.js";
import { re2 } from "../../support/re2.js";

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 1000) };

const characters = [
  "a",
  "b",
  "c",
  "-",
  "_",
  " ",
  "1",
  "\n",
  "\r",
  "\t",
  "\v",
  "\u2028",
  "\u00a0",
  "é",
  "😀",
  ".",
  "]",
  "^",
  "\\",
  "/",
];
const escapes = [
  "d",
  "D",
  "w",
  "W",
  "s",
  "S",
  "b",
  "B",
  "A",
  "z",
  ".",
  "-",
  "]",
  "\\",
  "/",
  "n",
  "v",
  "x41",
  "x{1F600}",
  "_",
  '"',
  "é",
  "1",
  "p",
  "Q",
  "Z",
  "u",
];
const classes = [
  "[:alpha:]",
  "[:^digit:]",
  "[:word:]",
  "[:space:]",
  "[:nope:]",
  "a-c",
  "-",
  "^",
  "\\d",
  "\\S",
  "\\]",
  "]",
  "[",
  "é",
  "a",
  "0-9",
  "c-a",
  "\\x41",
  "\\n",
  "\\b",
];

/** Texts that are mostly patterns of RE2, and some that are not. */
const patterns: fc.Arbitrary<string> = fc
  .letrec<{ choice: string; sequence: string; part: string; atom: string }>((tie) => ({
    choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("|")),
    sequence: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
    part: fc
      .tuple(
        tie("atom"),
        fc.constantFrom(
          "",
          "",
          "",
          "",
          "*",
          "+",
          "?",
          "{2}",
          "{1,3}",
          "{2,}",
          "*?",
          "+?",
          "{0}",
          "{,2}",
          "**",
          "{2,1}",
        ),
      )
      .map(([atom, times]) => atom + times),
    atom: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { arbitrary: fc.constantFrom(...characters.slice(0, 16)), weight: 6 },
      { arbitrary: fc.constantFrom(".", "^", "$"), weight: 2 },
      { arbitrary: fc.constantFrom(...escapes).map((escape) => `\\${escape}`), weight: 3 },
      {
        arbitrary: fc
          .tuple(fc.boolean(), fc.array(fc.constantFrom(...classes), { minLength: 1, maxLength: 4 }))
          .map(([negated, items]) => `[${negated ? "^" : ""}${items.join("")}]`),
        weight: 3,
      },
      {
        arbitrary: fc
          .tuple(fc.constantFrom("(", "(", "(?:", "(?P<n>", "(?i:"), tie("choice"))
          .map(([open, inner]) => `${open}${inner})`),
        weight: 4,
      },
    ),
  }))
  .choice.chain((pattern) => fc.constantFrom(pattern, `^${pattern}$`, `^(?:${pattern})$`));

const texts = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((parts) => parts.join(""));

/** The regular expression for a pattern, undefined when it is refused. */
function compile(pattern: string): RegExp | undefined {
  let literal: string;
  try {
    literal = regexpLiteral(pattern);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
  const end = literal.lastIndexOf("/");
  return new RegExp(literal.slice(1, end), literal.slice(end + 1));
}

describe("regexpLiteral", () => {
  it("accepts what RE2 accepts", () => {
    let compiled = 0;
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 3, maxLength: 8 }), (pattern, tried) => {
        const regexp = compile(pattern);
        if (regexp === undefined) return;
        compiled++;
        const matches = re2(pattern);
        for (const text of tried) expect([text, regexp.test(text)]).toEqual([text, matches(text)]);
      }),
      options,
    );
    expect(compiled).toBeGreaterThan(options.numRuns / 10);
  });

  it("lets nothing through that takes more than linear time", () => {
    const units = fc
      .array(fc.constantFrom(...characters.slice(0, 8)), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(patterns, units, texts, texts, (pattern, unit, before, after) => {
        if (compile(pattern) === undefined) return;
        const tree = parsePattern(pattern);
        const steps = (times: number): number => countSteps(tree, before + unit.repeat(times) + after, 200_000).steps;
        // Twice the length may cost twice as much, and a little for what is around it.
        expect(steps(160)).toBeLessThanOrEqual(2.2 * steps(80) + 200);
      }),
      options,
    );
  });
});
