// Finds the class that implements a service in a file of the user. The file is read, not parsed: comments and texts are
// blanked, then brackets are counted. That is exact enough for a hint, and takes no time.

/** A class that extends the base of a service. */
export interface Implementation {
  /** Undefined for a class without a name. */
  readonly className: string | undefined;
  /** Names of its own members; undefined when the file could not be understood. */
  readonly members: ReadonlySet<string> | undefined;
}

/**
 * Finds the class that extends `handler`.
 *
 * @param text of a TypeScript file.
 * @returns undefined when the file has none.
 */
export function findImplementation(text: string, handler: string): Implementation | undefined {
  const code = blankText(text);
  const escaped = handler.replaceAll("$", "\\$");
  const head = new RegExp(
    `\\bclass\\b(?:\\s+([\\w$]+))?[^{;]*?\\bextends\\s+(?:[\\w$]+\\.)*${escaped}(?![\\w$])[^{]*\\{`,
  );
  const found = head.exec(code);
  if (found === null) return undefined;
  const name = found[1] === "extends" ? undefined : found[1];
  return { className: name, members: readMembers(code.slice(found.index + found[0].length)) };
}

/** The names declared directly in a class body that begins behind its bracket. */
function readMembers(code: string): ReadonlySet<string> | undefined {
  let depth = 0;
  let outline = "";
  for (const character of code) {
    if (character === "}" && depth === 0) {
      const names = outline.matchAll(/(?:^|[\s;*)}\]])([\w$]+|#[\w$]+)\s*[?!]?\s*(?=[(<=:])/g);
      return new Set(Array.from(names, (match) => match[1] ?? ""));
    }
    if ("}])".includes(character)) depth--;
    if (depth === 0) outline += character;
    if ("{[(".includes(character)) depth++;
  }
  return undefined;
}

/** The same text with what stands in comments and quotes turned into spaces. */
function blankText(text: string): string {
  const token = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replace(token, (match) => " ".repeat(match.length));
}
