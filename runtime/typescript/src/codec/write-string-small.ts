// The twin of `write-string.ts` for bundles in which each byte counts.
import { unfit } from "./failure.js";
import { expectRoom } from "./room.js";
import { writeLong, writeMixed } from "./text.js";

/** See `write-string.ts`. One character in a turn. */
export function writeString(bytes: Uint8Array, at: number, text: string, field: string): number {
  if (typeof text !== "string") throw unfit(field, "a string", text);
  const { length } = text;
  if (length > 31) return writeLong(bytes, at, text);
  expectRoom(bytes, at + 3 * length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return writeMixed(bytes, at, text, i);
    bytes[at + 1 + i] = code;
  }
  bytes[at] = length;
  return at + 1 + length;
}
