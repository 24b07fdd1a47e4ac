import { proseLines } from "./lines.js";

/** A link as its note has it. */
export interface FoundLink {
  /** Whether the target is a title (`[[Title]]`) or a path relative to the note. */
  readonly kind: "title" | "path";
  /** Without what follows `#`; a path is decoded. */
  readonly target: string;
}

// Each pattern passes over a line once, whatever the line: none can begin to match inside what another attempt has read.
const wikiLink = /\[\[([^[\]|#]+)(?:#[^[\]|]*)?(?:\|[^[\]]*)?\]\]/g;
const inlineLink = /\]\(\s*(?:<([^<>]*)>|([^\s()<>]+))/g;
const definition = /^ {0,3}\[[^[\]]+\]:\s*(?:<([^<>]*)>|(\S+))/;

/**
 * The links of a note that may lead to another note, in order: `[[Title]]`, `[[Title#Heading|text]]`, `[text](path.md)`,
 * `[label]: path.md`. Links to places on the web, within the note, or to files that are no Markdown are left out.
 */
export function findLinks(markdown: string): FoundLink[] {
  const found: { readonly at: number; readonly link: FoundLink }[] = [];
  for (const { number, text } of proseLines(markdown)) {
    const place = (index: number): number => number * 2 ** 21 + index; // A line is shorter than 2 MiB.
    for (const { index, 1: title = "" } of text.matchAll(wikiLink)) {
      if (title.trim() !== "") found.push({ at: place(index), link: { kind: "title", target: title.trim() } });
    }
    const defined = definition.exec(text);
    for (const { index, 1: quoted, 2: plain } of defined === null ? text.matchAll(inlineLink) : [defined]) {
      const target = notePath(quoted ?? plain ?? "");
      if (target !== undefined) found.push({ at: place(index), link: { kind: "path", target } });
    }
  }
  return found.toSorted((a, b) => a.at - b.at).map(({ link }) => link);
}

/** The path of a Markdown file in a destination; undefined when it is something else. */
function notePath(destination: string): string | undefined {
  const path = destination.replace(/[?#].*$/, "");
  if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(path) || !/\.(?:md|mdx|markdown)$/i.test(path)) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // A stray percent sign stands for itself.
  }
}
