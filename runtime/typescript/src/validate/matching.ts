import { CrucibleError } from "../error/index.js";

/**
 * Whether a text matches a pattern of the schema.
 *
 * @throws CrucibleError reason VALIDATION_FAILED when the text is too long for the engine: it keeps track of where it can
 * go back to, and gives up after some millions of repetitions.
 */
export function matches(text: string, pattern: RegExp): boolean {
  try {
    return pattern.test(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CrucibleError(
      "VALIDATION_FAILED",
      `a text of ${text.length} characters is too long to match ${pattern.source}; send a shorter one`,
      { cause: error },
    );
  }
}
