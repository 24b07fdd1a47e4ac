import { proseLines } from "./lines.js";

/** What a note says, line by line, as people read it. */
export function proseText(markdown: string): string {
  let prose = "";
  for (const { text } of proseLines(markdown)) prose += `${plainText(text)}\n`;
  return prose;
}

/** Markdown of one line as people read it: links by their text, without pictures, tags and emphasis. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/!\[[^[\]]*\](?:\([^()]*\)|\[[^[\]]*\])/g, "")
    .replace(/\[\[(?:[^[\]|]*\|)?([^[\]|]*)\]\]/g, "$1")
    .replace(/\[([^[\]]*)\](?:\([^()]*\)|\[[^[\]]*\])/g, "$1")
    .replace(/<[^<>]*>/g, "")
    .replace(/^[ \t]*(?:[>#]+|[-+*] )[ \t]*/, "")
    .replace(/\*+|__|~~|`|\[[ xX]?\]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
