// Keys of maps where speed counts more than size: what Node loads. Bundles for anything else get `key-small.ts`.
import { cursor } from "./cursor.js";
import { readString } from "./text.js";
import { readLength } from "./varint.js";

/** Keys of more bytes than this are not kept. */
const longestKey = 32;
const keys: string[] = Array.from({ length: 256 }, () => "");

/** Reads a `string` that is the key of a map and has to be valid UTF-8. */
export function readKey(bytes: Uint8Array, at: number, end: number): string {
  const stop = readLength(bytes, at, end);
  const start = cursor.at;
  const known = knownKey(bytes, start, stop);
  if (known === undefined) return keepKey(readString(bytes, at, end), bytes, start, stop);
  cursor.at = stop;
  return known;
}

/**
 * A key of a map that has been met before. Keys repeat from message to message, and one that the engine has as the name of a
 * property already sets an entry in half the time: a note with six entries decodes in nine tenths (Node 20 and 24).
 *
 * @returns undefined when it is new, or was pushed out by another.
 */
function knownKey(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const known = keys[slotOf(bytes, start, stop)]!;
  const { length } = known;
  if (length !== stop - start || length === 0) return undefined;
  for (let i = 0; i < length; i++) if (known.charCodeAt(i) !== bytes[start + i]!) return undefined;
  return known;
}

/** Keeps a key for `knownKey` if it is short ASCII; returns the key. */
function keepKey(key: string, bytes: Uint8Array, start: number, stop: number): string {
  if (key.length !== stop - start || key.length > longestKey || key.length === 0) return key;
  // As the name of a property: text of its own, which keeps no other text alive.
  const name = Object.keys({ [key]: undefined })[0]!;
  keys[slotOf(bytes, start, stop)] = name;
  return name;
}

function slotOf(bytes: Uint8Array, start: number, stop: number): number {
  return ((stop - start) * 31 + bytes[start]! * 7 + bytes[stop - 1]! * 13) & 255;
}
