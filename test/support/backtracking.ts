import type { Pattern } from "../../generator/targets/typescript/pattern/syntax.js";

/**
 * Searches for a pattern the way an engine that backtracks does it, slowly and readably, and counts how often it looks at a
 * character.
 *
 * @param limit where to stop counting.
 */
export function countSteps(
  pattern: Pattern,
  text: string,
  limit: number,
): { readonly matched: boolean; readonly steps: number } {
  const characters = Array.from(text, (character) => character.codePointAt(0)!);
  let steps = 0;
  const isWord = (at: number): boolean => /^\w$/.test(String.fromCodePoint(characters[at] ?? 0));

  /** All the places where a part that begins at `at` can end, best first. */
  function* ends(part: Pattern, at: number): Generator<number> {
    if (steps > limit) return;
    switch (part.kind) {
      case "set": {
        steps++;
        const character = characters[at];
        if (character === undefined) return;
        if (part.ranges.some(([first, last]) => first <= character && character <= last)) yield at + 1;
        return;
      }
      case "assertion": {
        const atWord = isWord(at) !== (at > 0 && isWord(at - 1));
        const holds = { "^": at === 0, $: at === characters.length, "\\b": atWord, "\\B": !atWord }[part.text];
        if (holds) yield at;
        return;
      }
      case "group":
        yield* ends(part.part, at);
        return;
      case "choice":
        for (const one of part.parts) yield* ends(one, at);
        return;
      case "sequence":
        yield* sequence(part.parts, at);
        return;
      case "repeat":
        yield* repeat(part, at, 0);
    }
  }

  function* sequence(parts: readonly Pattern[], at: number): Generator<number> {
    const [first, ...rest] = parts;
    if (first === undefined) {
      yield at;
      return;
    }
    for (const end of ends(first, at)) yield* sequence(rest, end);
  }

  function* repeat(part: Extract<Pattern, { kind: "repeat" }>, at: number, done: number): Generator<number> {
    if (done < part.max) {
      for (const end of ends(part.part, at)) yield* repeat(part, end, done + 1);
    }
    if (done >= part.min) yield at;
  }

  for (let start = 0; start <= characters.length && steps <= limit; start++) {
    for (const _ of ends(pattern, start)) return { matched: true, steps };
  }
  return { matched: false, steps };
}
