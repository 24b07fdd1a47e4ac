/** Thrown for a value that never ends. */
export class TooLongError extends Error {}

/**
 * Takes a text that comes in pieces apart into its JSON values, which follow each other with or without space between.
 * Only where values end is looked at; whether they are JSON is for `JSON.parse` to say.
 */
export class JsonValues {
  readonly #maxLength: number;
  /** What has been read of the value that is under way. */
  #open = "";
  #depth = 0;
  #quoted = false;
  #escaped = false;

  /** @param maxLength the longest value, in characters. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /**
   * The values that end within the next piece.
   *
   * @throws TooLongError for one that is too long.
   */
  push(text: string): string[] {
    const values: string[] = [];
    let start = 0;
    const finish = (end: number): void => {
      values.push(this.#open + text.slice(start, end));
      this.#open = "";
      start = end;
    };
    for (let i = 0; i < text.length; i++) {
      const character = text.charAt(i);
      const begun = this.#open !== "" || i > start;
      if (this.#quoted) {
        if (this.#escaped) this.#escaped = false;
        else if (character === "\\") this.#escaped = true;
        else if (character === '"') {
          this.#quoted = false;
          if (this.#depth === 0) finish(i + 1);
        }
      } else if (this.#depth > 0) {
        if (character === '"') this.#quoted = true;
        else if (character === "{" || character === "[") this.#depth++;
        else if ((character === "}" || character === "]") && --this.#depth === 0) finish(i + 1);
      } else if (/[\s\u{feff}]/u.test(character)) {
        if (begun) finish(i);
        start = i + 1;
      } else if (character === "{" || character === "[" || character === '"') {
        // It ends a number or a word before it.
        if (begun) finish(i);
        if (character === '"') this.#quoted = true;
        else this.#depth = 1;
      }
    }
    this.#open += text.slice(start);
    if (this.#open.length > this.#maxLength) throw new TooLongError();
    return values;
  }

  /** What is left at the end: the last value, or one that was cut off. */
  end(): string[] {
    const rest = this.#open;
    this.#open = "";
    return rest === "" ? [] : [rest];
  }
}
