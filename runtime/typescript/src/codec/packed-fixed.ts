// Packed lists of values that all take four or eight bytes. How many there are is known beforehand: a list is made as
// long as it will be at once, which takes a third of the time that growing it does.
import { cursor } from "./cursor.js";
import { checkEnd, unfit } from "./failure.js";
import { floatOf } from "./fixed.js";
import { expectRoom } from "./room.js";
import { int64Of, readLength, uint64Of, writeVarint } from "./varint.js";

/** Writes a packed list of `double` with its length. */
export function writePackedDouble(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  const view = openForWriting(bytes, at, list.length, 8);
  for (let i = 0; i < list.length; i++) view.setFloat64(8 * i, doubleOf(list[i]!, field), true);
  return cursor.at;
}

/** Reads a packed list of `double`: adds to `list`, and leaves the offset after it in `cursor.at`. */
export function readPackedDouble(list: number[], bytes: Uint8Array, at: number, end: number): void {
  const view = openForReading(bytes, at, end, 8);
  let length = list.length;
  list.length += view.byteLength / 8;
  for (let i = 0; i < view.byteLength; i += 8) list[length++] = view.getFloat64(i, true);
}

/** Writes a packed list of `float` with its length. */
export function writePackedFloat(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  const view = openForWriting(bytes, at, list.length, 4);
  for (let i = 0; i < list.length; i++) view.setFloat32(4 * i, floatOf(list[i]!, field), true);
  return cursor.at;
}

/** Reads a packed list of `float`: adds to `list`, and leaves the offset after it in `cursor.at`. */
export function readPackedFloat(list: number[], bytes: Uint8Array, at: number, end: number): void {
  const view = openForReading(bytes, at, end, 4);
  let length = list.length;
  list.length += view.byteLength / 4;
  for (let i = 0; i < view.byteLength; i += 4) list[length++] = view.getFloat32(i, true);
}

/** Writes a packed list of `fixed32` with its length. */
export function writePackedFixed32(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  const view = openForWriting(bytes, at, list.length, 4);
  for (let i = 0; i < list.length; i++) view.setUint32(4 * i, uint32Of(list[i]!, field), true);
  return cursor.at;
}

/** Reads a packed list of `fixed32`: adds to `list`, and leaves the offset after it in `cursor.at`. */
export function readPackedFixed32(list: number[], bytes: Uint8Array, at: number, end: number): void {
  const view = openForReading(bytes, at, end, 4);
  let length = list.length;
  list.length += view.byteLength / 4;
  for (let i = 0; i < view.byteLength; i += 4) list[length++] = view.getUint32(i, true);
}

/** Writes a packed list of `sfixed32` with its length. */
export function writePackedSfixed32(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  const view = openForWriting(bytes, at, list.length, 4);
  for (let i = 0; i < list.length; i++) view.setInt32(4 * i, int32Of(list[i]!, field), true);
  return cursor.at;
}

/** Reads a packed list of `sfixed32`: adds to `list`, and leaves the offset after it in `cursor.at`. */
export function readPackedSfixed32(list: number[], bytes: Uint8Array, at: number, end: number): void {
  const view = openForReading(bytes, at, end, 4);
  let length = list.length;
  list.length += view.byteLength / 4;
  for (let i = 0; i < view.byteLength; i += 4) list[length++] = view.getInt32(i, true);
}

/** Writes a packed list of `fixed64` with its length. */
export function writePackedFixed64(
  bytes: Uint8Array,
  at: number,
  list: readonly (bigint | string)[],
  field: string,
): number {
  const view = openForWriting(bytes, at, list.length, 8);
  for (let i = 0; i < list.length; i++) view.setBigUint64(8 * i, uint64Of(list[i]!, field), true);
  return cursor.at;
}

/** Reads a packed list of `fixed64`: adds to `list`, and leaves the offset after it in `cursor.at`. */
export function readPackedFixed64(list: bigint[], bytes: Uint8Array, at: number, end: number): void {
  const view = openForReading(bytes, at, end, 8);
  let length = list.length;
  list.length += view.byteLength / 8;
  for (let i = 0; i < view.byteLength; i += 8) list[length++] = view.getBigUint64(i, true);
}

/** Writes a packed list of `sfixed64` with its length. */
export function writePackedSfixed64(
  bytes: Uint8Array,
  at: number,
  list: readonly (bigint | string)[],
  field: string,
): number {
  const view = openForWriting(bytes, at, list.length, 8);
  for (let i = 0; i < list.length; i++) view.setBigInt64(8 * i, int64Of(list[i]!, field), true);
  return cursor.at;
}

/** Reads a packed list of `sfixed64`: adds to `list`, and leaves the offset after it in `cursor.at`. */
export function readPackedSfixed64(list: bigint[], bytes: Uint8Array, at: number, end: number): void {
  const view = openForReading(bytes, at, end, 8);
  let length = list.length;
  list.length += view.byteLength / 8;
  for (let i = 0; i < view.byteLength; i += 8) list[length++] = view.getBigInt64(i, true);
}

/** Writes the length and leaves the offset after the values to come in `cursor.at`. */
function openForWriting(bytes: Uint8Array, at: number, count: number, valueBytes: number): DataView {
  const length = count * valueBytes;
  expectRoom(bytes, at + length);
  at = writeVarint(bytes, at, length);
  cursor.at = at + length;
  return new DataView(bytes.buffer, bytes.byteOffset + at, length);
}

function openForReading(bytes: Uint8Array, at: number, end: number, valueBytes: number): DataView {
  const stop = readLength(bytes, at, end);
  const start = cursor.at;
  checkEnd(stop - ((stop - start) % valueBytes), stop, 0);
  cursor.at = stop;
  return new DataView(bytes.buffer, bytes.byteOffset + start, stop - start);
}

function doubleOf(value: number, field: string): number {
  if (typeof value !== "number") throw unfit(field, "a number", value);
  return value;
}

function uint32Of(value: number, field: string): number {
  if (typeof value !== "number" || value >>> 0 !== value) throw unfit(field, "an integer from 0 to 4294967295", value);
  return value;
}

function int32Of(value: number, field: string): number {
  if (typeof value !== "number" || (value | 0) !== value) throw unfit(field, "an integer of 32 bits", value);
  return value;
}
