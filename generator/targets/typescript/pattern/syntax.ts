// The part of RE2's syntax that means the same in JavaScript, as a tree. See https://github.com/google/re2/wiki/Syntax.

import {
  asciiClasses,
  type CharacterSet,
  complement,
  controlEscapes,
  lastCodePoint,
  literal,
  perlClasses,
  ranges,
  union,
  written,
} from "./character-set.js";

/** A pattern, or a part of one. */
export type Pattern =
  | CharacterSet
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Pattern[] }
  | { readonly kind: "group"; readonly part: Pattern }
  | {
      readonly kind: "repeat";
      readonly part: Pattern;
      readonly min: number;
      readonly max: number;
      readonly text: string;
    }
  | { readonly kind: "assertion"; readonly text: "^" | "$" | "\\b" | "\\B" };

/** Why a pattern does not become a literal of JavaScript, be it valid or not: a phrase that follows the pattern. */
export class NoLiteralError extends Error {}

/** How deep groups may nest: deeper than anybody writes. */
const maxDepth = 100;

/** RE2 refuses to repeat more often. */
const maxRepeat = 1000;

/**
 * Parses a pattern of RE2.
 *
 * @throws NoLiteralError when it is none, or uses what JavaScript has not or understands otherwise.
 */
export function parsePattern(source: string): Pattern {
  return new Parser(source).parse();
}

class Parser {
  readonly #characters: readonly string[];
  readonly #names = new Set<string>();
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  parse(): Pattern {
    const pattern = this.#choice();
    if (this.#at < this.#characters.length) throw new NoLiteralError("has a ) without a (");
    return pattern;
  }

  #choice(): Pattern {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    while (this.#at < this.#characters.length && this.#next() !== "|" && this.#next() !== ")") {
      parts.push(this.#repeat(this.#atom()));
    }
    return { kind: "sequence", parts };
  }

  #repeat(part: Pattern): Pattern {
    const times = this.#times();
    if (times === undefined) return part;
    // Whether it takes few or many at first makes no difference to whether there is a match.
    this.#take("?");
    if (this.#times() !== undefined) throw new NoLiteralError("repeats a repetition");
    if (canBeEmpty(part)) throw new NoLiteralError("repeats something that may be empty");
    return { kind: "repeat", part, ...times };
  }

