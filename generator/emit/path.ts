/**
 * The relative import of one file by another, both given from the same directory with forward slashes.
 *
 * @returns a path that begins with `./` or `../`.
 */
export function relativeImport(from: string, to: string): string {
  const source = from.split("/").slice(0, -1);
  const target = to.split("/");
  let common = 0;
  while (common < source.length && common < target.length - 1 && source[common] === target[common]) common++;
  const up = source.slice(common).map(() => "..");
  return [...(up.length === 0 ? ["."] : up), ...target.slice(common)].join("/");
}
