/** Where text goes. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How texts are set off from each other. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly accent: (text: string) => string;
}

/** Colours for a terminal that shows them and a user who has not asked for none (https://no-color.org). */
export function createPaint({ isTTY }: Terminal, env: NodeJS.ProcessEnv): Paint {
  if (isTTY !== true || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb") {
    return { strong: String, dim: String, accent: String };
  }
  return {
    strong: (text) => `\u001b[1m${text}\u001b[22m`,
    dim: (text) => `\u001b[2m${text}\u001b[22m`,
    accent: (text) => `\u001b[36m${text}\u001b[39m`,
  };
}

/**
 * Text of a note in a form that is safe to print: a title may hold what moves the cursor, or turns the direction of what
 * follows.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, " ");
}

/** `text`, printable and cut to a number of characters at its begin: the end of a path says more. */
export function fitEnd(text: string, length: number): string {
  const safe = printable(text).trim();
  return safe.length <= length
    ? safe
    : `…${safe
        .slice(1 - length)
        .toWellFormed()
        .replace(/^\uFFFD/, "")}`;
}

/** `text`, printable and cut to a number of characters, never through one. */
export function fit(text: string, length: number): string {
  const safe = printable(text).trim();
  if (safe.length <= length) return safe;
  const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(safe);
  let cut = "";
  for (const { segment } of segments) {
    if (cut.length + segment.length >= length) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}
