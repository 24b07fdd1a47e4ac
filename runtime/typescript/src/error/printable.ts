/**
 * What moves the cursor of a terminal, begins a line where there should be one, or turns the order of what is shown around:
 * control characters of both ranges, the two separators, embeddings and overrides of direction.
 */
// oxlint-disable-next-line no-control-regex -- Reason: control characters are what is looked for.
export const unprintable: RegExp = /[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+/g;

/** `text` on one line that is safe to print. */
export function printable(text: string): string {
  return text.replace(unprintable, " ");
}
