// What a word was perhaps meant to be.

/** How many letters may be wrong: one in three. */
const lettersAMistake = 3;

/** Those of some things whose name is near to a word, the nearest first; equal ones in their order. */
export function nearest<T>(word: string, things: readonly T[], nameOf: (thing: T) => string): T[] {
  const far = Math.max(1, Math.floor(word.length / lettersAMistake));
  return things
    .map((thing) => ({ thing, away: distance(word, nameOf(thing)) }))
    .filter(({ away }) => away <= far)
    .toSorted((a, b) => a.away - b.away)
    .map(({ thing }) => thing);
}

/** How many letters have to be changed, added, dropped or exchanged with their neighbour to make one word of the other. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(changed, row[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
