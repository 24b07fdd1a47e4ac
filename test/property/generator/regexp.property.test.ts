// Patterns become regular expressions that accept what RE2 accepts, in linear time.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { regexpLiteral } from "../../../generator/targets/typescript/pattern/regexp.js";
import { NoLiteralError, parsePattern } from "../../../generator/targets/typescript/pattern/syntax.js";
import { countSteps } from "../../support/backtracking.js";
import { characters, patterns, texts } from "../../support/patterns.js";
import { re2 } from "../../support/re2.js";

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 1000) };

/** The regular expression for a pattern, undefined when it is refused. */
function compile(pattern: string): RegExp | undefined {
  let literal: string;
  try {
    literal = regexpLiteral(pattern);
  } catch (error) {
    if (error instanceof NoLiteralError) return undefined;
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
        // No schema can hold half of a surrogate pair.
        fc.pre(!/\p{Surrogate}/u.test(pattern));
        const regexp = compile(pattern);
        if (regexp === undefined) return;
        compiled++;
        const matches = re2(pattern);
        for (const text of tried) expect([text, regexp.test(text)]).toEqual([text, matches(text)]);
      }),
      options,
    );
    expect(compiled).toBeGreaterThan(options.numRuns / 20);
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
