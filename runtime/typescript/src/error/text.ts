import { printable, unprintable } from "./printable.js";

/** `text` on one line that is safe to print, without blanks at its ends and with at most `maxCharacters` characters. */
export function oneLine(text: string, maxCharacters = 512): string {
  const line = printable(text).trim();
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line;
}

/** `value` as one line of JSON that is safe to print: JSON itself lets some of these characters pass. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (run) => Array.from(run, escapeOne).join(""));
}

function escapeOne(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
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
