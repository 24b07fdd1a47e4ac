import { CrucibleError } from "../error/index.js";

/** What an absent list is read as. */
export const noItems: readonly never[] = Object.freeze([]);

/** What an absent map is read as. */
export const noEntries: Readonly<Record<string, never>> = Object.freeze({});

/** What an absent field of type bytes is read as. */
export const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * The field's value when the object holds it itself. Messages of proto2 and of editions inherit the defaults of unset
 * fields, and every object inherits names such as `hasOwnProperty`: neither is a value.
 */
export function own<T extends object, K extends keyof T>(message: T, field: K): T[K] | undefined {
  return Object.hasOwn(message, field) ? message[field] : undefined;
}

/** How many entries a map has. */
export function entryCount(map: object): number {
  let count = 0;
  for (const _ in map) count++;
  return count;
}

/**
 * The value of a 64-bit integer that is held as text: a field with `jstype = JS_STRING`, or a key of a map.
 *
 * @throws CrucibleError reason ENCODE_INVALID when the text is no such integer.
 */
export function toBigInt(text: string): bigint {
  // At most 20 characters: longer ones are no 64-bit integers, and cost more than linear time to convert.
  if (!/^(?:0|-?[1-9][0-9]{0,18}|[1-9][0-9]{19})$/.test(text)) {
    throw new CrucibleError(
      "ENCODE_INVALID",
      `${JSON.stringify(text.slice(0, 32))} is no 64-bit integer; give its decimal digits`,
    );
  }
  return BigInt(text);
}