  #times(): { min: number; max: number; text: string } | undefined {
    if (this.#take("*")) return { min: 0, max: Infinity, text: "*" };
    if (this.#take("+")) return { min: 1, max: Infinity, text: "+" };
    if (this.#take("?")) return { min: 0, max: 1, text: "?" };
    if (this.#next() !== "{") return undefined;
    const braces = /^\{(0|[1-9][0-9]{0,3})(,(0|[1-9][0-9]{0,3})?)?\}/.exec(this.#rest(12));
    if (braces === null) throw new NoLiteralError("has a { that is no count; write \\{");
    this.#at += braces[0].length;
    const min = Number(braces[1]);
    const max = braces[2] === undefined ? min : braces[3] === undefined ? Infinity : Number(braces[3]);
    if (min > maxRepeat || (max !== Infinity && max > maxRepeat) || max < min) {
      throw new NoLiteralError(`has the count ${braces[0]}, which RE2 refuses`);
    }
    return { min, max, text: braces[0] };
  }

  #atom(): Pattern {
    const character = this.#shift();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return this.#class();
      case ".":
        // JavaScript's dot leaves out more line ends than RE2's.
        return { kind: "set", ranges: complement([[10, 10]]), text: "[^\\n]" };
      case "^":
      case "$":
        return { kind: "assertion", text: character };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        throw new NoLiteralError(`has nothing for ${character} to repeat`);
      case "{":
        throw new NoLiteralError("has a { with nothing to repeat; write \\{");
      default:
        return literal(character.codePointAt(0)!);
    }
  }

  #group(): Pattern {
    if (this.#take("?")) {
      const name = /^(?:P?<[A-Za-z_][A-Za-z0-9_]*>|:)/.exec(this.#rest(80));
      if (name === null)
        throw new NoLiteralError("has a group that begins with (?, of which only (?: and names are known");
      // RE2 refuses a name that is given twice.
      const key = name[0].replace("P", "");
      if (key !== ":" && this.#names.has(key)) throw new NoLiteralError("gives two groups the same name");
      this.#names.add(key);
      this.#at += name[0].length;
    }
    if (++this.#depth > maxDepth) throw new NoLiteralError(`nests more than ${maxDepth} groups`);
    const part = this.#choice();
    this.#depth--;
    if (!this.#take(")")) throw new NoLiteralError("has a ( without a )");
    return { kind: "group", part };
  }

  #escape(): Pattern {
    const character = this.#peekEscaped();
    if (character === "b" || character === "B") {
      this.#at++;
      return { kind: "assertion", text: `\\${character}` };
    }
    if (character === "A" || character === "z") {
      this.#at++;
      return { kind: "assertion", text: character === "A" ? "^" : "$" };
    }
    const perl = this.#perlClass();
    if (perl !== undefined) return perl.inBrackets ? { ...perl.set, text: `[${perl.set.text}]` } : perl.set;
    return literal(this.#escapedCharacter());
  }

  /** `\d` and its like, behind the backslash. `inBrackets` tells that its text must stand between brackets. */
  #perlClass(): { readonly set: CharacterSet; readonly inBrackets: boolean } | undefined {
    const character = this.#peekEscaped();
    const known = Object.hasOwn(perlClasses, character.toLowerCase()) && perlClasses[character.toLowerCase()];
    if (!known) return undefined;
    this.#at++;
    const negated = character !== character.toLowerCase();
    const inBrackets = known.text !== undefined;
    return {
      set: {
        kind: "set",
        ranges: negated ? complement(known.ranges) : known.ranges,
        text: inBrackets ? `${negated ? "^" : ""}${known.text}` : `\\${character}`,
      },
      inBrackets,
    };
  }

  #class(): CharacterSet {
    const negated = this.#take("^");
    const found: (readonly [number, number])[] = [];
    const texts: string[] = [];
    for (let first = true; first || this.#next() !== "]"; first = false) {
      if (this.#at >= this.#characters.length) throw new NoLiteralError("has a [ without a ]");
      const item = this.#classItem();
      found.push(...item.ranges);
      texts.push(item.text);
    }
    this.#at++;
    const set = union(found);
    // A hyphen is plain where it ends the class.
    if (texts.at(-1) === "\\-") texts[texts.length - 1] = "-";
    return {
      kind: "set",
      ranges: negated ? complement(set) : set,
      text: `[${negated ? "^" : ""}${texts.join("")}]`,
    };
  }

  #classItem(): Pick<CharacterSet, "ranges" | "text"> {
    const ascii = /^\[:(\^?)([a-z]+):\]/.exec(this.#rest(12));
    // RE2 takes all up to the next :] for a name, however far that is.
    if (ascii === null && this.#rest(2) === "[:") throw new NoLiteralError("has a [: in a class; write \\[:");
    if (ascii !== null) {
      const bounds = Object.hasOwn(asciiClasses, ascii[2]!) ? asciiClasses[ascii[2]!] : undefined;
      if (bounds === undefined) throw new NoLiteralError(`has the unknown class ${ascii[0]}`);
      this.#at += ascii[0].length;
      return written(ascii[1] === "" ? ranges(bounds) : complement(ranges(bounds)));
    }
    if (this.#next() === "\\") {
      this.#at++;
      const perl = this.#perlClass();
      if (perl !== undefined) return perl.inBrackets ? written(perl.set.ranges) : perl.set;
      this.#at--;
    }
    const low = this.#classCharacter();
    if (this.#next() !== "-" || this.#characters[this.#at + 1] === "]") return written([[low, low]]);
    this.#at++;
    const high = this.#classCharacter();
    if (high < low) throw new NoLiteralError("has a range whose end is before its beginning");
    return written([[low, high]]);
  }

  #classCharacter(): number {
    const character = this.#shift();
    return character === "\\" ? this.#escapedCharacter() : character.codePointAt(0)!;
  }

  /** The character that an escape means, behind the backslash. */
  #escapedCharacter(): number {
    const character = this.#shift();
    if (Object.hasOwn(controlEscapes, character)) return controlEscapes[character]!;
    if (character === "x") {
      const digits = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(this.#rest(10));
      const code = digits === null ? Infinity : Number.parseInt(digits[1] ?? digits[2]!, 16);
      if (code > lastCodePoint || (code >= 0xd800 && code < 0xe000)) {
        throw new NoLiteralError("has a \\x that names no character");
      }
      this.#at += digits![0].length;
      return code;
    }
    if (character < "\u0080" && /[^0-9A-Za-z]/.test(character)) return character.codePointAt(0)!;
    throw new NoLiteralError(`has the escape \\${character}, which this part of the syntax has not`);
  }

  #peekEscaped(): string {
    if (this.#at >= this.#characters.length) throw new NoLiteralError("ends with a backslash");
    return this.#characters[this.#at]!;
  }

  #shift(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new NoLiteralError("ends in the middle of something");
    return character;
  }

  #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#next() !== character) return false;
    this.#at++;
    return true;
  }

  #rest(length: number): string {
    return this.#characters.slice(this.#at, this.#at + length).join("");
  }
}

/** Whether a part can match without taking a character. */
function canBeEmpty(part: Pattern): boolean {
  switch (part.kind) {
    case "set":
      return false;
    case "assertion":
      return true;
    case "group":
      return canBeEmpty(part.part);
    case "repeat":
      return part.min === 0 || canBeEmpty(part.part);
    case "sequence":
      return part.parts.every(canBeEmpty);
    case "choice":
      return part.parts.some(canBeEmpty);
  }
}
