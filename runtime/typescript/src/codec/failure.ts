// Errors of encoding and decoding. The functions return them, so that callers say `throw`.
import { CrucibleError, type ErrorOptions, textOf } from "../error/crucible-error.js";
import { cursor, maxDepth } from "./cursor.js";

function undecodable(text: string, options?: ErrorOptions): CrucibleError {
  return new CrucibleError("DECODE_INVALID", text, options);
}

function unencodable(text: string, options?: ErrorOptions): CrucibleError {
  return new CrucibleError("ENCODE_INVALID", text, options);
}

/** The bytes break the encoding; `fact` says how. */
export function malformed(fact: string, offset: number): CrucibleError {
  return undecodable(`byte ${offset}: ${fact}`);
}

/** A varint goes on where it has to end. */
export function overlong(offset: number): CrucibleError {
  return malformed("an integer is longer than ten bytes", offset);
}

/** Something runs past the end of the message, list or map entry that holds it. */
export function truncated(offset: number): CrucibleError {
  return malformed("the value runs past the end of what holds it", offset);
}

/** A field has another wire type than its type in the schema. */
export function mismatch(tag: number, expected: number, place: string): CrucibleError {
  const fact = `field ${tag >>> 3} of ${place} has wire type ${tag & 7} instead of ${expected & 7}`;
  return undecodable(`${fact}; compare the schemas of both ends`);
}

/**
 * Called before the fields of a message are read.
 *
 * @throws CrucibleError reason DECODE_INVALID when it is nested too deep.
 */
export function checkDepth(depth: number): void {
  if (depth > maxDepth) throw undecodable(`messages nest more than ${maxDepth} deep`);
}

/**
 * Called after the fields of a message, list or map entry: leaves the offset after them in `cursor.at`.
 *
 * @param group the end tag that should have come before `end`, or 0.
 * @throws CrucibleError reason DECODE_INVALID when the last field ran past `end` or the end tag is missing.
 */
export function checkEnd(at: number, end: number, group: number): void {
  if (at !== end) throw truncated(end);
  if (group !== 0) throw malformed("the group does not end", end);
  cursor.at = at;
}

/** Says which message could not be decoded. */
export function decodeFailure(typeName: string, error: unknown): CrucibleError {
  return undecodable(`cannot decode ${typeName}: ${textOf(error)}`, { cause: error });
}

/** A field holds what its type cannot. */
export function unfit(field: string, wanted: string, value: unknown): CrucibleError {
  return unencodable(`${field} takes ${wanted}, not ${describe(value)}`);
}

/** A message stands where one of another type belongs. */
export function foreign(typeName: string, actual: unknown): CrucibleError {
  return unencodable(`${String(actual)} was given where ${typeName} belongs`);
}

/** A required field is not set. */
export function missing(field: string): CrucibleError {
  return unencodable(`${field} is required but not set`);
}

/** Makes an error of the one class out of what a message's own getters, or a cycle in it, have thrown. */
export function encodeFailure(typeName: string, error: unknown): CrucibleError {
  if (error instanceof CrucibleError) return error;
  return unencodable(`cannot encode ${typeName}: ${textOf(error)}`, { cause: error });
}

/** A value in few words; text and objects may be secret or long and are not quoted. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return BigInt.asIntN(70, value) === value ? `${value}n` : "a bigint";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : value instanceof Map ? "a Map" : "an object";
    default:
      return `a ${typeof value}`;
  }
}
