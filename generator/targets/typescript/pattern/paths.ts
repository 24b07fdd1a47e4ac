// Proof that a pattern costs linear time in an engine that backtracks.
//
// Such an engine walks through an automaton and, where it has a choice, tries one way after the other. In the worst case
// it goes every way there is, so its time is bounded by the number of ways that lead to each character of the text. That
// number is counted here over all texts at once: a state of the count says in how many ways each state of the automaton
// can be reached, and texts that lead to the same state of the count are one. If the states of the count are few and
// their numbers small, the time is linear with a small factor. `(a*)*`, `a*a*` and, searched anywhere in the text, `a*b`
// all make the numbers grow, each in its way.
import type { CharacterSet } from "./character-set.js";
import { type Pattern, NoLiteralError } from "./syntax.js";

/** The most ways to a character that are accepted. */
const maxWays = 64;
/** Limits on the size of the proof: beyond, a pattern is refused as too large. */
const maxStates = 4_000;
const maxCounts = 4_000;
const maxSteps = 500_000;

/** One state of the automaton: it takes a character of the set, or goes on at once to each of `free`. */
interface State {
  set: CharacterSet | undefined;
  next: number;
  readonly free: number[];
  /** Passed only where the text begins. */
  onlyAtStart: boolean;
}

/** In how many ways each state that takes a character is reached. */
type Count = ReadonlyMap<number, number>;

/**
 * Proves that searching for the pattern costs linear time.
 *
 * @throws NoLiteralError when it does not, or when the proof would grow too large.
 */
export function assertLinear(pattern: Pattern): void {
  const states = build(pattern);
  const atStart = reach(states, 0, true);
  const elsewhere = reach(states, 0, false);
  const behind = new Map<number, Count>();
  const characters = representatives(states);
  const seen = new Set<string>();
  const open: Count[] = [];
  let steps = 0;

  const visit = (count: Count): void => {
    let ways = 0;
    for (const number of count.values()) ways += number;
    if (ways > maxWays)
      throw new NoLiteralError(
        "can take more than linear time; anchor it with ^ and let it be clear where each part ends",
      );
    const key = [...count]
      .toSorted((a, b) => a[0] - b[0])
      .map(([state, number]) => `${state}x${number}`)
      .join();
    if (seen.has(key)) return;
    seen.add(key);
    if (seen.size > maxCounts) throw new NoLiteralError("is too large to be proved linear; make it shorter");
    open.push(count);
  };

  visit(atStart);
  for (let count = open.pop(); count !== undefined; count = open.pop()) {
    for (const character of characters) {
      // A search that fails here begins anew at every character.
      const next = new Map(elsewhere);
      for (const [state, number] of count) {
        const { set, next: target } = states[state]!;
        if (set === undefined || !includes(set, character)) continue;
        let reachable = behind.get(target);
        if (reachable === undefined) behind.set(target, (reachable = reach(states, target, false)));
        for (const [reached, ways] of reachable) {
          next.set(reached, (next.get(reached) ?? 0) + number * ways);
        }
      }
      steps += count.size + 1;
      if (steps > maxSteps) throw new NoLiteralError("is too large to be proved linear; make it shorter");
      visit(next);
    }
  }
}

/** The automaton; it begins at state 0. */
function build(pattern: Pattern): State[] {
  const states: State[] = [];
  const add = (set?: CharacterSet): number => {
    if (states.length === maxStates) throw new NoLiteralError("is too large to be proved linear; make it shorter");
    states.push({ set, next: -1, free: [], onlyAtStart: false });
    return states.length - 1;
  };
  /** Appends a part behind the state `from`; returns the state behind the part. */
  const append = (part: Pattern, from: number): number => {
    switch (part.kind) {
      case "set": {
        const taking = add(part);
        const end = add();
        states[from]!.free.push(taking);
        states[taking]!.next = end;
        return end;
      }
      case "assertion": {
        // Other assertions are taken to hold: that can only make the count larger.
        const end = add();
        states[end]!.onlyAtStart = part.text === "^";
        states[from]!.free.push(end);
        return end;
      }
      case "group":
        return append(part.part, from);
      case "sequence":
        return part.parts.reduce((at, one) => append(one, at), from);
      case "choice": {
        const ends = part.parts.map((one) => append(one, branch(from)));
        const end = add();
        for (const one of ends) states[one]!.free.push(end);
        return end;
      }
      case "repeat": {
        let at = from;
        for (let i = 0; i < part.min; i++) at = append(part.part, at);
        const end = add();
        if (part.max === Infinity) {
          const loop = branch(at);
          states[append(part.part, loop)]!.free.push(loop);
          states[loop]!.free.push(end);
        } else {
          for (let i = part.min; i < part.max; i++) {
            states[at]!.free.push(end);
            at = append(part.part, branch(at));
          }
          states[at]!.free.push(end);
        }
        return end;
      }
    }
  };
  const branch = (from: number): number => {
    const state = add();
    states[from]!.free.push(state);
    return state;
  };
  append(pattern, add());
  return states;
}

/** The states that take a character, with the number of ways that lead there from a state without taking one. */
function reach(states: readonly State[], from: number, atStart: boolean): Count {
  const count = new Map<number, number>();
  let visits = 0;
  const walk = (at: number): void => {
    const state = states[at]!;
    if (state.onlyAtStart && !atStart) return;
    if (state.set !== undefined) count.set(at, (count.get(at) ?? 0) + 1);
    if ((count.get(at) ?? 0) > maxWays || ++visits > maxWays * states.length) {
      throw new NoLiteralError(
        "can take more than linear time; anchor it with ^ and let it be clear where each part ends",
      );
    }
    for (const next of state.free) walk(next);
  };
  walk(from);
  return count;
}

/** One character of each kind that the sets tell apart. */
function representatives(states: readonly State[]): number[] {
  const firsts = new Set<number>([0]);
  for (const { set } of states) {
    for (const [first, last] of set?.ranges ?? []) {
      firsts.add(first);
      firsts.add(last + 1);
    }
  }
  return [...firsts];
}

function includes({ ranges }: CharacterSet, character: number): boolean {
  return ranges.some(([first, last]) => first <= character && character <= last);
}
