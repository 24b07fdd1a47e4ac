/** A line of prose. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a note that are prose: without front matter and blocks of code, and with code inside a line blanked, since
 * what looks like a link or a task there is none.
 */
export function* proseLines(markdown: string): Generator<Line> {
  let fence: string | undefined;
  let number = 0;
  let frontMatter = false;
  for (const text of eachLine(markdown)) {
    number++;
    if (number === 1 && text === "---") {
      frontMatter = true;
    } else if (frontMatter) {
      frontMatter = text !== "---";
    } else if (fence !== undefined) {
      if (closes(text, fence)) fence = undefined;
    } else {
      fence = /^[ >]*(`{3,}|~{3,})/.exec(text)?.[1];
      if (fence === undefined) yield { number, text: text.replace(/`[^`]*`/g, (code) => " ".repeat(code.length)) };
    }
  }
}

/** Lines without their ends, one by one: a note of a million lines never becomes a list of as many texts. */
function* eachLine(text: string): Generator<string> {
  let from = text.startsWith("\uFEFF") ? 1 : 0;
  while (from <= text.length) {
    const end = text.indexOf("\n", from);
    const to = end < 0 ? text.length : end;
    yield text.slice(from, text[to - 1] === "\r" ? to - 1 : to);
    from = to + 1;
  }
}

/** A fence ends with at least as many of its characters, and nothing behind them. */
function closes(line: string, fence: string): boolean {
  const text = line.replace(/^[ >]+/, "").trimEnd();
  return text.length >= fence.length && text === fence[0]?.repeat(text.length);
}
