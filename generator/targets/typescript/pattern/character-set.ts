// Sets of characters, and how a regular expression of JavaScript with the flag `u` writes them.

/** Code points from first to last. */
export type Ranges = readonly (readonly [first: number, last: number])[];

/** A set of characters: code points from first to last, in order and apart, and how JavaScript writes it. */
export interface CharacterSet {
  readonly kind: "set";
  readonly ranges: Ranges;
  readonly text: string;
}

/** The largest code point. */
export const lastCodePoint = 0x10ffff;

/** Classes that both languages have; those with `text` are written otherwise in JavaScript. */
export const perlClasses: Readonly<Record<string, { readonly ranges: [number, number][]; readonly text?: string }>> = {
  d: { ranges: ranges("09") },
  w: { ranges: ranges("09AZ__az") },
  // JavaScript's \s has more characters.
  s: { ranges: ranges("\t\n\f\r  "), text: "\\t\\n\\f\\r " },
};

/** `[:alpha:]` and its like, as pairs of first and last characters. */
export const asciiClasses: Readonly<Record<string, string>> = {
  alnum: "09AZaz",
  alpha: "AZaz",
  ascii: "\u0000\u007f",
  blank: "\t\t  ",
  cntrl: "\u0000\u001f\u007f\u007f",
  digit: "09",
  graph: "!~",
  lower: "az",
  print: " ~",
  punct: "!/:@[`{~",
  space: "\t\r  ",
  upper: "AZ",
  word: "09AZ__az",
  xdigit: "09AFaf",
};

/** Characters that both languages name by an escape. */
export const controlEscapes: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** The set of one character, outside of brackets. */
export function literal(code: number): CharacterSet {
  return { kind: "set", ranges: [[code, code]], text: characterText(code, /[\^$\\.*+?()[\]{}|/]/) };
}

/** Ranges as they are written between brackets. */
export function written(found: Ranges): Pick<CharacterSet, "ranges" | "text"> {
  const text = found.map(([first, last]) => {
    const ends = [first, ...(last > first ? [last] : [])].map((code) => characterText(code, /[\\\]^-]/));
    return ends.join(last > first + 1 ? "-" : "");
  });
  return { ranges: found, text: text.join("") };
}

/** A character as a regular expression with the flag `u` has it; what cannot be seen is written by its number. */
function characterText(code: number, special: RegExp): string {
  const character = String.fromCodePoint(code);
  const named = Object.entries(controlEscapes).find(([name, value]) => value === code && name !== "a");
  if (named !== undefined) return `\\${named[0]}`;
  if (special.test(character)) return `\\${character}`;
  if ((code >= 0x20 && code < 0x7f) || /[\p{L}\p{N}\p{So}\p{Sm}]/u.test(character)) return character;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** The ranges that pairs of characters stand for: `09az` for 0 to 9 and a to z. */
export function ranges(bounds: string): [number, number][] {
  return (bounds.match(/[^]{2}/g) ?? []).map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]);
}

/** Ranges in order, apart from each other. */
export function union(found: Ranges): [number, number][] {
  const result: [number, number][] = [];
  for (const [first, last] of found.toSorted((a, b) => a[0] - b[0])) {
    const previous = result.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else result.push([first, last]);
  }
  return result;
}

/** Every character that is in none of the ranges. */
export function complement(found: Ranges): [number, number][] {
  const result: [number, number][] = [];
  let next = 0;
  for (const [first, last] of union(found)) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= lastCodePoint) result.push([next, lastCodePoint]);
  return result;
}
