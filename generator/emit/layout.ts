// Layout as prettier would choose it, for what templates cannot decide: whether something fits on its line.

/** How wide prettier lets a line get. */
export const lineWidth = 120;

/** Whether a text, from the start of its line on, fits on that line. */
export function fits(line: string, width: number = lineWidth): boolean {
  // No letter takes more than two columns.
  return line.length <= width / 2 || displayWidth(line) <= width;
}

// What Unicode 17 calls wide or full-width: letters and signs of East Asia, which take two columns each.
const wide =
  /[\u1100-\u115f\u2329-\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/gu;

/** How many columns a text takes on the screen; emoji and combining marks are not looked at. */
export function displayWidth(line: string): number {
  // oxlint-disable-next-line no-control-regex -- nearly all lines are ASCII.
  if (/^[\x00-\x7f]*$/.test(line)) return line.length;
  return Array.from(line).length + (line.match(wide)?.length ?? 0);
}

/**
 * Joins parts on one line where they fit, else one to a line with a comma behind each.
 *
 * @param head what stands before the parts, with the indentation of the line.
 * @param tail what stands behind them on the same line.
 * @param brokenHead `head` when the parts get lines of their own; `brokenTail` likewise, without indentation.
 */
export function fit(
  head: string,
  parts: readonly string[],
  tail: string,
  brokenHead: string = head,
  brokenTail: string = tail,
  width: number = lineWidth,
): string {
  const line = head + parts.join(", ") + tail;
  if (fits(line, width)) return line;
  const indent = /^ */.exec(brokenHead)?.[0] ?? "";
  return `${brokenHead}\n${parts.map((part) => `${indent}  ${part},\n`).join("")}${indent}${brokenTail}`;
}

/** As `fit`, for numbers: where they do not fit on one line, each line has as many as it takes. */
export function fitNumbers(head: string, numbers: readonly number[], tail: string): string {
  const line = `${head}${numbers.join(", ")}${tail}`;
  if (fits(line) || numbers.length < 2) return fit(head, numbers.map(String), tail);
  const lines = [head];
  let current = " ";
  for (const number of numbers) {
    if (current.length + ` ${number},`.length > lineWidth) {
      lines.push(current);
      current = " ";
    }
    current += ` ${number},`;
  }
  return [...lines, current, tail].join("\n");
}

/** `left = right` (or with another operator), the right side on a line of its own where both do not fit on one. */
export function assign(left: string, operator: string, right: string): string {
  const line = `${left}${operator} ${right}`;
  const indent = /^ */.exec(left)?.[0] ?? "";
  return fits(line) ? line : `${left}${operator}\n${indent}  ${right}`;
}

/** Text of printable ASCII without quotes and backslashes. */
const plain = /^[ !#-[\]-~]*$/;

/** A string literal of TypeScript: in double quotes, or in single ones where that saves escapes. */
export function quote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  const double = JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  if (!text.includes('"')) return double;
  const count = (mark: string): number => text.split(mark).length - 1;
  if (count('"') <= count("'")) return double;
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
