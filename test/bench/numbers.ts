/** The middle of a list; of an even one, the lower of the two. */
export function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)]!;
}
