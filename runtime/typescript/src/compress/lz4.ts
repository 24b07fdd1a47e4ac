/**
 * LZ4 blocks, after the public description of the format (lz4/lz4, doc/lz4_Block_format.md): a sequence is a token, literals,
 * and a match that repeats what stands some bytes before; the last sequence ends behind its literals.
 */

/** A block has at most so many bytes of input: positions in it fit the table of 16 bits. */
export const maxBlockInput = 65_536;
/** No block yields more than so many bytes for each of its own. */
export const maxExpansion = 255;

const minMatch = 4;
/** A match begins no later than this before the end of the input, and the last bytes are literals: the format says so. */
const lastMatchBytes = 12;
const lastLiteralBytes = 5;
const hashBits = 13;
/** After each 64 places without a match the next one is looked for a byte further on. */
const skipShift = 6;
/** Longer matches are copied by the platform. */
const longCopy = 32;

const table = new Uint16Array(1 << hashBits);

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Writes what of a length does not fit its half of the token. Returns the offset behind it. */
function writeLength(target: Uint8Array, at: number, length: number): number {
  let out = at;
  let rest = length;
  for (; rest >= 255; rest -= 255) target[out++] = 255;
  target[out++] = rest;
  return out;
}

/**
 * Compresses `source[start, end)`, at most `maxBlockInput` bytes, to `target` from `at` on. Returns where the block ends, or
 * -1 when it would not end before `limit`; what is there then is of no use.
 */
export function compressBlock(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  limit: number,
): number {
  table.fill(0);
  const lastMatch = end - lastMatchBytes;
  const lastLiterals = end - lastLiteralBytes;
  let anchor = start;
  let out = at;
  let searches = 1 << skipShift;
  for (let from = start + 1; from <= lastMatch;) {
    const sought = word(source, from);
    const hash = Math.imul(sought, 0x9e3779b1) >>> (32 - hashBits);
    let reference = start + table[hash]!;
    table[hash] = from - start;
    if (word(source, reference) !== sought) {
      from += searches++ >>> skipShift;
      continue;
    }
    searches = 1 << skipShift;
    while (from > anchor && reference > start && source[from - 1] === source[reference - 1]) {
      from--;
      reference--;
    }
    const offset = from - reference;
    let matchEnd = from + minMatch;
    while (matchEnd < lastLiterals && source[matchEnd] === source[matchEnd - offset]) matchEnd++;
    const literals = from - anchor;
    const match = matchEnd - from - minMatch;
    // Token, offset, and a byte for each length that is begun.
    if (out + literals + ((literals / 255) | 0) + ((match / 255) | 0) + 5 > limit) return -1;
    const token = out++;
    if (literals >= 15) out = writeLength(target, out, literals - 15);
    for (let i = anchor; i < from; i++) target[out++] = source[i]!;
    target[out++] = offset;
    target[out++] = offset >>> 8;
    if (match >= 15) out = writeLength(target, out, match - 15);
    target[token] = (Math.min(literals, 15) << 4) | Math.min(match, 15);
    anchor = matchEnd;
    from = matchEnd;
  }
  const literals = end - anchor;
  if (out + literals + ((literals / 255) | 0) + 2 > limit) return -1;
  target[out++] = Math.min(literals, 15) << 4;
  if (literals >= 15) out = writeLength(target, out, literals - 15);
  target.set(source.subarray(anchor, end), out);
  return out + literals;
}

/**
 * Opens the block `source[start, end)` into all of `target`. Returns whether it is a lawful block that yields exactly as many
 * bytes as `target` has; otherwise those in `target` are of no use. Never reads or writes beyond its bounds.
 */
export function decompressBlock(source: Uint8Array, start: number, end: number, target: Uint8Array): boolean {
  const size = target.length;
  let at = start;
  let out = 0;
  while (at < end) {
    const token = source[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      for (let more = 255; more === 255;) {
        if (at >= end) return false;
        more = source[at++]!;
        literals += more;
      }
    }
    if (literals > end - at || literals > size - out) return false;
    if (literals < longCopy) for (let i = 0; i < literals; i++) target[out + i] = source[at + i]!;
    else target.set(source.subarray(at, at + literals), out);
    at += literals;
    out += literals;
    // The last sequence has no match.
    if (at === end) return out === size;
    if (end - at < 2) return false;
    const offset = source[at]! | (source[at + 1]! << 8);
    at += 2;
    if (offset === 0 || offset > out) return false;
    let match = (token & 15) + minMatch;
    if (match === 15 + minMatch) {
      for (let more = 255; more === 255;) {
        if (at >= end) return false;
        more = source[at++]!;
        match += more;
      }
    }
    if (match > size - out) return false;
    if (match >= longCopy && offset >= match) target.copyWithin(out, out - offset, out - offset + match);
    else for (let i = 0; i < match; i++) target[out + i] = target[out + i - offset]!;
    out += match;
  }
  return false;
}
