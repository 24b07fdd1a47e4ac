/**
 * What moves the cursor of a terminal, begins a line where there should be none, or turns the order of what is shown around.
 * Tabs are let pass.
 */
// oxlint-disable-next-line no-control-regex -- Reason: control characters are what is looked for.
const unprintable = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** What a schema, a plugin or a library says, on one line that no terminal obeys: a dot for each character that it would. */
export function printable(text: string): string {
  return text.replace(unprintable, "\u00b7");
}

/** `value` as one line of JSON: JSON itself lets some of these characters pass. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
