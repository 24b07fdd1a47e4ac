// What RE2 makes of a pattern. The parser and the compiler are those of @bufbuild/re2, so that a pattern means here what
// it means there, down to its tables of Unicode; the generator carries them in its bundle. Nobody else reads the library's
// instructions.
//
// Where Go's RE2, which protovalidate-go runs, differs: it has the Unicode tables of its Go release where these are of 16.0;
// it never meets half of a surrogate pair, which strings of JavaScript can hold and which here is a character like any
// other; and from bytes it does not drop a byte order mark. Neither knows \C, which RE2 of C++ has.
import { RE2JS, RE2JSException } from "@bufbuild/re2";
import { complement, type Ranges } from "./character-set.js";
import { expandedSize, maxPatternLength, maxPatternSize } from "./size.js";

/** A mistake in a pattern: a phrase that follows the pattern. */
export class PatternError extends Error {}

/** What has to hold between two characters for an assertion to be passed. */
export type Assertion = "line_begin" | "line_end" | "text_begin" | "text_end" | "word_boundary" | "no_word_boundary";

/** One instruction; `next` and `other` are the indexes of those that may follow. */
export type Instruction =
  | { readonly kind: "take"; readonly ranges: Ranges; readonly next: number }
  | { readonly kind: "split"; readonly next: number; readonly other: number }
  | { readonly kind: "pass"; readonly next: number }
  | { readonly kind: "assert"; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: "match" | "fail" };

/** A compiled pattern. Equal sets of characters are the same object. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

/** The instruction of the library, by the numbers it has for them. */
const opcodes = {
  split: [1, 2],
  capture: 3,
  assert: 4,
  fail: 5,
  match: 6,
  pass: 7,
  take: [8, 9, 10, 11],
} as const;

const assertions: Readonly<Record<number, Assertion>> = {
  0x01: "line_begin",
  0x02: "line_end",
  0x04: "text_begin",
  0x08: "text_end",
  0x10: "word_boundary",
  0x20: "no_word_boundary",
};

/** The library's flag of an instruction that ignores case. */
const foldsCase = 1;

/** Longer messages are cut. */
const maxMessageLength = 200;

type RawProgram = ReturnType<RE2JS["re2"]>["prog"];
type RawInstruction = RawProgram["inst"][number];

/**
 * Compiles a pattern as RE2 does.
 *
 * @throws PatternError when RE2 refuses it, or when it is too large to be tried.
 */
export function compileProgram(pattern: string): Program {
  if (pattern.length > maxPatternLength) {
    throw new PatternError(`is longer than ${maxPatternLength} characters; make it shorter`);
  }
  if (expandedSize(pattern) > maxPatternSize) {
    throw new PatternError(`repeats so much that it grows beyond ${maxPatternSize} steps; make its counts smaller`);
  }
  const { inst, start } = rawProgram(pattern);
  const sets = new SetTable();
  return { instructions: inst.map((raw) => instruction(raw, sets)), start };
}

function rawProgram(pattern: string): RawProgram {
  try {
    return new RE2JS(pattern).re2().prog;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new PatternError(`is refused by RE2: ${oneLine(error.message.replace(/^error parsing regexp: /, ""))}`);
  }
}

/** What RE2 says may hold the whole pattern. */
function oneLine(message: string): string {
  const visible = message.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => JSON.stringify(character).slice(1, -1));
  const escaped = visible.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);
  return escaped.length > maxMessageLength ? `${escaped.slice(0, maxMessageLength)}…` : escaped;
}

function instruction(raw: RawInstruction, sets: SetTable): Instruction {
  const { op, out, arg } = raw;
  switch (op) {
    case opcodes.split[0]:
    case opcodes.split[1]:
      return { kind: "split", next: out, other: arg };
    case opcodes.capture:
    case opcodes.pass:
      return { kind: "pass", next: out };
    case opcodes.assert: {
      const assertion = assertions[arg];
      if (assertion === undefined) throw new Error(`@bufbuild/re2 has the unknown assertion ${arg}`);
      return { kind: "assert", assertion, next: out };
    }
    case opcodes.match:
      return { kind: "match" };
    case opcodes.fail:
      return { kind: "fail" };
    case opcodes.take[0]:
    case opcodes.take[1]:
    case opcodes.take[2]:
    case opcodes.take[3]:
      return { kind: "take", ranges: sets.of(raw), next: out };
    default:
      throw new Error(`@bufbuild/re2 has the unknown instruction ${op}`);
  }
}

/** The sets of characters of one program, each once. */
class SetTable {
  readonly #byRunes = new Map<readonly number[], Ranges>();
  readonly #byText = new Map<string, Ranges>();

  of({ runes, arg }: RawInstruction): Ranges {
    const folded = runes.length === 1 && (arg & foldsCase) !== 0;
    const known = folded ? undefined : this.#byRunes.get(runes);
    if (known !== undefined) return known;
    const key = `${folded ? "i" : ""}${runes.join()}`;
    let ranges = this.#byText.get(key);
    if (ranges === undefined) {
      ranges = folded ? foldedCharacter(runes[0]!) : pairs(runes);
      this.#byText.set(key, ranges);
    }
    if (!folded) this.#byRunes.set(runes, ranges);
    return ranges;
  }
}

/** One character alone, or pairs of first and last. */
function pairs(runes: readonly number[]): Ranges {
  if (runes.length === 1) return [[runes[0]!, runes[0]!]];
  const ranges: [number, number][] = [];
  for (let i = 0; i + 1 < runes.length; i += 2) ranges.push([runes[i]!, runes[i + 1]!]);
  return ranges;
}

const folds = new Map<number, Ranges>();

/**
 * A character and those that differ from it by case only. The library does not export its table; but the negated class
 * of the character is the rest of all characters.
 */
function foldedCharacter(code: number): Ranges {
  let ranges = folds.get(code);
  if (ranges === undefined) {
    const { inst } = rawProgram(`(?i)[^\\x{${code.toString(16)}}]`);
    ranges = complement(pairs(inst.find((one) => one.runes.length > 1)!.runes));
    folds.set(code, ranges);
  }
  return ranges;
}
