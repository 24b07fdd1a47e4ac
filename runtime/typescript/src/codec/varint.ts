// Varints: tags, lengths, integers of 32 and 64 bits. Writers return the offset after what they wrote; that there is room
// is for the caller to see to (`room.ts`). Readers return the value and leave the offset in `cursor.at`.
import { cursor } from "./cursor.js";
import { malformed, overlong, truncated, unfit } from "./failure.js";
import { expectRoom } from "./room.js";

/** Eight bytes through which 64-bit and floating-point values are taken apart and put together. */
const words = new DataView(new ArrayBuffer(8));

/** Writes `value`, an integer from 0 to 2^32-1, which is not checked. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value > 127) {
    bytes[at++] = (value & 127) | 128;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}

/** How many bytes `writeVarint` takes. */
export function varintSize(value: number): number {
  return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : value < 268435456 ? 4 : 5;
}

/**
 * Puts a length in front of what was written from `at + 1` to `end`. One byte is kept free for it; what is longer than
 * 127 bytes moves. Two passes, one of them for sizes, take 1.2 to 1.9 times as long.
 */
export function writeLength(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at - 1;
  expectRoom(bytes, end);
  if (length < 128) {
    bytes[at] = length;
    return end;
  }
  bytes.copyWithin(at + varintSize(length), at + 1, end);
  return writeVarint(bytes, at, length) + length;
}

/** Writes an `int32` or an enum. */
export function writeInt32(bytes: Uint8Array, at: number, value: number, field: string): number {
  if (typeof value !== "number" || (value | 0) !== value) throw unfit(field, "an integer of 32 bits", value);
  if (value < 0) return writeNegative(bytes, at, value);
  return writeVarint(bytes, at, value);
}

/** Sign-extended to 64 bits: ten bytes. */
function writeNegative(bytes: Uint8Array, at: number, value: number): number {
  for (let i = 0; i < 4; i++) {
    bytes[at++] = (value & 127) | 128;
    value >>= 7;
  }
  bytes[at] = (value & 127) | 128;
  bytes[at + 1] = 255;
  bytes[at + 2] = 255;
  bytes[at + 3] = 255;
  bytes[at + 4] = 255;
  bytes[at + 5] = 1;
  return at + 6;
}

/** Writes a `uint32`. */
export function writeUint32(bytes: Uint8Array, at: number, value: number, field: string): number {
  if (typeof value !== "number" || value >>> 0 !== value) throw unfit(field, "an integer from 0 to 4294967295", value);
  return writeVarint(bytes, at, value);
}

/** Writes a `sint32`. */
export function writeSint32(bytes: Uint8Array, at: number, value: number, field: string): number {
  if (typeof value !== "number" || (value | 0) !== value) throw unfit(field, "an integer of 32 bits", value);
  return writeVarint(bytes, at, ((value << 1) ^ (value >> 31)) >>> 0);
}

/** Writes a `bool`. */
export function writeBool(bytes: Uint8Array, at: number, value: boolean, field: string): number {
  if (typeof value !== "boolean") throw unfit(field, "a boolean", value);
  bytes[at] = value ? 1 : 0;
  return at + 1;
}

/** Writes an `int64`; decimal text (jstype) and safe integers are taken too. */
export function writeInt64(bytes: Uint8Array, at: number, value: bigint | string | number, field: string): number {
  words.setBigInt64(0, int64Of(value, field), true);
  return writeVarint64(bytes, at, words.getUint32(0, true), words.getUint32(4, true));
}

/** Writes a `uint64`; decimal text (jstype) and safe integers are taken too. */
export function writeUint64(bytes: Uint8Array, at: number, value: bigint | string | number, field: string): number {
  words.setBigUint64(0, uint64Of(value, field), true);
  return writeVarint64(bytes, at, words.getUint32(0, true), words.getUint32(4, true));
}

/** Writes a `sint64`; decimal text (jstype) and safe integers are taken too. */
export function writeSint64(bytes: Uint8Array, at: number, value: bigint | string | number, field: string): number {
  words.setBigInt64(0, int64Of(value, field), true);
  const low = words.getInt32(0, true);
  const high = words.getInt32(4, true);
  const sign = high >> 31;
  return writeVarint64(bytes, at, ((low << 1) ^ sign) >>> 0, (((high << 1) | (low >>> 31)) ^ sign) >>> 0);
}

function writeVarint64(bytes: Uint8Array, at: number, low: number, high: number): number {
  while (high !== 0) {
    bytes[at++] = (low & 127) | 128;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  return writeVarint(bytes, at, low);
}

/**
 * The value as a bigint.
 *
 * @throws CrucibleError reason ENCODE_INVALID when it is no signed integer of 64 bits.
 */
export function int64Of(value: bigint | string | number, field: string): bigint {
  // BigInt.asIntN would take ten times as long.
  const integer = typeof value === "bigint" ? value : integerOf(value, field);
  if (integer > 0x7fffffffffffffffn || integer < -0x8000000000000000n) {
    throw unfit(field, "an integer of 64 bits", value);
  }
  return integer;
}

/**
 * The value as a bigint.
 *
 * @throws CrucibleError reason ENCODE_INVALID when it is no unsigned integer of 64 bits.
 */
export function uint64Of(value: bigint | string | number, field: string): bigint {
  const integer = typeof value === "bigint" ? value : integerOf(value, field);
  if (integer < 0n || integer > 0xffffffffffffffffn) {
    throw unfit(field, "an unsigned integer of 64 bits", value);
  }
  return integer;
}

function integerOf(value: unknown, field: string): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?[0-9]{1,20}$/.test(value)) return BigInt(value);
  throw unfit(field, "a 64-bit integer", value);
}

