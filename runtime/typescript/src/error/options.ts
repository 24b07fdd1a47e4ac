import { CrucibleError, textOf } from "./crucible-error.js";
import type { Reason } from "./reasons.js";
import { oneLine, shown } from "./text.js";

/** The names of options that there are. */
export type Names<Options> = Readonly<Record<keyof Options, true>>;

/**
 * A copy of options as a user gave them, read once: what is checked of it is what is used. An option that is misspelt would
 * be as if it had not been set, and is refused. What somebody has put on `Object.prototype` is no option.
 *
 * @param what names them in messages, such as `createDaemon`.
 * @throws CrucibleError OPTION_INVALID for what is no object, an option that there is not, one that is null, and one that
 * throws when it is read.
 */
export function readOptions<Options extends object>(what: string, given: Options, names: Names<Options>): Options {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw optionInvalid(`${what} takes an object of options, and was given ${shown(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(names, name)) continue;
    throw optionInvalid(`${what} has no option ${shown(name)}; the options are ${Object.keys(names).join(", ")}`);
  }
  const plain = [Object.prototype, null].includes(Object.getPrototypeOf(given) as object | null);
  const own = Object.create(null) as Options;
  for (const name of Object.keys(names) as (keyof Options & string)[]) {
    if (plain ? !Object.hasOwn(given, name) : !(name in given)) continue;
    const value = valueOf(what, given, name);
    if (value === null) throw optionInvalid(`${what}: ${name} is null; leave it out for its default`);
    if (value !== undefined) own[name] = value as Options[typeof name];
  }
  return own;
}

function valueOf<Options extends object>(what: string, given: Options, name: keyof Options & string): unknown {
  try {
    return given[name];
  } catch (cause) {
    throw new CrucibleError("OPTION_INVALID", `${what}: ${name} cannot be read: ${oneLine(textOf(cause))}`, { cause });
  }
}

/** @throws CrucibleError OPTION_INVALID, or `reason`, unless `value` is a whole number in the range. */
export function checkNumber(
  name: string,
  value: number,
  least: number,
  most: number,
  reason: Reason = "OPTION_INVALID",
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new CrucibleError(reason, `${name} is ${shown(value)}; it is a whole number from ${least} to ${most}`);
}

/** @throws CrucibleError OPTION_INVALID unless `value` is a boolean or undefined. */
export function checkBoolean(name: string, value: boolean | undefined): void {
  if (value === undefined || typeof value === "boolean") return;
  throw optionInvalid(`${name} is ${shown(value)}; it is true or false`);
}

/** @throws CrucibleError OPTION_INVALID unless `value` is the path of something, or undefined. */
export function checkPath(name: string, value: string | undefined): void {
  if (value === undefined || (typeof value === "string" && value !== "" && !value.includes("\0"))) return;
  throw optionInvalid(`${name} is ${shown(value)}; it is a path`);
}

/** Whether `value` is a list of which `test` holds each entry, holes included. */
export function isListOf(value: unknown, test: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && Array.from(value).every((entry) => test(entry));
}

export function optionInvalid(text: string): CrucibleError {
  return new CrucibleError("OPTION_INVALID", text);
}
