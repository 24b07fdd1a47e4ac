/**
 * What moves the cursor of a terminal, begins a line where there should be one, or turns the order of what is shown around:
 * control characters of both ranges, the two separators, embeddings and overrides of direction.
 */
// oxlint-disable-next-line no-control-regex -- Reason: control characters are what is looked for.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const runs = new RegExp(`${unprintable.source}+`, "g");
const each = new RegExp(unprintable.source, "g");

/** `text` on one line that is safe to print. */
export function printable(text: string): string {
  return unprintable.test(text) ? text.replace(runs, " ") : text;
}

/** The same without blanks at its ends, and with at most `maxCharacters` characters. */
export function oneLine(text: string, maxCharacters = 512): string {
  const line = printable(text).trim();
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line;
}

/** `value` as one line of JSON that is safe to print: JSON itself lets some of these characters pass. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(each, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const maxShownCharacters = 60;

/** Any value as a message may show it. Of objects no more than what they are: to make text of one runs its code. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return jsonLine(value.slice(0, maxShownCharacters));
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
    default:
      return String(value).slice(0, maxShownCharacters);
  }
}
