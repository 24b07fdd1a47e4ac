// Patterns of schemas are run in three ways; each says what @bufbuild/re2 says, of patterns and of texts.
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

/** What generated code would do. */
function runner(compiled: CompiledPattern, pattern: string): { test(text: string): boolean } {
  switch (compiled.kind) {
    case "literal": {
      const end = compiled.literal.lastIndexOf("/");
      return new RegExp(compiled.literal.slice(1, end), compiled.literal.slice(end + 1));
    }
    case "automaton":
      return new Automaton(compiled.table);
    case "re2":
      return new RE2JS(pattern);
  }
}

describe("compilePattern", () => {
  it("says what @bufbuild/re2 says", () => {
    const ways = { literal: 0, automaton: 0, re2: 0, invalid: 0 };
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 5, maxLength: 10 }), (pattern, tried) => {
        const compiled = compile(pattern);
        const engine = reference(pattern);
        expect([pattern, compiled !== undefined]).toEqual([pattern, engine !== undefined]);
        ways[compiled?.kind ?? "invalid"]++;
        if (compiled === undefined || engine === undefined) return;
        const own = runner(compiled, pattern);
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
});
