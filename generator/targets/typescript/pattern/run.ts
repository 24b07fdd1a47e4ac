// Patterns that are one run of ASCII characters.
import type { CharacterSet } from "./character-set.js";
import { NoLiteralError, parsePattern, type Pattern } from "./syntax.js";

/** A run: what the first character may be, what all others, and how many there are, as `asciiRun` of the runtime has it. */
export interface RunPattern {
  /** Pairs of characters, each the first and last of a range. */
  readonly first: string;
  readonly others: string;
  readonly least: number;
  /** Infinity when there may be any number. */
  readonly most: number;
}

/**
 * The run that a pattern of RE2 is, such as `^[a-z][a-z0-9-]*$` or `^[0-9]{4}$`; undefined when it is anything else. Tied to
 * both ends, it asks for a set of ASCII characters once or repeated, or for one first and then for another, repeated.
 */
export function runOf(source: string): RunPattern | undefined {
  const parts = partsOf(source);
  if (parts?.length === 3) {
    const { set, min, max } = counted(parts[1]!);
    const pairs = set && pairsOf(set);
    return pairs === undefined || max === 0 ? undefined : { first: pairs, others: pairs, least: min, most: max };
  }
  if (parts?.length !== 4) return undefined;
  const head = counted(parts[1]!);
  const tail = counted(parts[2]!);
  const first = head.set && pairsOf(head.set);
  const others = tail.set && pairsOf(tail.set);
  if (first === undefined || others === undefined || head.min !== 1 || head.max !== 1) return undefined;
  return { first, others, least: 1 + tail.min, most: 1 + tail.max };
}

/** The parts of a pattern that is tied to both ends. */
function partsOf(source: string): readonly Pattern[] | undefined {
  let pattern: Pattern;
  try {
    pattern = parsePattern(source);
  } catch (error) {
    if (error instanceof NoLiteralError) return undefined;
    throw error;
  }
  if (pattern.kind !== "sequence") return undefined;
  return isAssertion(pattern.parts[0], "^") && isAssertion(pattern.parts.at(-1), "$") ? pattern.parts : undefined;
}

function isAssertion(pattern: Pattern | undefined, text: "^" | "$"): boolean {
  return pattern?.kind === "assertion" && pattern.text === text;
}

interface Counted {
  readonly set: CharacterSet | undefined;
  readonly min: number;
  readonly max: number;
}

function counted(pattern: Pattern): Counted {
  if (pattern.kind === "set") return { set: pattern, min: 1, max: 1 };
  if (pattern.kind === "repeat" && pattern.part.kind === "set") return { ...pattern, set: pattern.part };
  return { set: undefined, min: 0, max: 0 };
}

/** Undefined when the set has more than ASCII, or nothing. */
function pairsOf({ ranges }: CharacterSet): string | undefined {
  if (ranges.length === 0 || ranges.some(([, last]) => last > 0x7f)) return undefined;
  return ranges.map(([first, last]) => String.fromCharCode(first, last)).join("");
}
