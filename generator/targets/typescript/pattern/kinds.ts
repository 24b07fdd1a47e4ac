// Kinds of characters: those that no set of a pattern tells apart are one, so that a table has few columns.
import type { Ranges } from "./character-set.js";

/** The most kinds of characters; and the most marks that are set while telling them apart. */
const maxKinds = 128;
const maxMarks = 4_000_000;

/** All characters, cut into intervals of one kind each. */
export interface Kinds {
  readonly count: number;
  /** Where each interval begins: 0 first. */
  readonly starts: readonly number[];
  /** The kind of each interval. Neighbours differ. */
  readonly kinds: readonly number[];
  /** The first character of each kind. */
  readonly samples: readonly number[];
}

/** Tells characters apart by the sets; undefined when there are too many kinds. */
export function tellApart(sets: readonly Ranges[]): Kinds | undefined {
  const firsts = new Set([0]);
  for (const set of sets) {
    for (const [first, last] of set) {
      firsts.add(first);
      if (last < 0x10ffff) firsts.add(last + 1);
    }
    if (firsts.size * sets.length > maxMarks) return undefined;
  }
  const starts = [...firsts].toSorted((a, b) => a - b);
  const kinds = starts.map(() => 0);
  let count = 1;
  for (const set of sets) {
    // An interval lies in the set or outside as a whole.
    const split = new Map<number, number>();
    let at = 0;
    count = 0;
    for (const [i, start] of starts.entries()) {
      while (at < set.length && set[at]![1] < start) at++;
      const isInside = at < set.length && set[at]![0] <= start;
      const key = 2 * kinds[i]! + (isInside ? 1 : 0);
      let kind = split.get(key);
      if (kind === undefined) split.set(key, (kind = count++));
      kinds[i] = kind;
    }
    if (count > maxKinds) return undefined;
  }
  return joined(starts, kinds, count);
}

/** The same intervals under other kinds; kinds that became one are joined. */
export function renameKinds({ starts, kinds }: Kinds, names: readonly number[]): Kinds {
  const renamed = kinds.map((kind) => names[kind]!);
  return joined(starts, renamed, Math.max(...renamed) + 1);
}

function joined(starts: readonly number[], kinds: readonly number[], count: number): Kinds {
  const begins = starts.map((_, i) => i === 0 || kinds[i] !== kinds[i - 1]);
  const samples: number[] = [];
  for (const [i, kind] of kinds.entries()) samples[kind] ??= starts[i]!;
  return {
    count,
    starts: starts.filter((_, i) => begins[i]),
    kinds: kinds.filter((_, i) => begins[i]),
    samples,
  };
}
