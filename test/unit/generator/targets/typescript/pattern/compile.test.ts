import { RE2JS } from "@bufbuild/re2";
import { describe, expect, it } from "vitest";
import { compilePattern, PatternError } from "../../../../../../generator/targets/typescript/pattern/compile.js";
import { patternRunner } from "../../../../../support/pattern-runner.js";
import { Automaton } from "../../../../../../runtime/typescript/src/validate/automaton.js";

/** The automaton that a pattern becomes; fails when it becomes something else. */
function automatonOf(pattern: string): Automaton {
  const compiled = compilePattern(pattern);
  if (compiled.kind !== "automaton") throw new Error(`${pattern} is run as ${compiled.kind}`);
  return new Automaton(compiled.table);
}

describe("compilePattern", () => {
  it.each([
    ["^[a-z][a-z0-9-]*$", { first: "az", others: "--09az", least: 1, most: Infinity }],
    ["^\\d{4}$", { first: "09", others: "09", least: 4, most: 4 }],
    ["\\A[a-f]+\\z", { first: "af", others: "af", least: 1, most: Infinity }],
    ["^[A-Z_][[:word:]]{0,63}$", { first: "AZ__", others: "09AZ__az", least: 1, most: 64 }],
    ["^a*$", { first: "aa", others: "aa", least: 0, most: Infinity }],
    ["^xy$", { first: "xx", others: "yy", least: 2, most: 2 }],
  ])("finds one run of characters in %j", (pattern, run) => {
    expect(compilePattern(pattern)).toEqual({ kind: "run", run });
  });

  it.each([
    "^[a-z]",
    "[a-z]$",
    "^[a-z]*[0-9]$",
    "^[^a]$",
    "^é+$",
    "^(a)+$",
    "^[a-z]?[0-9]$",
    "^a{0}$",
    "^$",
    "^\\b$",
    "^a|b$",
  ])("finds more than a run in %j", (pattern) => {
    expect(compilePattern(pattern).kind).not.toBe("run");
  });

  it.each(["^[a-z0-9]+(-[a-z0-9]+)*$", "^\\d{4}-\\d{2}$", "\\bno\\d|yes\\z", "^.$", "", "[[:^alpha:]]"])(
    "keeps %j as a literal",
    (pattern) => {
      expect(compilePattern(pattern).kind).toBe("literal");
    },
  );

  it.each([
    // Would take more than linear time.
    "^(a|a)*$",
    "(\\w+\\s?)*$",
    "a*a*b",
    "^\\S+@\\S+$",
    // Not in JavaScript, or not the same there.
    "(?i)yes",
    "(?s)a.b",
    "(?m)^a$",
    "(?U)a+",
    "\\Qa.b\\E",
    "^\\p{L}+$",
    "\\pN",
    "^\\012$",
    "a{,2}",
    "{",
    "(|a)*",
    "^*",
  ])("makes an automaton of %j", (pattern) => {
    expect(compilePattern(pattern).kind).toBe("automaton");
  });

  it.each([
    ["(a|b)*a(a|b){20}c", /too large/],
    ["^(?:[ab]{1,500}c?){1,2}[ab]{1,500}(?:aa|bb){1,500}$", /too large|characters/],
    ["[a-c]{0,1000}x[a-c]{1000}", /too large|characters/],
    ["\\x{d83d}", /half of a surrogate pair/],
  ])("leaves %j to @bufbuild/re2", (pattern, reason) => {
    expect(compilePattern(pattern)).toEqual({ kind: "re2", reason: expect.stringMatching(reason) });
  });

  it("spends bounded time and memory on what grows", () => {
    // 400,000 instructions of RE2, none of which are looked at twice.
    expect(compilePattern(".{1000}".repeat(400)).kind).toBe("re2");
    expect(compilePattern("(?:\\pL\\pN\\p{Greek}?[^\\pZ\\x{2}])+".repeat(60)).kind).not.toBe("literal");
    expect(compilePattern(`(?:${"(?:a|b)".repeat(12)}[ab]*){3}x`).kind).not.toBe("literal");
  });

  it.each([
    ["(a", /refused by RE2: missing closing \)/],
    ["a**", /invalid nested repetition operator/],
    ["\\C", /invalid escape sequence/],
    ["\\p{Nope}", /invalid character class range/],
    ["a{1001}", /invalid repeat count/],
    ["((a{100}){10}){10}", /invalid repeat count/],
  ])("refuses %j", (pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
    expect(() => compilePattern(pattern)).toThrow(reason);
  });

  it("refuses in one line, however long the pattern", () => {
    expect(() => compilePattern("(".repeat(2_000) + ")".repeat(2_000))).toThrow(/nests too deeply/);
    expect(() => compilePattern(`(${"ab".repeat(500)}\n`)).toThrow(/^.{1,300}$/);
  });

  it("refuses what is too large before RE2 sees it", () => {
    expect(() => compilePattern(".{1000}".repeat(600))).toThrow(/repeats so much/);
    expect(() => compilePattern(`(?i)${"[a-\\x{1e900}]".repeat(300)}`)).toThrow(/repeats so much/);
    expect(() => compilePattern("a".repeat(20_000))).toThrow(/is longer than/);
  });

  it("says what @bufbuild/re2 says where JavaScript would not", () => {
    const texts = [
      "\u000b",
      "\u00a0",
      "\u2028",
      "\ufeff",
      "😀",
      "\ud83d",
      "K",
      "\u212a",
      "ſ",
      "ß",
      "ẞ",
      "İ",
      "a\n",
      "é",
      "",
    ];
    const patterns = [
      "^\\s$",
      "^\\S$",
      "^.$",
      "^[^a]$",
      "(?i)^k$",
      "(?i)^s$",
      "(?i)^ß$",
      "(?i)^i$",
      "a\\z",
      "a$",
      "(?m)a$",
    ];
    patterns.push(
      "^\\W$",
      "\\b",
      "\\B",
      "^\\pL$",
      "^\\p{Ll}$",
      "^(?i)\\p{Lu}$",
      "^\\PL$",
      "^\\x{1F600}$",
      "^[[:word:]]$",
    );
    for (const pattern of patterns) {
      const engine = new RE2JS(pattern);
      const compiled = compilePattern(pattern);
      const own = patternRunner(compiled, pattern);
      for (const text of texts) expect([pattern, text, own.test(text)]).toEqual([pattern, text, engine.test(text)]);
    }
  });

  it.each(["^(a|a)*$", "(\\w+\\s?)*$", "a*a*b", "^(a+)+$", "(a|aa)+!", "(.*)*x"])(
    "%j finds its way through a million characters",
    (pattern) => {
      // An engine that backtracks would not come back from any of these.
      const own = automatonOf(pattern);
      for (const unit of ["a", "a ", "ab", "é"]) {
        const text = unit.repeat(1_000_000 / unit.length);
        expect(typeof own.test(`${text}!`)).toBe("boolean");
      }
    },
  );
});
