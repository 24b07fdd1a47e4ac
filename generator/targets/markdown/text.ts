// Text in Markdown: comments as their authors wrote them, but never able to break the page that they stand on.

/** A name or an expression as code, whatever it contains. */
export function code(text: string): string {
  const plain = printable(text).replaceAll(/\s+/g, " ");
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = plain.startsWith("`") || plain.endsWith("`") ? " " : "";
  return `${fence}${pad}${plain}${pad}${fence}`;
}

/** The lines of a comment. What would be a heading, or HTML, is shown as it was written. */
export function commentLines(comment: string): string[] {
  if (comment === "") return [];
  let fenced = false;
  return comment.split("\n").map((raw) => {
    const line = printable(raw).trimEnd();
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced;
    if (fenced) return line;
    return line.replaceAll(/<(?=[A-Za-z/!?])/g, "\\<").replace(/^(\s*)(#{1,6}(?:\s|$)|=+\s*$|-+\s*$)/, "$1\\$2");
  });
}

/** A comment on one line, for a list. */
export function inlineComment(comment: string): string {
  return commentLines(comment.replaceAll(/\s*\n\s*/g, " ")).join(" ");
}

/** Control characters, and those that turn the direction of a text, hide what a reader must see. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** The anchor of a heading whose text is a single piece of code, as GitHub makes it. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}
