// The smallest automaton that accepts the same texts (Hopcroft's algorithm), its states numbered in a settled order.
import { accepting, type Automaton, rejecting } from "./automaton.js";
import { type Kinds, renameKinds } from "./kinds.js";

/**
 * Joins states that no text tells apart, and kinds of characters that no state does. States are numbered as they are
 * come by from the start on; those that accept at the end of the text stand behind those that do not.
 */
export function minimize(automaton: Automaton): Automaton {
  const blocks = refine(automaton);
  const kinds = joinKinds(automaton, blocks);
  return number(automaton, blocks, kinds);
}

/** The block of each state: states in one block accept the same texts. */
function refine({ kinds: { count }, moves, accepts }: Automaton): readonly number[] {
  const blockOf: number[] = accepts.map((accepted) => (accepted ? 1 : 0));
  const members: number[][] = [[], []];
  for (const [state, block] of blockOf.entries()) members[block]!.push(state);
  const arrivals = inverse(moves, count, accepts.length);

  const open = [0, 1];
  const isOpen = [true, true];
  while (open.length > 0) {
    const splitter = open.pop()!;
    isOpen[splitter] = false;
    // The block itself may be split meanwhile.
    const targets = [...members[splitter]!];
    for (let kind = 0; kind < count; kind++) {
      const touched = new Map<number, number[]>();
      for (const target of targets) {
        for (const state of arrivals(target, kind)) {
          const block = blockOf[state]!;
          const list = touched.get(block);
          if (list === undefined) touched.set(block, [state]);
          else list.push(state);
        }
      }
      for (const [block, inside] of touched) {
        const all = members[block]!;
        if (inside.length === all.length) continue;
        const fresh = members.length;
        members.push(inside);
        for (const state of inside) blockOf[state] = fresh;
        members[block] = all.filter((state) => blockOf[state] === block);
        const isSmaller = inside.length <= members[block].length;
        const next = isOpen[block] || isSmaller ? fresh : block;
        isOpen[fresh] = false;
        open.push(next);
        isOpen[next] = true;
      }
    }
  }
  return blockOf;
}

/** For a state and a kind, the states from which that kind leads there. */
function inverse(moves: readonly number[], kinds: number, states: number) {
  // Counted first, then filled: one array for all.
  const ends = new Uint32Array(states * kinds + 1);
  for (const [i, target] of moves.entries()) ends[target * kinds + (i % kinds) + 1]!++;
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  const sources = new Uint32Array(moves.length);
  const filled = ends.slice();
  for (const [i, target] of moves.entries()) {
    sources[filled[target * kinds + (i % kinds)]!++] = Math.floor(i / kinds);
  }
  return (state: number, kind: number): Uint32Array => {
    const at = state * kinds + kind;
    return sources.subarray(ends[at], ends[at + 1]);
  };
}

/** The new name of each kind: those that lead to the same blocks from everywhere have one. */
function joinKinds({ kinds: { count }, moves, accepts }: Automaton, blocks: readonly number[]): readonly number[] {
  const names = new Map<string, number>();
  return Array.from({ length: count }, (_, kind) => {
    const column = accepts.map((_accepted, state) => blocks[moves[state * count + kind]!]!).join();
    if (!names.has(column)) names.set(column, names.size);
    return names.get(column)!;
  });
}

function number(automaton: Automaton, blocks: readonly number[], names: readonly number[]): Automaton {
  const old = automaton.kinds.count;
  const kinds: Kinds = renameKinds(automaton.kinds, names);
  /** An old kind for each new one. */
  const kindOf = Array.from({ length: kinds.count }, (_, name) => names.indexOf(name));
  /** A state for each block. */
  const sampleOf = new Map<number, number>();
  for (const [state, block] of blocks.entries()) if (!sampleOf.has(block)) sampleOf.set(block, state);
  const moveFrom = (block: number, kind: number): number =>
    blocks[automaton.moves[sampleOf.get(block)! * old + kindOf[kind]!]!]!;

  const fixed = [blocks[rejecting]!, blocks[accepting]!];
  const found = new Set([...fixed, blocks[automaton.start]!]);
  // A Set visits what is added while it is walked.
  for (const block of found) for (let kind = 0; kind < kinds.count; kind++) found.add(moveFrom(block, kind));
  const free = [...found].filter((block) => !fixed.includes(block));
  const acceptsAtEnd = (block: number): boolean => automaton.accepts[sampleOf.get(block)!]!;
  const order = [...fixed, ...free.filter((one) => !acceptsAtEnd(one)), ...free.filter(acceptsAtEnd)];
  const numberOf = new Map(order.map((block, i) => [block, i]));
  return {
    kinds,
    start: numberOf.get(blocks[automaton.start]!)!,
    moves: order.flatMap((block) =>
      Array.from({ length: kinds.count }, (_, kind) => numberOf.get(moveFrom(block, kind))!),
    ),
    accepts: order.map(acceptsAtEnd),
  };
}
