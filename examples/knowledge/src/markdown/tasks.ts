import { proseLines } from "./lines.js";

/** A task as its note has it. */
export interface FoundTask {
  /** From 1. */
  readonly line: number;
  readonly done: boolean;
  readonly text: string;
}

/** A list item with a box before its text, also in a quotation. */
const task = /^[\s>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\][ \t]+(\S.*)$/;

/** The tasks of a note, in order. */
export function findTasks(markdown: string): FoundTask[] {
  const found: FoundTask[] = [];
  for (const { number, text } of proseLines(markdown)) {
    const [, box, what] = task.exec(text) ?? [];
    if (what !== undefined) found.push({ line: number, done: box !== " ", text: what.trimEnd() });
  }
  return found;
}
