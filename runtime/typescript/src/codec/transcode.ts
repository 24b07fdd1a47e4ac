// UTF-8 to UTF-16 for short text, in units that become a string in one native call.
import { ucs2Slice } from "./utf8.js";

/**
 * Whether `transcode` beats the platform's own decoder: that of Node 20 takes 1.5 times as long for texts that are not
 * ASCII, that of Node 22 and later, which came with `Array.fromAsync`, four fifths.
 */
export const transcodePays: boolean = !("fromAsync" in Array);

/** Text of more bytes than this is not for `transcode`. */
export const longestTranscoded = 160;

const units = new Uint16Array(longestTranscoded);
const unitBytes = new Uint8Array(units.buffer);

/**
 * The text in `bytes[start, stop)`, at most `longestTranscoded` of them; undefined when it is not valid UTF-8: cut off,
 * longer than need be, a surrogate, or beyond U+10FFFF.
 */
export function transcode(bytes: Uint8Array, start: number, stop: number): string | undefined {
  let count = 0;
  for (let i = start; i < stop;) {
    const lead = bytes[i++]!;
    if (lead < 0x80) {
      units[count++] = lead;
    } else if (lead < 0xe0) {
      const second = bytes[i++]!;
      if (lead < 0xc2 || isFirst(second) || i > stop) return undefined;
      units[count++] = ((lead & 0x1f) << 6) | (second & 0x3f);
    } else if (lead < 0xf0) {
      const second = bytes[i]!;
      const third = bytes[i + 1]!;
      i += 2;
      const code = ((lead & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
      if (isFirst(second) || isFirst(third) || i > stop) return undefined;
      if (code < 0x800 || (code & 0xf800) === 0xd800) return undefined;
      units[count++] = code;
    } else {
      const second = bytes[i]!;
      const third = bytes[i + 1]!;
      const fourth = bytes[i + 2]!;
      i += 3;
      if (isFirst(second) || isFirst(third) || isFirst(fourth) || i > stop) return undefined;
      const code = ((lead & 0x0f) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f);
      if (code < 0x10000 || code > 0x10ffff) return undefined;
      units[count++] = 0xd7c0 + (code >> 10); // 0xd800, less the 0x10000 that the pair leaves out.
      units[count++] = 0xdc00 | (code & 0x3ff);
    }
  }
  return ucs2Slice(unitBytes, 0, 2 * count);
}

/** Whether the byte does not go on with a character. */
function isFirst(byte: number): boolean {
  return (byte & 0xc0) !== 0x80;
}
