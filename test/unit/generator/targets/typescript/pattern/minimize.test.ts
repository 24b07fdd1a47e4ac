import { describe, expect, it } from "vitest";
import { type Automaton, buildAutomaton } from "../../../../../../generator/targets/typescript/pattern/automaton.js";
import { minimize } from "../../../../../../generator/targets/typescript/pattern/minimize.js";
import { compileProgram } from "../../../../../../generator/targets/typescript/pattern/program.js";

const build = (pattern: string): Automaton => buildAutomaton(compileProgram(pattern))!;

/** The number of states that some text tells apart, by comparing each two: Moore's algorithm at its simplest. */
function distinguishable({ kinds: { count }, moves, accepts, start }: Automaton): number {
  const reached = new Set([0, 1, start]);
  for (const state of reached) for (let kind = 0; kind < count; kind++) reached.add(moves[state * count + kind]!);
  let classes: number[] = accepts.map((accepted) => (accepted ? 1 : 0));
  for (;;) {
    const names = new Map<string, number>();
    const next = classes.map((own, state) => {
      const key = [own, ...Array.from({ length: count }, (_, kind) => classes[moves[state * count + kind]!])].join();
      if (!names.has(key)) names.set(key, names.size);
      return names.get(key)!;
    });
    const isStable = new Set(next).size === new Set(classes).size;
    classes = next;
    if (isStable) return new Set([...reached].map((state) => classes[state]!)).size;
  }
}

describe("minimize", () => {
  it.each([
    // Both states that are always there, and what is in between.
    ["", 2, 1],
    ["a", 3, 2],
    ["^a", 3, 2],
    ["^a$", 4, 2],
    ["^(a|a)*$", 3, 2],
    ["(\\w+\\s?)*$", 2, 1],
    ["a*a*b", 3, 2],
    ["^(?:aaa|aab|aba|abb)$", 6, 3],
    ["^[ab]{100}$", 103, 2],
    ["(?i)^(?:K|k|\\x{212a})$", 4, 2],
  ])("%j has %i states and %i kinds of characters", (pattern, states, kinds) => {
    const { accepts, kinds: found } = minimize(build(pattern));
    expect([accepts.length, found.count]).toEqual([states, kinds]);
  });

  it.each([
    "(?:a|b)*a(?:a|b){6}",
    "^(?:[a-c]{1,9}-?){1,5}$",
    "(?m)^x\\b|y$",
    "\\Bfoo|foo\\b",
    "(?i)straße|^ein{2,7}$",
    "^[^@]+@[^@]+\\.[a-z]{2,10}$",
  ])("%j keeps exactly the states that some text tells apart", (pattern) => {
    const built = build(pattern);
    const small = minimize(built);
    expect(small.accepts.length).toBe(distinguishable(built));
    expect(distinguishable(small)).toBe(small.accepts.length);
  });

  it("numbers states in a settled order, accepting ones last", () => {
    const small = minimize(build("^(?:ab?c|d)*$"));
    expect(minimize(build("^(?:ab?c|d)*$"))).toEqual(small);
    const rest = small.accepts.slice(2);
    expect(rest).toEqual(rest.toSorted((a, b) => Number(a) - Number(b)));
    expect(small.accepts.slice(0, 2)).toEqual([false, true]);
  });
});
