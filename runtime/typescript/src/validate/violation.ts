import type { Violation } from "./validator.js";

/**
 * How many violations a validator notes. A message of a few megabytes can break rules a million times: whoever sent it
 * learns enough from these, and noting them costs next to nothing. Where no rule is broken nobody counts.
 */
export const maxViolations = 1000;

/**
 * Notes a broken rule, unless {@link maxViolations} are noted already.
 *
 * @param violations what was found before; undefined when nothing was.
 * @param rulePath where the rule stands in the schema, when it is not what `ruleId` says.
 * @returns `violations` with the new one behind it.
 */
export function violate(
  violations: Violation[] | undefined,
  fieldPath: string,
  ruleId: string,
  message: string,
  rulePath: string = ruleId,
  forKey: boolean = false,
): Violation[] {
  const found = violations ?? [];
  if (found.length < maxViolations) found.push({ fieldPath, rulePath, ruleId, message, forKey });
  return found;
}

/**
 * Notes what is wrong inside a message that a field holds, up to {@link maxViolations} in all.
 *
 * @param violations what was found before; undefined when nothing was.
 * @param fieldPath where the inner message stands, such as `links[3]`.
 * @param inner violations of the inner message, their paths relative to it.
 * @returns `violations` with those of the inner message behind them.
 */
export function within(
  violations: Violation[] | undefined,
  fieldPath: string,
  inner: readonly Violation[],
): Violation[] {
  const found = violations ?? [];
  for (const violation of inner) {
    if (found.length >= maxViolations) break;
    const path = violation.fieldPath === "" ? fieldPath : `${fieldPath}.${violation.fieldPath}`;
    found.push({ ...violation, fieldPath: path });
  }
  return found;
}

/** The path of an entry of a map whose keys are strings, such as `labels["a"]`. */
export function entryPath(fieldPath: string, key: string): string {
  return `${fieldPath}["${key.replace(/[\\"\r\n]/g, escapeInKey)}"]`;
}

function escapeInKey(character: string): string {
  if (character === "\r") return "\\r";
  return character === "\n" ? "\\n" : `\\${character}`;
}
