/**
 * A doc comment in front of a declaration, with its newline; empty when there is nothing to say.
 *
 * @param text lines without marks.
 * @param deprecated adds `@deprecated`.
 * @param indent what every line begins with.
 */
export function docComment(text: string, deprecated: boolean, indent = ""): string {
  if (text === "" && !deprecated) return "";
  const lines = text === "" ? [] : text.split("\n");
  if (deprecated) lines.push(...(lines.length > 0 ? ["", "@deprecated"] : ["@deprecated"]));
  const safe = lines.map((line) => printable(line).replaceAll("*/", "*\\/").trimEnd());
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`;
  return `${indent}/**\n${safe.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}\n`).join("")}${indent} */\n`;
}

/** Spaces that look like another, or like none: linters complain of them, and nobody sees why. */
const oddSpaces = /[\u0085\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]/g;
const invisibleSpaces = /[\u200b\ufeff]/g;

/** Line separators would end a line inside the comment, control characters hide what a reviewer must see. */
function printable(line: string): string {
  return (
    line
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
      .replace(oddSpaces, " ")
      .replace(invisibleSpaces, "")
  );
}
