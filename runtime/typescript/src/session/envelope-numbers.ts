import { CrucibleError } from "../error/index.js";

// Numbers of envelopes: varints, tags and lengths.

/** Writes a varint; returns where it ends. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let p = offset;
  while (rest > 127) {
    bytes[p++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[p++] = rest;
  return p;
}

/** Bytes of a length as a varint. */
export function lengthBytes(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : length < 268_435_456 ? 4 : 5;
}

/** What an envelope is told that breaks its rules. */
export function bad(what: string): CrucibleError {
  return new CrucibleError("BAD_ENVELOPE", `envelope ${what}; encode it as crucible.ipc.v1 says`);
}

/** Where what was read last ended. */
export let cursor = 0;

/** Says where a tag of one byte ended that was read by others. */
export function setCursor(at: number): void {
  cursor = at;
}

/** Reads a varint, which ends at `cursor`. Throws BAD_ENVELOPE. */
export function readVarint(bytes: Uint8Array, offset: number, end: number): number {
  let p = offset;
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (p >= end) throw bad("ends inside a number");
    const byte = bytes[p++]!;
    value += (byte & 127) * scale;
    if (byte < 128) {
      cursor = p;
      return value;
    }
    scale *= 128;
  }
  throw bad("has a number of more than 10 bytes");
}

/** Tags and lengths have 32 bits, in at most five bytes: a longer one is refused, as the generated codecs do. */
const maxShortVarintBytes = 5;

/** Reads a tag. Throws BAD_ENVELOPE. */
export function readTag(bytes: Uint8Array, offset: number, end: number): number {
  const tag = readVarint(bytes, offset, end);
  if (tag > 0xffffffff || cursor - offset > maxShortVarintBytes) throw bad("has a tag of more than 32 bits");
  return tag;
}

/** Reads the length of a field that ends before `end`. Throws BAD_ENVELOPE. */
export function readLength(bytes: Uint8Array, offset: number, end: number): number {
  const length = readVarint(bytes, offset, end);
  if (cursor - offset > maxShortVarintBytes) throw bad("has a length of more than 32 bits");
  if (length > end - cursor) throw bad("ends inside a field");
  return length;
}

/** Skips a field this side does not know; the cursor stands behind its tag. Returns where the next begins. */
export function skip(bytes: Uint8Array, tag: number, end: number): number {
  switch (tag % 8) {
    case 0:
      readVarint(bytes, cursor, end);
      break;
    case 1:
      cursor += 8;
      break;
    case 2: {
      const length = readLength(bytes, cursor, end);
      cursor += length;
      break;
    }
    case 5:
      cursor += 4;
      break;
    default:
      throw bad(`has wire type ${tag % 8}`);
  }
  if (cursor > end) throw bad("ends inside a field");
  return cursor;
}
