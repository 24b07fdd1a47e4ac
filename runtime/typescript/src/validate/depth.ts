import { maxDepth } from "../codec/cursor.js";
import { CrucibleError } from "../error/index.js";

/**
 * Called before a message that can hold messages of its own type is looked at; the outermost is at depth 1.
 *
 * @throws CrucibleError reason ENCODE_INVALID when it is nested deeper than any message that can be decoded, such as one
 * that holds itself.
 */
export function assertDepth(depth: number): void {
  if (depth > maxDepth) {
    throw new CrucibleError(
      "ENCODE_INVALID",
      `messages nest more than ${maxDepth} deep, perhaps in a circle; no receiver takes that`,
    );
  }
}
