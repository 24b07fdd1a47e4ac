// The twin of `list.ts` for bundles in which each byte counts.

/** See `list.ts`. Lists grow as they are read. */
export function extendList(list: readonly unknown[]): number {
  return list.length;
}
