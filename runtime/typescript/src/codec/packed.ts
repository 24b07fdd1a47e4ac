// Packed lists of varints: the values one behind the other behind one length. A loop for each type, since a loop that is
// handed a reader has to call it for each value. All add to `list` and leave the offset after it in `cursor.at`.
import { cursor } from "./cursor.js";
import { checkEnd } from "./failure.js";
import { readBool, readEvenly, readInt64, readLength, readSint64, readUint64 } from "./varint.js";

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
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) list.push((readEvenly(bytes, at) | 0) as E);
  checkEnd(at, stop, 0);
}

/** Reads a packed list of `uint32`. */
export function readPackedUint32(list: number[], bytes: Uint8Array, at: number, end: number): void {
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) list.push(readEvenly(bytes, at));
  checkEnd(at, stop, 0);
}

/** Reads a packed list of `sint32`. */
export function readPackedSint32(list: number[], bytes: Uint8Array, at: number, end: number): void {
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) {
    const value = readEvenly(bytes, at);
    list.push((value >>> 1) ^ -(value & 1));
  }
  checkEnd(at, stop, 0);
}

/** Reads a packed list of `bool`. */
export function readPackedBool(list: boolean[], bytes: Uint8Array, at: number, end: number): void {
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) list.push(readBool(bytes, at));
  checkEnd(at, stop, 0);
}

/** Reads a packed list of `int64`. */
export function readPackedInt64(list: bigint[], bytes: Uint8Array, at: number, end: number): void {
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) list.push(readInt64(bytes, at));
  checkEnd(at, stop, 0);
}

/** Reads a packed list of `uint64`. */
export function readPackedUint64(list: bigint[], bytes: Uint8Array, at: number, end: number): void {
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) list.push(readUint64(bytes, at));
  checkEnd(at, stop, 0);
}

/** Reads a packed list of `sint64`. */
export function readPackedSint64(list: bigint[], bytes: Uint8Array, at: number, end: number): void {
  const stop = readLength(bytes, at, end);
  for (at = cursor.at; at < stop; at = cursor.at) list.push(readSint64(bytes, at));
  checkEnd(at, stop, 0);
}