/**
 * Reads the tag of a field: its number, shifted by three, and its wire type.
 *
 * @throws CrucibleError reason DECODE_INVALID for field number 0 and numbers above 2^29-1.
 */
export function readTag(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 128 && first > 7) {
    cursor.at = at + 1;
    return first;
  }
  const second = bytes[at + 1]!;
  if (first > 127 && second < 128 && second > 0) {
    cursor.at = at + 2;
    return (first & 127) | (second << 7);
  }
  return readLongTag(bytes, at);
}

function readLongTag(bytes: Uint8Array, at: number): number {
  const tag = readUint32(bytes, at);
  if (isTooLarge(bytes, at)) throw malformed("a field number is too large", at);
  if (tag < 8) throw malformed("a field has the number 0", at);
  return tag;
}

/** Whether the varint from `at` to the cursor has more than 32 bits, or is written as if it had. */
function isTooLarge(bytes: Uint8Array, at: number): boolean {
  const size = cursor.at - at;
  return size > 5 || (size === 5 && bytes[at + 4]! > 15);
}

/**
 * Reads the length in front of a message, string or list and leaves `cursor.at` behind it.
 *
 * @param end where the surrounding message ends.
 * @returns where it ends, which is not after `end`.
 */
export function readLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  let stop: number;
  if (first < 128) {
    cursor.at = at + 1;
    stop = at + 1 + first;
  } else {
    const length = readUint32(bytes, at);
    if (isTooLarge(bytes, at)) throw malformed("a length is too large", at);
    stop = cursor.at + length;
  }
  // Written so that NaN, which comes of reading past the end of the bytes, is refused as well.
  if (!(stop <= end)) throw truncated(at);
  return stop;
}

/** Reads a `uint32`; of a longer varint the low 32 bits. */
export function readUint32(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (byte < 128) {
    cursor.at = at + 1;
    return byte;
  }
  return readLongUint32(bytes, at + 1, byte & 127);
}

/** Goes on behind the first byte. */
function readLongUint32(bytes: Uint8Array, at: number, value: number): number {
  let byte: number;
  for (let shift = 7; shift < 28; shift += 7) {
    byte = bytes[at++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) {
      cursor.at = at;
      return value;
    }
  }
  byte = bytes[at++]!;
  value |= byte << 28;
  for (let more = 0; byte > 127; more++) {
    if (more === 5) throw overlong(at);
    byte = bytes[at++]!;
  }
  cursor.at = at;
  return value >>> 0;
}

/** Reads an `int32`. */
export function readInt32(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (byte < 128) {
    cursor.at = at + 1;
    return byte;
  }
  return readLongUint32(bytes, at + 1, byte & 127) | 0;
}

/** Reads an enum. Open enums take every number; whether a closed one has it is for the caller to see. */
export function readEnum<E extends number>(bytes: Uint8Array, at: number): E {
  return readInt32(bytes, at) as E;
}

/** Reads a `sint32`. */
export function readSint32(bytes: Uint8Array, at: number): number {
  const value = readUint32(bytes, at);
  return (value >>> 1) ^ -(value & 1);
}

/** Reads a `bool`: true for any varint but 0. */
export function readBool(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]!;
  if (first < 128) {
    cursor.at = at + 1;
    return first !== 0;
  }
  readVarint64(bytes, at);
  return words.getInt32(0, true) !== 0 || words.getInt32(4, true) !== 0;
}

/** Reads an `int64`. */
export function readInt64(bytes: Uint8Array, at: number): bigint {
  readVarint64(bytes, at);
  return words.getBigInt64(0, true);
}

/** Reads a `uint64`. */
export function readUint64(bytes: Uint8Array, at: number): bigint {
  readVarint64(bytes, at);
  return words.getBigUint64(0, true);
}

/** Reads a `sint64`. */
export function readSint64(bytes: Uint8Array, at: number): bigint {
  readVarint64(bytes, at);
  const low = words.getInt32(0, true);
  const high = words.getInt32(4, true);
  const sign = -(low & 1);
  words.setInt32(0, ((low >>> 1) | (high << 31)) ^ sign, true);
  words.setInt32(4, (high >>> 1) ^ sign, true);
  return words.getBigInt64(0, true);
}

/** Reads a varint of up to ten bytes into `words`. */
function readVarint64(bytes: Uint8Array, at: number): void {
  let low = 0;
  let high = 0;
  let byte: number;
  let shift = 0;
  do {
    byte = bytes[at++]!;
    if (shift < 28) {
      low |= (byte & 127) << shift;
    } else if (shift === 28) {
      low |= byte << 28;
      high = (byte & 127) >> 4;
    } else {
      high |= (byte & 127) << (shift - 32);
    }
    shift += 7;
  } while (byte > 127 && shift < 70);
  if (byte > 127) throw overlong(at);
  words.setInt32(0, low, true);
  words.setInt32(4, high, true);
  cursor.at = at;
}
