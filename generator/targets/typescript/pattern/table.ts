// An automaton as text, for a string literal of the generated code. The runtime reads it: validate/automaton.ts has the
// twin of this file.
//
// The text is a list of numbers. Each is written in digits of five bits, the lowest first, one character of base64 a digit;
// a digit that is not the last has the value 32 added. In this order:
//
//   kinds, states, start, first state of those that accept at the end of the text (all behind it do as well)
//   intervals, then for each: how far it begins behind the one before, its kind
//   for each state but 0 (rejects for good) and 1 (accepts for good), for each kind in runs: how many kinds, the next state
import type { Automaton } from "./automaton.js";

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Writes a minimized automaton. */
export function encodeTable({ kinds, start, moves, accepts }: Automaton): string {
  const states = accepts.length;
  const firstAccepting = accepts.indexOf(true, 2);
  const numbers = [kinds.count, states, start, firstAccepting < 0 ? states : firstAccepting, kinds.starts.length];
  for (const [i, begin] of kinds.starts.entries()) {
    numbers.push(begin - (kinds.starts[i - 1] ?? 0), kinds.kinds[i]!);
  }
  for (let state = 2; state < states; state++) {
    const row = moves.slice(state * kinds.count, (state + 1) * kinds.count);
    for (let from = 0; from < row.length;) {
      let to = from + 1;
      while (to < row.length && row[to] === row[from]) to++;
      numbers.push(to - from, row[from]!);
      from = to;
    }
  }
  return numbers.map(digitsOf).join("");
}

function digitsOf(number: number): string {
  let text = "";
  let rest = number;
  for (; rest >= 32; rest >>>= 5) text += digits[(rest & 31) | 32];
  return text + digits[rest];
}
