// Patterns of schemas are run in four ways; each says what @bufbuild/re2 says, of patterns and of texts.
import { RE2JS } from "@bufbuild/re2";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CompiledPattern,
  compilePattern,
  PatternError,
} from "../../../generator/targets/typescript/pattern/compile.js";
import { Automaton } from "../../../runtime/typescript/src/validate/automaton.js";
import { buildAutomaton } from "../../../generator/targets/typescript/pattern/automaton.js";
import { minimize } from "../../../generator/targets/typescript/pattern/minimize.js";
import { compileProgram } from "../../../generator/targets/typescript/pattern/program.js";
import { encodeTable } from "../../../generator/targets/typescript/pattern/table.js";
import { patternRunner } from "../../support/pattern-runner.js";
import { patterns, texts } from "../../support/patterns.js";

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 2000) };

function reference(pattern: string): RE2JS | undefined {
  try {
    return new RE2JS(pattern);
  } catch {
    return undefined;
  }
}

function compile(pattern: string): CompiledPattern | undefined {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

describe("compilePattern", () => {
  it("says what @bufbuild/re2 says", () => {
    const ways = { run: 0, literal: 0, automaton: 0, re2: 0, invalid: 0 };
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 5, maxLength: 10 }), (pattern, tried) => {
        const compiled = compile(pattern);
        const engine = reference(pattern);
        expect([pattern, compiled !== undefined]).toEqual([pattern, engine !== undefined]);
        ways[compiled?.kind ?? "invalid"]++;
        if (compiled === undefined || engine === undefined) return;
        const own = patternRunner(compiled, pattern);
        for (const text of tried) expect([text, own.test(text)]).toEqual([text, engine.test(text)]);
      }),
      options,
    );
    // Otherwise the patterns or the texts have become too simple.
    expect(ways.literal).toBeGreaterThan(options.numRuns / 20);
    expect(ways.automaton).toBeGreaterThan(options.numRuns / 10);
    expect(ways.invalid).toBeGreaterThan(options.numRuns / 20);
  });

  it("makes automata of what could be literals, too", () => {
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 5, maxLength: 10 }), (pattern, tried) => {
        const engine = reference(pattern);
        if (engine === undefined || compilePattern(pattern).kind === "re2") return;
        const automaton = buildAutomaton(compileProgram(pattern));
        if (automaton === undefined) return;
        const own = new Automaton(encodeTable(minimize(automaton)));
        for (const text of tried) expect([text, own.test(text)]).toEqual([text, engine.test(text)]);
      }),
      options,
    );
  });

  it("says what @bufbuild/re2 says of runs of characters", () => {
    const characters = fc.constantFrom(
      "a-z",
      "A-Z",
      "0-9",
      "_",
      "\\-",
      ".",
      "\\w",
      "\\d",
      "\\s",
      "@",
      "\\x00",
      "\\x7f",
      "[:alpha:]",
    );
    const classes = fc.array(characters, { minLength: 1, maxLength: 4 }).map((parts) => `[${parts.join("")}]`);
    const counts = fc.oneof(
      fc.constantFrom("", "*", "+", "?", "*?", "+?"),
      fc.tuple(fc.nat(3), fc.nat(3)).map(([least, more]) => `{${least},${least + more}}`),
      fc.nat(3).map((least) => `{${least},}`),
    );
    const run = fc
      .tuple(fc.option(classes, { nil: "" }), classes, counts)
      .map(([first, others, count]) => `^${first}${others}${count}$`);
    const alphabet = fc.constantFrom(..."aZ0_-. @\u0000\u007f\n\té\ud83d😀");
    const text = fc.array(alphabet, { maxLength: 8 }).map((parts) => parts.join(""));
    let runs = 0;
    fc.assert(
      fc.property(run, fc.array(text, { minLength: 10, maxLength: 20 }), (pattern, tried) => {
        const compiled = compilePattern(pattern);
        if (compiled.kind === "run") runs++;
        const engine = new RE2JS(pattern);
        const own = patternRunner(compiled, pattern);
        for (const one of tried) expect([one, own.test(one)]).toEqual([one, engine.test(one)]);
      }),
      options,
    );
    expect(runs).toBeGreaterThan(options.numRuns / 3);
  });
});
