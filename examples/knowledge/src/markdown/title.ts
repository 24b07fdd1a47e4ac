import { posix } from "node:path";
import { proseLines } from "./lines.js";
import { plainText } from "./plain-text.js";

/** The longest title, in characters; longer ones are cut. */
const maxTitleLength = 200;
/** What is read of a heading: some patterns take the square of its length. */
const maxHeadingLength = 1000;

/**
 * What people call a note: the `title` of its front matter, else its first heading, else the name of its file.
 *
 * @param id the path of the file within the vault.
 */
export function titleOf(id: string, markdown: string): string {
  const title = frontMatterTitle(markdown) || firstHeading(markdown);
  return clean(title) || clean(posix.basename(id, posix.extname(id))) || "Untitled";
}

function frontMatterTitle(markdown: string): string {
  if (!/^\uFEFF?---\r?\n/.test(markdown)) return "";
  const end = markdown.indexOf("\n---", 3);
  const title = end < 0 ? "" : (/\ntitle:([^\n]*)/.exec(markdown.slice(3, end))?.[1] ?? "");
  return title.trim().replace(/^(["'])(.*)\1$/, "$2");
}

/** The first line that is a heading: one that begins with `#`, or that is underlined with `===` or `---`. */
function firstHeading(markdown: string): string {
  let before = "";
  for (const { text } of proseLines(markdown)) {
    const heading = /^#{1,6}[ \t]/.test(text) ? text : /^(?:=+|-{2,})[ \t]*$/.test(text) ? before : "";
    const title = plainText(heading.slice(0, maxHeadingLength)).replace(/#+$/, "").trim();
    if (title !== "") return title;
    before = text;
  }
  return "";
}

/** Without control characters and cut to a length, never through a surrogate pair. */
function clean(title: string): string {
  const text = title.replace(/[\p{Cc}\s]+/gu, " ").trim();
  if (text.length <= maxTitleLength) return text;
  return `${text
    .slice(0, maxTitleLength)
    .toWellFormed()
    .replace(/\uFFFD$/, "")
    .trimEnd()}…`;
}
