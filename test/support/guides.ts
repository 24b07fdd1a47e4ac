// Guides that tests follow: their fenced blocks, and the changes that they ask for.
import { readFileSync, writeFileSync } from "node:fs";

/** A fenced block: the language, what stands behind it, and the text. */
export interface Block {
  readonly language: string;
  readonly note: string;
  readonly text: string;
}

/** The fenced blocks of a document, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+) ?(.*)\n([^]*?)^```$/gm)].map(([, language, note, text]) => ({
    language: language!,
    note: note!,
    text: text!,
  }));
}

/**
 * Puts the lines of a block with `+` in the place of those with `-`.
 *
 * @throws Error when what is replaced is not there exactly once.
 */
export function applyDiff(file: string, diff: string): void {
  const lines = (mark: string): string =>
    diff
      .split("\n")
      .flatMap((line) => (line.startsWith(mark) ? `${line.slice(1)}\n` : []))
      .join("");
  const [head, tail, ...more] = readFileSync(file, "utf8").split(lines("-"));
  if (tail === undefined || more.length > 0) throw new Error(`${file} does not have once:\n${lines("-")}`);
  writeFileSync(file, `${head}${lines("+")}${tail}`);
}
