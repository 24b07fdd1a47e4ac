// Bytes against the constants of a schema. A constant is a string of which each character, 0 to 255, is one byte: that
// is how the schema writes it.
import { CrucibleError } from "../error/index.js";

/** Whether the bytes are `constant`. */
export function equalsBytes(bytes: Uint8Array, constant: string): boolean {
  return bytes.length === constant.length && matchesAt(bytes, 0, constant);
}

/** Whether the bytes begin with `constant`. */
export function startsWithBytes(bytes: Uint8Array, constant: string): boolean {
  return bytes.length >= constant.length && matchesAt(bytes, 0, constant);
}

/** Whether the bytes end with `constant`. */
export function endsWithBytes(bytes: Uint8Array, constant: string): boolean {
  return bytes.length >= constant.length && matchesAt(bytes, bytes.length - constant.length, constant);
}

/** Whether `constant` stands anywhere in the bytes. */
export function containsBytes(bytes: Uint8Array, constant: string): boolean {
  if (constant.length === 0) return true;
  const last = bytes.length - constant.length;
  for (let at = bytes.indexOf(constant.charCodeAt(0)); at >= 0 && at <= last;) {
    if (matchesAt(bytes, at, constant)) return true;
    at = bytes.indexOf(constant.charCodeAt(0), at + 1);
  }
  return false;
}

function matchesAt(bytes: Uint8Array, offset: number, constant: string): boolean {
  for (let i = 0; i < constant.length; i++) {
    if (bytes[offset + i] !== constant.charCodeAt(i)) return false;
  }
  return true;
}

// Made when it is first used, so that bundlers leave it out where nothing uses it.
let decoder: InstanceType<typeof TextDecoder> | undefined;

/**
 * The text that bytes are in UTF-8: what the pattern of a schema is searched in.
 *
 * @throws CrucibleError reason VALIDATION_FAILED when they are none. That is no violation of the rule but, as in
 * protovalidate, the end of the validation.
 */
export function utf8Text(bytes: Uint8Array): string {
  // A byte order mark at the beginning is dropped, as protovalidate-es drops it (and protovalidate-go does not).
  decoder ??= new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new CrucibleError("VALIDATION_FAILED", "bytes must be valid UTF-8 to apply regexp", { cause: error });
  }
}
