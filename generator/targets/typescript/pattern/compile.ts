// How a pattern of a schema is run.
//
// Nanoseconds to find a match, each way's median of nine interleaved rounds (Node 20.20, two cores of an EPYC):
//
//                                          literal   automaton   @bufbuild/re2
//   ^[a-z0-9]+(-[a-z0-9]+)*$   29 chars        51         109            4949
//   an email address           38 chars        57         138            4757
//   a semantic version         15 chars        42          59            1749
//   (\w+\s?)*!$                44 chars         -         166             920
//   ^\p{L}+( \p{L}+)*$         19 chars         -         161            3845
//
// A literal weighs nothing; the first automaton of a bundle 1.1 KB minified, each further one its table (16 to 104
// characters here, 3 KB for \p{L}); @bufbuild/re2 weighs 50 KB. The first match takes 0.02 ms by an automaton (0.1 ms with
// \p{L}), 0.2 ms by @bufbuild/re2.
import { buildAutomaton } from "./automaton.js";
import { minimize } from "./minimize.js";
import { compileProgram, type Program } from "./program.js";
import { regexpLiteral } from "./regexp.js";
import { type RunPattern, runOf } from "./run.js";
import { NoLiteralError } from "./syntax.js";
import { encodeTable } from "./table.js";

export { PatternError } from "./program.js";

/** A pattern as generated code has it; each finds what RE2 finds, in time linear in the text. */
export type CompiledPattern =
  /** One run of ASCII characters, for `asciiRun` of the runtime. */
  | { readonly kind: "run"; readonly run: RunPattern }
  /** A regular expression of JavaScript with the flag `u`. */
  | { readonly kind: "literal"; readonly literal: string }
  /** An automaton; its table as `Automaton` of the runtime reads it. */
  | { readonly kind: "automaton"; readonly table: string; readonly states: number; readonly kinds: number }
  /** Left to @bufbuild/re2, which has to be installed where the code runs. */
  | { readonly kind: "re2"; readonly reason: string };

/** The longest table, in characters. Half a dozen of these weigh as much as @bufbuild/re2. */
const maxTableLength = 8_192;

/**
 * Compiles a pattern of RE2, as `string.pattern`, `bytes.pattern` and `matches()` of CEL have it: it is searched anywhere in
 * the text.
 *
 * @throws PatternError when RE2 refuses it, or when it is too large to be tried; a phrase that follows the pattern.
 */
export function compilePattern(source: string): CompiledPattern {
  // First, so that RE2 alone says what is a pattern.
  const program = compileProgram(source);
  // @bufbuild/re2 searches for plain text by indexOf, which finds half of a surrogate pair inside of one.
  if (namesHalfPair(program)) return { kind: "re2", reason: "it names half of a surrogate pair" };
  const run = runOf(source);
  if (run !== undefined) return { kind: "run", run };
  const literal = tryLiteral(source);
  if (literal !== undefined) return { kind: "literal", literal };
  const automaton = buildAutomaton(program);
  if (automaton === undefined) return { kind: "re2", reason: "it is too large for an automaton" };
  const smallest = minimize(automaton);
  const table = encodeTable(smallest);
  if (table.length > maxTableLength) {
    return { kind: "re2", reason: `its automaton would take ${table.length} characters` };
  }
  return { kind: "automaton", table, states: smallest.accepts.length, kinds: smallest.kinds.count };
}

function namesHalfPair({ instructions }: Program): boolean {
  return instructions.some((one) => {
    if (one.kind !== "take" || one.ranges.length !== 1) return false;
    const [first, last] = one.ranges[0]!;
    return first === last && first >= 0xd800 && first < 0xe000;
  });
}

function tryLiteral(source: string): string | undefined {
  try {
    return regexpLiteral(source);
  } catch (error) {
    if (error instanceof NoLiteralError) return undefined;
    throw error;
  }
}
