// Packed lists of varints: the values one behind the other behind one length. Integers of 32 bits have loops of their own
// that take and put four bytes at once. Readers add to `list` and leave the offset after it in `cursor.at`.
//
// Writers keep their loops in functions that do nothing else (`put…`): Node 20 compiles a long loop by itself and, where
// more follows that it has not seen run yet, falls back to the interpreter each time the loop ends.
import { cursor } from "./cursor.js";
import { checkEnd, unfit } from "./failure.js";
import { expectRoom, marginBytes, overflow } from "./room.js";
import { readInt32, readLength, varintSize, writeInt32, writeUint32, writeVarint } from "./varint.js";

/** Lists of fewer values, or bytes, are not worth a view. */
const longList = 16;
/** From this many bytes on, the values of a list are counted before they are read. */
const countedList = 512;

/**
 * Writes a packed list of any type with its length; for those that have no loop of their own.
 *
 * @param write writes one value.
 */
export function writePacked<T>(
  bytes: Uint8Array,
  at: number,
  list: readonly T[],
  field: string,
  write: (bytes: Uint8Array, at: number, value: T, field: string) => number,
): number {
  const start = at + varintSize(list.length);
  let end = start;
  for (let i = 0; i < list.length; i++) {
    expectRoom(bytes, end);
    end = write(bytes, end, list[i]!, field);
  }
  return writeListLength(bytes, at, start, end);
}

/** Writes a packed list of `int32`, or of an enum, with its length. */
export function writePackedInt32(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  if (list.length < longList) return writePacked(bytes, at, list, field, writeInt32);
  const start = at + varintSize(list.length);
  return writeListLength(bytes, at, start, putInt32s(bytes, viewOf(bytes), start, list, field));
}

function putInt32s(bytes: Uint8Array, view: DataView, at: number, list: readonly number[], field: string): number {
  const last = bytes.length - marginBytes;
  for (let i = 0; i < list.length; i++) {
    const value = list[i]!;
    if (at > last) throw overflow;
    if (typeof value !== "number" || (value | 0) !== value) throw unfit(field, "an integer of 32 bits", value);
    if (value >>> 28 === 0) {
      at = putWord(view, at, value);
    } else if (value >= 0) {
      at = writeVarint(bytes, at, value);
    } else {
      // Sign-extended to 64 bits: ten bytes.
      view.setInt32(at, spread(value) | 0x80808080, true);
      view.setInt32(at + 4, (value >> 28) | 0x80, true);
      view.setInt16(at + 8, 0x01ff, true);
      at += 10;
    }
  }
  return at;
}

/** Writes a packed list of `uint32` with its length. */
export function writePackedUint32(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  if (list.length < longList) return writePacked(bytes, at, list, field, writeUint32);
  const start = at + varintSize(list.length);
  return writeListLength(bytes, at, start, putUint32s(bytes, viewOf(bytes), start, list, field));
}

function putUint32s(bytes: Uint8Array, view: DataView, at: number, list: readonly number[], field: string): number {
  const last = bytes.length - marginBytes;
  for (let i = 0; i < list.length; i++) {
    const value = list[i]!;
    if (at > last) throw overflow;
    if (typeof value !== "number" || value >>> 0 !== value)
      throw unfit(field, "an integer from 0 to 4294967295", value);
    at = value >>> 28 === 0 ? putWord(view, at, value) : writeVarint(bytes, at, value);
  }
  return at;
}

/**
 * Writes a value of up to 28 bits by one store of four bytes, of which the size says how many go on: 20,000 values take 83 µs
 * where five stores take 120, and tables of sizes and bits by the zeros in front 94 (Node 20; 95 and 102 on Node 24).
 */
function putWord(view: DataView, at: number, value: number): number {
  const size = (352 - 9 * Math.clz32(value | 1)) >> 6;
  view.setInt32(at, spread(value) | (0x808080 >>> (32 - 8 * size)), true);
  return at + size;
}

/** The low 28 bits, seven to a byte. */
function spread(value: number): number {
  return (value & 0x7f) | ((value & 0x3f80) << 1) | ((value & 0x1fc000) << 2) | ((value & 0xfe00000) << 3);
}

/** `spread` the other way. */
function gather(word: number): number {
  return (word & 0x7f) | ((word & 0x7f00) >> 1) | ((word & 0x7f0000) >> 2) | ((word & 0x7f000000) >>> 3);
}

/** Writes at `at` the length of what lies between `start` and `end`, and moves that when `start` was not guessed right. */
function writeListLength(bytes: Uint8Array, at: number, start: number, end: number): number {
  const length = end - start;
  expectRoom(bytes, end);
  const first = at + varintSize(length);
  if (first !== start) bytes.copyWithin(first, start, end);
  return writeVarint(bytes, at, length) + length;
}

