import { proseLines } from "../markdown/lines.js";
import { plainText } from "../markdown/plain-text.js";

/** Headings, which the title says already, and lines that only define where links lead. */
const notQuoted = /^ {0,3}(?:#|\[[^[\]]+\]:)/;

/**
 * The passage of a note around the first line that has the most of some words.
 *
 * @param terms in lower case.
 * @param length the most characters, the ellipses included.
 * @returns one line; empty when no line but headings has any of them.
 */
export function snippetOf(markdown: string, terms: readonly string[], length: number): string {
  let best = { text: "", at: 0, found: 0 };
  for (const { text: line } of proseLines(markdown)) {
    if (notQuoted.test(line)) continue;
    const text = plainText(line);
    const lower = text.toLowerCase();
    const places = terms.map((term) => lower.indexOf(term)).filter((at) => at >= 0);
    if (places.length > best.found) best = { text, at: Math.min(...places), found: places.length };
    if (best.found === terms.length) break;
  }
  return cut(best.text, best.at, length);
}

/** A window of `length` characters onto `text` with what stands at `at` in it, at the limits of words where possible. */
function cut(text: string, at: number, length: number): string {
  if (text.length <= length) return text;
  const room = length - 2; // An ellipsis at each end.
  if (room < 1) return "";
  let from = Math.max(0, Math.min(at - (room >> 2), text.length - room));
  let to = from + room;
  const space = text.indexOf(" ", from);
  if (from > 0 && space >= 0 && space < at) from = space + 1;
  const lastSpace = text.lastIndexOf(" ", to);
  if (to < text.length && lastSpace > at) to = lastSpace;
  // A cut through a surrogate pair would leave halves, which no message can carry.
  const passage = text
    .slice(from, to)
    .toWellFormed()
    .replace(/^\uFFFD|\uFFFD$/g, "");
  return `${from > 0 ? "…" : ""}${passage.trim()}${to < text.length ? "…" : ""}`;
}
