// Patterns of a schema that neither a regular expression of JavaScript nor an automaton of bearable size can run. The
// engine is an optional package, looked for only by generated code that imports the door re2.
import type { RE2JS } from "@bufbuild/re2";

type Engine = new (pattern: string) => RE2JS;

let engine: Engine | undefined;
let failure: unknown;
try {
  engine = (await import("@bufbuild/re2")).RE2JS;
} catch (error) {
  // Told when the first pattern is made: an error of this import would not say what it is for.
  failure = error;
}

/** A pattern of a schema that @bufbuild/re2 runs. */
export class Re2 {
  readonly #pattern: string;
  readonly #engine: Engine;
  #compiled: RE2JS | undefined;

  /**
   * @param pattern compiled when it is first used.
   * @throws Error when @bufbuild/re2 is not installed.
   */
  constructor(pattern: string) {
    if (engine === undefined) {
      throw new Error(
        "@bufbuild/re2 cannot be loaded, and a pattern of the schema needs it: install it (npm install @bufbuild/re2)",
        { cause: failure },
      );
    }
    this.#engine = engine;
    this.#pattern = pattern;
  }

  /** Whether the pattern is found in a text, in time linear in its length. */
  test(text: string): boolean {
    return (this.#compiled ??= new this.#engine(this.#pattern)).test(text);
  }
}
