// Identifiers but UUIDs, which have a module of their own.
import { digit, isAt, letter, skip, underscore } from "./characters.js";

/** Whether text is a ULID: 26 characters of Crockford's base 32, in either case, the first at most 7. */
export function isUlid(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$/.test(text);
}

/** Whether text is a full name of protobuf, such as `knowledge.v1.Note`. */
export function isProtobufFqn(text: string): boolean {
  return isNameFrom(text, 0);
}

/** Whether text is a full name of protobuf behind a dot, such as `.knowledge.v1.Note`. */
export function isProtobufDotFqn(text: string): boolean {
  return text.startsWith(".") && isNameFrom(text, 1);
}

function isNameFrom(text: string, start: number): boolean {
  for (let i = start; isAt(text, i, letter | underscore); i++) {
    i = skip(text, i, letter | digit | underscore);
    if (i === text.length) return true;
    if (text[i] !== ".") return false;
  }
  return false;
}
