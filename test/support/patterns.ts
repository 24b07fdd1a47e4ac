// Random patterns of RE2, mostly valid, and texts to try them on.
import * as fc from "fast-check";

/** Characters that patterns and texts are made of. */
export const characters: readonly string[] = [
  "a",
  "b",
  "c",
  "-",
  "_",
  " ",
  "1",
  "\n",
  "\r",
  "\t",
  "\v",
  "\u2028",
  "\u00a0",
  "é",
  "😀",
  ".",
  "]",
  "^",
  "\\",
  "/",
  "K",
  "k",
  "\u212a",
  "ß",
  "\ud83d",
  "\ude00",
  "Σ",
  "ς",
  "\0",
  "\ufffd",
  "\ufeff",
  "\u{10ffff}",
];
const escapes = [
  "d",
  "D",
  "w",
  "W",
  "s",
  "S",
  "b",
  "B",
  "A",
  "z",
  ".",
  "-",
  "]",
  "\\",
  "/",
  "n",
  "v",
  "x41",
  "x{1F600}",
  "_",
  '"',
  "Q",
  "pL",
  "PL",
  "p{Lu}",
  "p{^Greek}",
  "P{Greek}",
  "p{Any}",
  "Qa.*\\E",
  "07",
  "012",
  "x{D83D}",
  "a",
  "f",
];
/** Likewise, but refused by RE2. */
const badEscapes = ["1", "p", "P", "Z", "u", "p{Nope}", "p{Han", "E", "C", "x{110000}", "xZ", "é"];
const classes = [
  "[:alpha:]",
  "[:^digit:]",
  "[:word:]",
  "[:space:]",
  "a-c",
  "-",
  "^",
  "\\d",
  "\\S",
  "\\]",
  "]",
  "[",
  "é",
  "a",
  "0-9",
  "\\x41",
  "\\n",
  "\\pN",
  "\\P{L}",
  "\\p{Lu}",
  "k",
  "[:",
  "[:alpha",
  "!-~",
  "\\-",
];
/** Likewise, but refused by RE2. */
const badClasses = ["[:nope:]", "c-a", "\\b", "\\Q", "a-\\d"];

const times = [
  "",
  "",
  "",
  "",
  "",
  "*",
  "+",
  "?",
  "{2}",
  "{1,3}",
  "{2,}",
  "*?",
  "+?",
  "{0}",
  "{,2}",
  "{0,3}?",
  "{01}",
  "{",
  "??",
];
const badTimes = ["**", "{2,1}", "{1001}", "{2}{2}"];
const openings = ["(", "(", "(?:", "(?:", "(?P<n>", "(?i:", "(?s:", "(?m:", "(?U:", "(?-i:", "(?im-s:"];
const badOpenings = ["(?=", "(?", "(?<m>(?<m>)", "(?i"];

function mostly(good: readonly string[], bad: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ arbitrary: fc.constantFrom(...good), weight: 30 }, fc.constantFrom(...bad));
}

/** Texts that are mostly patterns of RE2, and some that are not. */
export const patterns: fc.Arbitrary<string> = fc
  .letrec<{ choice: string; sequence: string; part: string; atom: string }>((tie) => ({
    choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("|")),
    sequence: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
    part: fc.tuple(tie("atom"), mostly(times, badTimes)).map(([atom, times]) => atom + times),
    atom: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { arbitrary: fc.constantFrom(...characters.slice(0, 16)), weight: 6 },
      { arbitrary: fc.constantFrom(...characters.slice(16)), weight: 1 },
      { arbitrary: fc.constantFrom(".", "^", "$"), weight: 2 },
      { arbitrary: mostly(escapes, badEscapes).map((escape) => `\\${escape}`), weight: 3 },
      {
        arbitrary: fc
          .tuple(fc.boolean(), fc.array(mostly(classes, badClasses), { minLength: 1, maxLength: 4 }))
          .map(([negated, items]) => `[${negated ? "^" : ""}${items.join("")}]`),
        weight: 3,
      },
      {
        arbitrary: fc.tuple(mostly(openings, badOpenings), tie("choice")).map(([open, inner]) => `${open}${inner})`),
        weight: 4,
      },
    ),
  }))
  .choice.chain((pattern) =>
    fc.constantFrom(
      pattern,
      `^${pattern}$`,
      `^(?:${pattern})$`,
      `\\A(?:${pattern})\\z`,
      `(?i)${pattern}`,
      `(?m)^${pattern}$`,
      `(?s)${pattern}`,
    ),
  );

/** Texts; half of a surrogate pair may stand alone in them. */
export const texts: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...characters), { maxLength: 8 })
  .map((parts) => parts.join(""));
