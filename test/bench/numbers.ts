/** The middle of a list; of an even one, the lower of the two. */
export function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)]!;
}

/** The geometric mean: the mean of ratios. */
export function geometricMean(list: readonly number[]): number {
  return Math.exp(list.reduce((sum, one) => sum + Math.log(one), 0) / list.length);
}

/** Rounded to three figures. */
export function figures(value: number): number {
  return Number(value.toPrecision(3));
}
