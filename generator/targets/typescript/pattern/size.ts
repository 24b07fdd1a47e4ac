// How large a pattern gets when RE2 compiles it, told from its text alone: what is hostile is refused before any memory is
// spent on it.

/** The longest pattern, in UTF-16 units. */
export const maxPatternLength = 10_000;

/**
 * The most instructions that a pattern may become. RE2 draws its line at 3.3 million, which take seconds and a gigabyte
 * here; half a million take 0.24 s and 100 MB (Node 20).
 */
export const maxPatternSize = 500_000;

/** RE2 goes through a range that reaches beyond ASCII character by character when case is ignored: 18 ms for the widest. */
const wideRangeSize = 2_500;

/**
 * A size that the compiled pattern does not exceed by more than a small factor: its characters, those inside repetitions
 * as often as they are repeated. Of a text that is no pattern it is any number.
 */
export function expandedSize(pattern: string): number {
  const wideRange = /\(\?[a-zA-Z-]*i/.test(pattern) ? wideRangeSize : 1;
  /** The groups that are open: the size of each, and that of its last part, which a count may repeat. */
  const open: { size: number; last: number }[] = [{ size: 0, last: 0 }];
  for (const [token] of pattern.matchAll(tokens)) {
    const top = open.at(-1)!;
    if (token === "(") {
      open.push({ size: 1, last: 0 });
    } else if (token === ")") {
      if (open.length === 1) continue;
      open.pop();
      const outer = open.at(-1)!;
      outer.size += outer.last;
      outer.last = top.size + top.last;
    } else if (token.startsWith("{") && token.length > 1) {
      const [min = 0, max = min] = (token.match(/\d+/g) ?? []).map(Number);
      top.last *= Math.max(min, max) + 1;
    } else {
      top.size += top.last;
      if (token.startsWith("\\Q")) top.last = token.length;
      else top.last = token.length > 2 ? 1 + wideRange * (token.match(wideRanges)?.length ?? 0) : 1;
    }
  }
  return open.reduce((sum, { size, last }) => sum + size + last, 0);
}

/** Quoted text, an escape, a class, a count; else a character. */
const tokens = /\\Q(?:(?!\\E)[^])*|\\[^]|\[\^?\]?(?:\\[^]|\[:\^?[a-z]+:\]|[^\]\\])*\]|\{\d{1,8}(?:,\d{0,8})?\}|[^]/g;

/** A range of a class that ends beyond ASCII, or may. */
const wideRanges = /-(?:\\x|[^\0-\x7f])/g;
