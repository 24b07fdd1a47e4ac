// Strings. Short ones are written and read in a loop, since the way to the natives and back costs more than some turns of
// it. Longer ASCII is read through a window where there is more to come: one native copy of the bytes ahead as text, of which
// each string is a substring.
import { cursor } from "./cursor.js";
import { malformed } from "./failure.js";
import { expectRoom, marginBytes } from "./room.js";
import { joinAscii, longestJoined } from "./short-text.js";
import { longestTranscoded, transcode, transcodePays } from "./transcode.js";
import { decodeLenient, decodeStrict, isAscii, isPair, latin1Slice, utf8Length, utf8Slice, utf8Write } from "./utf8.js";
import { readLength, varintSize, writeVarint } from "./varint.js";

/** With fewer bytes left in the outermost message, a window does not pay. */
const leastWindow = 96;
/** The first window of a message takes this many bytes, each further one twice as many up to the last figure. */
const firstWindow = 4096;
/** A kept string may keep its window alive, so windows are bounded. */
const lastWindow = 16384;

let window = "";
let windowStart = 0;

/** Goes on where the loop of `write-string.ts` met the first character that is not ASCII. The text is short: one byte holds its length. */
export function writeMixed(bytes: Uint8Array, at: number, text: string, from: number): number {
  let end = at + 1 + from;
  for (let i = from; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[end++] = code;
    } else if (code < 0x800) {
      bytes[end++] = 0xc0 | (code >> 6);
      bytes[end++] = 0x80 | (code & 63);
    } else if (isPair(text, i)) {
      code = 0x10000 + ((code & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff);
      bytes[end++] = 0xf0 | (code >> 18);
      bytes[end++] = 0x80 | ((code >> 12) & 63);
      bytes[end++] = 0x80 | ((code >> 6) & 63);
      bytes[end++] = 0x80 | (code & 63);
    } else {
      if ((code & 0xf800) === 0xd800) code = 0xfffd;
      bytes[end++] = 0xe0 | (code >> 12);
      bytes[end++] = 0x80 | ((code >> 6) & 63);
      bytes[end++] = 0x80 | (code & 63);
    }
  }
  bytes[at] = end - at - 1;
  return end;
}

/** Writes a `string` of any length by the native. */
export function writeLong(bytes: Uint8Array, at: number, text: string): number {
  // Three bytes for each unit at most. The length is guessed to be that of ASCII, and the text moved when it is not.
  const most = 3 * text.length;
  if (at + most > bytes.length - marginBytes) expectRoom(bytes, at + utf8Length(text));
  const guess = varintSize(text.length);
  const length = utf8Write(bytes, text, at + guess, Math.min(most, bytes.length - at - guess));
  const size = varintSize(length);
  if (size !== guess) bytes.copyWithin(at + size, at + guess, at + guess + length);
  return writeVarint(bytes, at, length) + length;
}

/**
 * Reads a `string` that has to be valid UTF-8.
 *
 * @param end where the surrounding message ends.
 */
export function readString(bytes: Uint8Array, at: number, end: number): string {
  const stop = readLength(bytes, at, end);
  const start = cursor.at;
  cursor.at = stop;
  if (stop <= cursor.windowEnd && isShortAscii(bytes, start, stop)) {
    return window.substring(start - windowStart, stop - windowStart);
  }
  const text = readApart(bytes, start, stop);
  if (text === undefined) throw malformed("a string is not valid UTF-8", start);
  return text;
}

/** Reads a `string` of a schema that does not ask for valid UTF-8: U+FFFD stands for what is invalid. */
export function readLenientString(bytes: Uint8Array, at: number, end: number): string {
  const stop = readLength(bytes, at, end);
  const start = cursor.at;
  cursor.at = stop;
  return readApart(bytes, start, stop) ?? decodeLenient(bytes, start, stop);
}

/** The text, or undefined when the bytes are not valid UTF-8. Opens a window where one pays. */
function readApart(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const length = stop - start;
  if (length === 0) return "";
  // Long strings are left to the natives, which look at more than one byte at a time.
  if (length > longestTranscoded) {
    const inWindow = stop <= cursor.windowEnd && isAscii?.(bytes.subarray(start, stop));
    return inWindow ? window.substring(start - windowStart, stop - windowStart) : readExact(bytes, start, stop);
  }
  if (!isShortAscii(bytes, start, stop))
    return transcodePays ? transcode(bytes, start, stop) : readExact(bytes, start, stop);
  if (stop > cursor.windowEnd) {
    // Short text opens none, which it would keep alive: a list of 150,000 entries takes a fifth less of all processors, collections
    // of garbage with it (Node 24), and GoogleMessage1 480 ns instead of 500 on Node 20, on Node 24 433 instead of 425.
    if (length <= longestJoined) return joinAscii(bytes, start, stop);
    if (cursor.end - start < leastWindow) return latin1Slice(bytes, start, stop);
    openWindow(bytes, start);
  }
  return window.substring(start - windowStart, stop - windowStart);
}

function readExact(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const quick = utf8Slice(bytes, start, stop);
  return quick.includes("\ufffd") ? decodeStrict(bytes, start, stop) : quick;
}

/**
 * Whether the bytes are ASCII, and not more than are worth a look at each. Eight in a turn: four make a request of 23 bytes take
 * 71 ns instead of 65 (Node 20; no difference on Node 24).
 */
function isShortAscii(b: Uint8Array, i: number, stop: number): boolean {
  if (stop - i > longestTranscoded) return false;
  for (; i < stop - 7; i += 8) {
    const first = b[i]! | b[i + 1]! | b[i + 2]! | b[i + 3]!;
    if ((first | b[i + 4]! | b[i + 5]! | b[i + 6]! | b[i + 7]!) > 127) return false;
  }
  for (; i < stop; i++) if (b[i]! > 127) return false;
  return true;
}

/** Reading goes forward: the window begins where the first string that it must hold does. */
function openWindow(bytes: Uint8Array, start: number): void {
  const size = cursor.windowEnd === 0 ? firstWindow : Math.min(2 * window.length, lastWindow);
  windowStart = start;
  cursor.windowEnd = Math.min(start + size, cursor.end);
  window = latin1Slice(bytes, start, cursor.windowEnd);
}
