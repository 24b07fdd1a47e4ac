// From a program to an automaton that reads each character once: each of its states stands for all the instructions the
// program could be at (the subset construction).
import type { Ranges } from "./character-set.js";
import { type Kinds, tellApart } from "./kinds.js";
import type { Assertion, Instruction, Program } from "./program.js";

/** Limits on the construction. Beyond, there is no automaton: `(a|b)*a(a|b){20}` would have a million states. */
const maxInstructions = 50_000;
const maxStates = 4_000;
const maxSteps = 5_000_000;

/** In this state the text does not match, whatever follows. */
export const rejecting = 0;
/** In this state the text matches, whatever follows. */
export const accepting = 1;

/** A deterministic automaton over kinds of characters. States 0 and 1 are {@link rejecting} and {@link accepting}. */
export interface Automaton {
  readonly kinds: Kinds;
  readonly start: number;
  /** The state behind each state and kind: at `state * kinds.count + kind`. */
  readonly moves: readonly number[];
  /** For each state, whether a text that ends in it matches. */
  readonly accepts: readonly boolean[];
}

/** What the assertions need to know of the character before. */
type Neighbour = "none" | "newline" | "word" | "other";

/** Instructions that wait for a character. */
interface Subset {
  /** Indexes of instructions that take a character, or assert something about the next one. */
  readonly waiting: readonly number[];
  /** Some assert something. */
  readonly asserts: boolean;
  readonly before: Neighbour;
}

const wordCharacters: Ranges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const newline: Ranges = [[10, 10]];

/** The automaton that finds a match of the program anywhere in a text; undefined when it would be too large. */
export function buildAutomaton(program: Program): Automaton | undefined {
  if (program.instructions.length > maxInstructions) return undefined;
  const kinds = tellApart(setsOf(program));
  return kinds && new Builder(program, kinds).build();
}

function setsOf({ instructions }: Program): Ranges[] {
  const sets = new Set<Ranges>();
  for (const one of instructions) {
    if (one.kind === "take") sets.add(one.ranges);
    if (one.kind !== "assert") continue;
    if (one.assertion === "word_boundary" || one.assertion === "no_word_boundary") sets.add(wordCharacters);
    if (one.assertion === "line_begin" || one.assertion === "line_end") sets.add(newline);
  }
  return [...sets];
}

class Builder {
  readonly #instructions: readonly Instruction[];
  readonly #programStart: number;
  readonly #kinds: Kinds;
  /** For each kind, what it is to an assertion beside it. */
  readonly #neighbours: readonly Neighbour[];
  /** For each set, whether it has each kind. */
  readonly #takes = new Map<Ranges, readonly boolean[]>();
  readonly #subsets: (Subset | undefined)[] = [undefined, undefined];
  readonly #states = new Map<string, number>();
  readonly #seen: Uint32Array;
  #walk = 0;
  #steps = 0;

  constructor({ instructions, start }: Program, kinds: Kinds) {
    this.#instructions = instructions;
    this.#programStart = start;
    this.#kinds = kinds;
    this.#seen = new Uint32Array(instructions.length);
    this.#neighbours = kinds.samples.map((sample) => {
      if (sample === 10) return "newline";
      return includes(wordCharacters, sample) ? "word" : "other";
    });
    for (const one of instructions) {
      if (one.kind !== "take" || this.#takes.has(one.ranges)) continue;
      this.#takes.set(
        one.ranges,
        kinds.samples.map((sample) => includes(one.ranges, sample)),
      );
    }
  }

  build(): Automaton | undefined {
    const { count } = this.#kinds;
    const start = this.#state([this.#programStart], "none");
    const moves: number[] = [];
    for (let kind = 0; kind < count; kind++) moves.push(rejecting);
    for (let kind = 0; kind < count; kind++) moves.push(accepting);
    const accepts = [false, true];
    for (let state = 2; state < this.#subsets.length; state++) {
      const subset = this.#subsets[state]!;
      for (let kind = 0; kind < count; kind++) moves.push(this.#move(subset, kind));
      accepts.push(this.#resolve(subset, "none") === "match");
      if (this.#subsets.length > maxStates || this.#steps > maxSteps) return undefined;
    }
    return { kinds: this.#kinds, start, moves, accepts };
  }

  /** The state behind a character. */
  #move(subset: Subset, kind: number): number {
    const after = this.#neighbours[kind]!;
    const waiting = subset.asserts ? this.#resolve(subset, after) : subset.waiting;
    if (waiting === "match") return accepting;
    const next: number[] = [];
    for (const at of waiting) {
      const one = this.#instructions[at]!;
      if (one.kind === "take" && this.#takes.get(one.ranges)![kind]!) next.push(one.next);
    }
    this.#steps += waiting.length;
    // A match may begin at every character.
    next.push(this.#programStart);
    return this.#state(next, after);
  }

  /** The instructions that wait once it is known what comes next; "match" when nothing more is needed. */
  #resolve({ waiting, before }: Subset, after: Neighbour): readonly number[] | "match" {
    return this.#reach(waiting, (assertion) => holds(assertion, before, after));
  }

  /** The state of those instructions that can be reached from some without taking a character. */
  #state(from: readonly number[], before: Neighbour): number {
    // What the character before decides is decided now: what then cannot be passed is dropped.
    const waiting = this.#reach(from, (assertion) => {
      if (assertion === "text_begin" || assertion === "line_begin") return holds(assertion, before, "other");
      return undefined;
    });
    if (waiting === "match") return accepting;
    // None at all is a state too: a match may begin later, as of (?m)^.
    const sorted = waiting.toSorted((a, b) => a - b);
    const asserts = sorted.some((at) => this.#instructions[at]!.kind === "assert");
    const key = `${asserts ? before : ""} ${sorted.join(" ")}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      state = this.#subsets.push({ waiting: sorted, asserts, before }) - 1;
      this.#states.set(key, state);
    }
    return state;
  }

  /**
   * Follows instructions that take nothing.
   *
   * @param passes whether an assertion holds; undefined when that is not known yet.
   */
  #reach(from: readonly number[], passes: (assertion: Assertion) => boolean | undefined): readonly number[] | "match" {
    const walk = ++this.#walk;
    const reached: number[] = [];
    const open = [...from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#seen[at] === walk) continue;
      this.#seen[at] = walk;
      this.#steps++;
      const one = this.#instructions[at]!;
      switch (one.kind) {
        case "take":
          reached.push(at);
          break;
        case "split":
          open.push(one.next, one.other);
          break;
        case "pass":
          open.push(one.next);
          break;
        case "assert": {
          const passed = passes(one.assertion);
          if (passed === undefined) reached.push(at);
          else if (passed) open.push(one.next);
          break;
        }
        case "match":
          return "match";
        case "fail":
      }
    }
    return reached;
  }
}

function holds(assertion: Assertion, before: Neighbour, after: Neighbour): boolean {
  switch (assertion) {
    case "text_begin":
      return before === "none";
    case "text_end":
      return after === "none";
    case "line_begin":
      return before === "none" || before === "newline";
    case "line_end":
      return after === "none" || after === "newline";
    case "word_boundary":
      return (before === "word") !== (after === "word");
    case "no_word_boundary":
      return (before === "word") === (after === "word");
  }
}

function includes(ranges: Ranges, character: number): boolean {
  return ranges.some(([first, last]) => first <= character && character <= last);
}
