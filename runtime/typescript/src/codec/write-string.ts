// Writing strings where speed counts more than size: what Node loads. Bundles for anything else get `write-string-small.ts`.
import { unfit } from "./failure.js";
import { expectRoom } from "./room.js";
import { writeLong, writeMixed } from "./text.js";
import { transcodePays } from "./transcode.js";

/**
 * Strings shorter than this are written in a loop, whose characters take 1.5 to 2 ns. The native takes 60 ns for any of them on
 * Node 20, on Node 22 and 24, of which `transcodePays` knows, 20 and 30 from 16 characters on. With 24 instead of 14, a request of
 * 23 bytes takes two thirds of the time on Node 20, GoogleMessage1 four fifths, also when its strings are parts of others.
 */
const shortWrite = transcodePays ? 32 : 16;

/**
 * Writes a `string` with its length. Unpaired surrogates become U+FFFD. Four characters in a turn, after which V8 looks at the bytes
 * and the stack again: 37 ns for 14 to 23 of them instead of 47 (Node 20; 31 and 40 on Node 24). The loop in a function of its own
 * costs half of that for GoogleMessage1.
 */
export function writeString(bytes: Uint8Array, at: number, text: string, field: string): number {
  if (typeof text !== "string") throw unfit(field, "a string", text);
  const length = text.length;
  if (length >= shortWrite) return writeLong(bytes, at, text);
  expectRoom(bytes, at + 3 * length);
  bytes[at++] = length;
  let i = 0;
  for (const last = length - 3; i < last; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    if ((a | b | c | d) > 127) return writeMixed(bytes, at - 1 - i, text, i);
    bytes[at] = a;
    bytes[at + 1] = b;
    bytes[at + 2] = c;
    bytes[at + 3] = d;
    at += 4;
  }
  for (; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return writeMixed(bytes, at - 1 - i, text, i);
    bytes[at++] = code;
  }
  return at;
}