/**
 * Reads a packed list of any type; for those that have no loop of their own.
 *
 * @param end where the surrounding message ends.
 * @param read reads one value.
 */
export function readPacked<T>(
  list: T[],
  bytes: Uint8Array,
  at: number,
  end: number,
  read: (bytes: Uint8Array, at: number) => T,
): void {
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) list.push(read(bytes, at));
  checkEnd(at, stop, 0);
}

/** Reads a packed list of `int32`, or of an enum. */
export function readPackedInt32<E extends number>(list: E[], bytes: Uint8Array, at: number, end: number): void {
  readWords(list, bytes, at, end);
}

/** Reads a packed list of `uint32`. */
export function readPackedUint32(list: number[], bytes: Uint8Array, at: number, end: number): void {
  for (let i = readWords(list, bytes, at, end); i < list.length; i++) list[i]! >>>= 0;
}

/** Reads a packed list of `sint32`. */
export function readPackedSint32(list: number[], bytes: Uint8Array, at: number, end: number): void {
  for (let i = readWords(list, bytes, at, end); i < list.length; i++) {
    const value = list[i]!;
    list[i] = (value >>> 1) ^ -(value & 1);
  }
}

/**
 * Reads a packed list of varints, of each the low 32 bits, as signed integers. The values of a long list are counted first, so that
 * the list is made once, and its two halves are read side by side, since where a value begins is known only when the one
 * before it was looked at: 20,000 integers of all sizes take 190 µs instead of 270 on Node 24, 230 instead of 310 on Node 20, of
 * which the kernel takes 110 for memory.
 *
 * @returns where in `list` the first one stands.
 */
function readWords(list: number[], bytes: Uint8Array, at: number, end: number): number {
  const stop = readLength(bytes, at, end);
  const first = list.length;
  at = cursor.at;
  if (stop - at < longList) {
    for (; at < stop; at = cursor.at) list.push(readInt32(bytes, at));
    checkEnd(at, stop, 0);
    return first;
  }
  const view = viewOf(bytes);
  if (stop - at < countedList) {
    checkEnd(takeAll(list, first, bytes, view, at, stop), stop, 0);
    return first;
  }
  let middle = (at + stop) >>> 1;
  while (middle < stop && bytes[middle - 1]! > 127) middle++;
  let i = first;
  let j = first + countVarints(view, at, middle);
  list.length = j + countVarints(view, middle, stop);
  let other = middle;
  while (at <= middle - 10 && other <= stop - 10) {
    at = take(list, i++, bytes, view, at);
    other = take(list, j++, bytes, view, other);
  }
  takeAll(list, i, bytes, view, at, middle);
  checkEnd(takeAll(list, j, bytes, view, other, stop), stop, 0);
  return first;
}

/** Takes the values in `bytes[at, stop)` into `list` from `i` on; returns where the last one ends. */
function takeAll(list: number[], i: number, bytes: Uint8Array, view: DataView, at: number, stop: number): number {
  while (at <= stop - 10) at = take(list, i++, bytes, view, at);
  for (; at < stop; at = cursor.at) list[i++] = readInt32(bytes, at);
  return at;
}

/**
 * Takes a value as `list[i]`; ten bytes can be read. Four of them are looked at at once, so that the processor need not guess how
 * many are a value (20,000: 290 µs instead of 430, Node 20 and 24), and all ten where it is negative.
 *
 * @returns the offset after it.
 */
function take(list: number[], i: number, bytes: Uint8Array, view: DataView, at: number): number {
  const word = view.getInt32(at, true);
  const ends = ~word & 0x80808080;
  if (ends !== 0) {
    list[i] = gather(word & (ends ^ (ends - 1)));
    return at + 4 - (Math.clz32(ends & -ends) >> 3);
  }
  const high = view.getInt32(at + 4, true);
  if ((high | 7) === -1 && view.getInt16(at + 8, true) === 0x01ff) {
    list[i] = gather(word) | (high << 28);
    return at + 10;
  }
  list[i] = readInt32(bytes, at);
  return cursor.at;
}

/** How many varints end in `[at, stop)`: bytes without the bit that says "goes on". */
function countVarints(view: DataView, at: number, stop: number): number {
  let count = 0;
  for (; at <= stop - 16; at += 16) {
    const ends = lastBytes(view, at) + lastBytes(view, at + 4) + lastBytes(view, at + 8) + lastBytes(view, at + 12);
    count += Math.imul(ends, 0x01010101) >>> 24;
  }
  for (; at < stop; at++) count += view.getUint8(at) < 128 ? 1 : 0;
  return count;
}

/** Of the four bytes at `at`, 1 for each that ends a varint. */
function lastBytes(view: DataView, at: number): number {
  return (~view.getInt32(at, true) >>> 7) & 0x01010101;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
