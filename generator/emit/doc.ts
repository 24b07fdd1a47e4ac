/**
 * A doc comment in front of a declaration, with its newline; empty when there is nothing to say.
 *
 * @param text lines without marks.
 * @param deprecated adds `@deprecated`.
 * @param indent what every line begins with.
 */
export function docComment(text: string, deprecated: boolean, indent = ""): string {
  if (text === "" && !deprecated) return "";
  const safe = plain.test(text) && !text.includes("*/") ? text : printable(text).replaceAll("*/", "*\\/");
  const lines = text === "" ? [] : safe.split("\n");
  if (deprecated) lines.push(...(lines.length > 0 ? ["", "@deprecated"] : ["@deprecated"]));
  if (lines.length === 1) return `${indent}/** ${lines[0]!.trimEnd()} */\n`;
  let comment = `${indent}/**\n`;
  for (const line of lines) {
    const end = line.trimEnd();
    comment += end === "" ? `${indent} *\n` : `${indent} * ${end}\n`;
  }
  return `${comment}${indent} */\n`;
}

/** Text of which every letter may stay as it is. */
const plain = /^[\t\n -~]*$/;

/** Spaces that look like another, or like none: linters complain of them, and nobody sees why. */
const oddSpaces = /[\u0085\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]/g;
const invisibleSpaces = /[\u200b\ufeff]/g;

/** Line separators would end a line inside the comment, control characters hide what a reviewer must see. */
function printable(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
      .replace(oddSpaces, " ")
      .replace(invisibleSpaces, "")
  );
}
