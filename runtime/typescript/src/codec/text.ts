// Strings. Short ones are written and read in a loop, since the way to the natives and back costs more than some turns of
// it. ASCII is read through a window where there is more to come: one native copy of the bytes ahead as text, of which
// each string is a substring (1.6 times as fast on a message with 40 strings).
import { cursor } from "./cursor.js";
import { malformed, unfit } from "./failure.js";
import { expectRoom, marginBytes } from "./room.js";
import { longestTranscoded, transcode, transcodePays } from "./transcode.js";
import { decodeLenient, decodeStrict, isPair, latin1Slice, utf8Length, utf8Slice, utf8Write } from "./utf8.js";
import { readLength, varintSize, writeVarint } from "./varint.js";

/**
 * Strings shorter than this are written in a loop. Up to 30 characters it can beat the native; but in a program that has
 * also decoded strings a turn of the loop was seen to take 7 ns instead of 2, for a reason that is not proven (V8 tells
 * strings by how they are stored), while the native took 65 ns for any short string on Node 20 and 28 on Node 24.
 */
const shortWrite = 14;
/** Strings up to this long are put together of their characters when there is no window. */
const shortRead = 24;
/** With fewer bytes left in the outermost message, a window does not pay. */
const leastWindow = 96;
/** The first window of a message takes this many bytes, each further one twice as many up to the last figure. */
const firstWindow = 4096;
/** A kept string may keep its window alive, so windows are bounded. */
const lastWindow = 16384;

let window = "";
let windowStart = 0;

/** Writes a `string` with its length. Unpaired surrogates become U+FFFD. */
export function writeString(bytes: Uint8Array, at: number, text: string, field: string): number {
  if (typeof text !== "string") throw unfit(field, "a string", text);
  const length = text.length;
  if (length >= shortWrite) return writeLong(bytes, at, text);
  expectRoom(bytes, at + 3 * length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return writeMixed(bytes, at, text, i);
    bytes[at + 1 + i] = code;
  }
  bytes[at] = length;
  return at + 1 + length;
}

/** Goes on where the loop met the first character that is not ASCII. The text is short: one byte holds its length. */
function writeMixed(bytes: Uint8Array, at: number, text: string, from: number): number {
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

function writeLong(bytes: Uint8Array, at: number, text: string): number {
  // Three bytes for each unit at most. The length is guessed to be that of ASCII, and the text moved when it is not.
  const most = 3 * text.length;
  if (at + most > bytes.length - marginBytes) expectRoom(bytes, at + utf8Length(text));
  const guess = varintSize(text.length);
  const length = utf8Write.call(bytes, text, at + guess, Math.min(most, bytes.length - at - guess));
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
  const text = readAscii(bytes, start, stop) ?? readExact(bytes, start, stop);
  if (text === undefined) throw malformed("a string is not valid UTF-8", start);
  return text;
}

/** Keys that were read lately, by a hash of theirs. */
const keys: string[] = Array.from({ length: 256 }, () => "");
/** Longer keys are not kept. */
const longKey = 32;

/**
 * `readString` for the keys of maps. They repeat from message to message, and a key that the engine has seen before
 * need not be made its own again: entries were 12 % of decoding a note with six of them (profile, Node 20).
 */
export function readKey(bytes: Uint8Array, at: number, end: number): string {
  const stop = readLength(bytes, at, end);
  const start = cursor.at;
  const length = stop - start;
  if (length > longKey) return readString(bytes, at, end);
  let hash = length;
  for (let i = start; i < stop; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
  const slot = (hash ^ (hash >>> 10)) & 255;
  const kept = keys[slot]!;
  if (kept.length === length) {
    let i = 0;
    while (i < length && kept.charCodeAt(i) === bytes[start + i]) i++;
    if (i === length) {
      cursor.at = stop;
      return kept;
    }
  }
  const key = readString(bytes, at, end);
  // ASCII is as many characters as bytes. What was cut out of a window would keep it alive.
  return key.length === length && length > 0 ? (keys[slot] = latin1Slice.call(bytes, start, stop)) : key;
}

/** Reads a `string` of a schema that does not ask for valid UTF-8: U+FFFD stands for what is invalid. */
export function readLenientString(bytes: Uint8Array, at: number, end: number): string {
  const stop = readLength(bytes, at, end);
  const start = cursor.at;
  cursor.at = stop;
  return readAscii(bytes, start, stop) ?? readExact(bytes, start, stop) ?? decodeLenient(bytes, start, stop);
}

/** The text, or undefined when the bytes are not valid UTF-8. */
function readExact(bytes: Uint8Array, start: number, stop: number): string | undefined {
  if (transcodePays && stop - start <= longestTranscoded) return transcode(bytes, start, stop);
  const quick = utf8Slice.call(bytes, start, stop);
  return quick.includes("\ufffd") ? decodeStrict(bytes, start, stop) : quick;
}

/** The text when it is ASCII and not long, else undefined. */
function readAscii(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const length = stop - start;
  if (length === 0) return "";
  // Longer strings are left to the native decoder, which looks at more than one byte at a time.
  if (length > longestTranscoded) return undefined;
  let seen = 0;
  let i = start;
  for (; i < stop - 3; i += 4) seen |= bytes[i]! | bytes[i + 1]! | bytes[i + 2]! | bytes[i + 3]!;
  for (; i < stop; i++) seen |= bytes[i]!;
  if (seen > 127) return undefined;
  if (stop <= cursor.windowEnd) return window.substring(start - windowStart, stop - windowStart);
  if (cursor.end - start >= leastWindow) {
    openWindow(bytes, start);
    return window.substring(0, length);
  }
  return length > shortRead ? latin1Slice.call(bytes, start, stop) : joinCharacters(bytes, start, stop);
}

/**
 * ASCII in eights, and what is left in four, two and one: 16 characters take 84 ns where the native takes 182 (Node 20),
 * 47 and 82 on Node 24.
 */
function joinCharacters(bytes: Uint8Array, at: number, stop: number): string {
  let text = "";
  for (; at + 8 <= stop; at += 8) {
    text += String.fromCharCode(
      bytes[at]!,
      bytes[at + 1]!,
      bytes[at + 2]!,
      bytes[at + 3]!,
      bytes[at + 4]!,
      bytes[at + 5]!,
      bytes[at + 6]!,
      bytes[at + 7]!,
    );
  }
  let rest = "";
  if (at + 4 <= stop) {
    rest = String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
    at += 4;
  }
  if (at + 2 <= stop) {
    rest += String.fromCharCode(bytes[at]!, bytes[at + 1]!);
    at += 2;
  }
  if (at < stop) rest += String.fromCharCode(bytes[at]!);
  return text + rest;
}

/** Reading goes forward: the window begins where the first string that it must hold does. */
function openWindow(bytes: Uint8Array, start: number): void {
  const size = cursor.windowEnd === 0 ? firstWindow : Math.min(2 * window.length, lastWindow);
  windowStart = start;
  cursor.windowEnd = Math.min(start + size, cursor.end);
  window = latin1Slice.call(bytes, start, cursor.windowEnd);
}
