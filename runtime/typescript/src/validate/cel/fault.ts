import { CrucibleError } from "../../error/index.js";

/** An error of CEL while a rule is evaluated, such as a division by zero. It may be absorbed: `fault || true` is true. */
export class CelFault extends Error {
  override readonly name: string = "CelFault";
}

/**
 * Decides a rule that can end in an error.
 *
 * @throws CrucibleError reason VALIDATION_FAILED when it does: the message is neither right nor wrong.
 */
export function decideRule<T>(ruleId: string, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof CelFault)) throw error;
    throw undecided(ruleId, error.message, error);
  }
}

/** What is thrown for a rule that ends in an error. */
export function undecided(ruleId: string, why: string, cause: unknown): CrucibleError {
  return new CrucibleError("VALIDATION_FAILED", `the rule ${ruleId} cannot be decided for this message: ${why}`, {
    cause,
  });
}

/** `left && right` where `left` can end in an error: false on either side outweighs it. */
export function bothHold(left: () => boolean, right: () => boolean): boolean {
  let first: boolean;
  try {
    first = left();
  } catch (error) {
    if (error instanceof CelFault && !right()) return false;
    throw error;
  }
  return first && right();
}

/** `left || right` where `left` can end in an error: true on either side outweighs it. */
export function eitherHolds(left: () => boolean, right: () => boolean): boolean {
  let first: boolean;
  try {
    first = left();
  } catch (error) {
    if (error instanceof CelFault && right()) return true;
    throw error;
  }
  return first || right();
}

/** Whether a test holds for every item; one for which it does not outweighs errors. */
export function everyItem<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  return !someItem(items, (item) => !test(item));
}

/** Whether a test holds for an item; one for which it does outweighs errors. */
export function someItem<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  let fault: CelFault | undefined;
  for (const item of items) {
    try {
      if (test(item)) return true;
    } catch (error) {
      if (!(error instanceof CelFault)) throw error;
      fault ??= error;
    }
  }
  if (fault !== undefined) throw fault;
  return false;
}
