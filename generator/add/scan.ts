// The outline of a .proto: where its statements begin and end. Only as much of the grammar is known as is needed to find
// the place for a new line; whether the text is a schema at all was judged by the compiler before.

/** One statement at the top of a file or of a block. */
export interface Statement {
  /** Its first word, `export` and `local` of edition 2024 left out; empty for a lone semicolon. */
  readonly keyword: string;
  /** The word behind it, or the text of the string there, without quotes. */
  readonly name: string;
  readonly start: number;
  /** Behind its semicolon or closing brace. */
  readonly end: number;
  /** What is between its braces, if it is a block. */
  readonly body: Body | undefined;
}

/** The inside of a block. */
export interface Body {
  /** Of the first character behind the opening brace. */
  readonly open: number;
  /** Of the closing brace. */
  readonly close: number;
  readonly statements: readonly Statement[];
}

interface Token {
  readonly kind: "word" | "string" | "mark";
  readonly start: number;
  readonly end: number;
}

/** What a .proto is made of, besides space: comments, words, texts, single marks. */
const lexeme = /\/\/[^\n]*|\/\*[^]*?\*\/|[\w.]+|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|[^\s\w]/g;

/** The statements of a .proto that the compiler takes. What it would not take gives any outline, but always one. */
export function outline(text: string): Statement[] {
  const tokens: Token[] = [];
  for (const { 0: found, index: start } of text.matchAll(lexeme)) {
    if (found.startsWith("//") || found.startsWith("/*")) continue;
    const kind = /^[\w.]/.test(found) ? "word" : /^["']./.test(found) ? "string" : "mark";
    // A mark of order that some editors put in front.
    if (found !== "\ufeff") tokens.push({ kind, start, end: start + found.length });
  }
  return new Outliner(text, tokens).statements();
}

class Outliner {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  /** Statements up to the closing brace of the block that is being read, or the end. */
  statements(): Statement[] {
    const found: Statement[] = [];
    while (this.#at < this.#tokens.length && this.#mark() !== "}") found.push(this.#statement());
    return found;
  }

  #statement(): Statement {
    const first = this.#tokens[this.#at] as Token;
    const words: string[] = [];
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at] as Token;
      const mark = this.#mark();
      if (mark === ";" && depth === 0) {
        this.#at++;
        return this.#made(words, first.start, token.end);
      }
      const isBlock = depth === 0 && words[0] !== "option" && mark === "{";
      if (isBlock) return this.#block(words, first.start, token.end);
      if (mark === "{" || mark === "[" || mark === "(") depth++;
      if (mark === "}" || mark === "]" || mark === ")") depth--;
      // The end of the block around it: a statement without its semicolon.
      if (depth < 0) break;
      if (depth === 0 && token.kind !== "mark" && words.length < 3) words.push(this.#word(token));
    }
    return this.#made(words, first.start, this.#tokens[this.#at - 1]?.end ?? first.end);
  }

  #block(words: readonly string[], start: number, open: number): Statement {
    this.#at++;
    const statements = words[0] === "service" ? this.statements() : this.#skipped();
    const close = this.#tokens[this.#at];
    this.#at++;
    const end = close?.end ?? this.#text.length;
    return this.#made(words, start, end, { open, close: close?.start ?? end, statements });
  }

  /** Leaves a block unread, up to its closing brace. */
  #skipped(): [] {
    for (let depth = 0; this.#at < this.#tokens.length; this.#at++) {
      const mark = this.#mark();
      if (mark === "{") depth++;
      else if (mark === "}" && depth-- === 0) break;
    }
    return [];
  }

  #made(words: readonly string[], start: number, end: number, body?: Body): Statement {
    const [keyword = "", name = ""] = /^(?:export|local)$/.test(words[0] ?? "") ? words.slice(1) : words;
    return { keyword, name, start, end, body };
  }

  #mark(): string {
    const token = this.#tokens[this.#at];
    return token?.kind === "mark" ? this.#word(token) : "";
  }

  #word({ kind, start, end }: Token): string {
    return kind === "string" ? this.#text.slice(start + 1, end - 1) : this.#text.slice(start, end);
  }
}
