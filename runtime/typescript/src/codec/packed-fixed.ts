// Packed lists of values that all take four or eight bytes. How many there are is known beforehand: a new list is made as
// long as it will be at once, by a `new Array` for each type, which the engine learns to make for just these values (20,000
// doubles: 120 to 150 µs, where growing the list takes 360 and setting its length 270; Node 20. Node 24: 92, 178, 99). That
// and a view of the bytes pay only for long lists; short ones go value by value. Readers leave the offset behind the list
// in `cursor.at`.
import { cursor } from "./cursor.js";
import { truncated, unfit } from "./failure.js";
import {
  floatOf,
  readDouble,
  readFixed32,
  readFixed64,
  readFloat,
  readSfixed32,
  readSfixed64,
  writeDouble,
  writeFixed32,
  writeFixed64,
  writeFloat,
  writeSfixed32,
  writeSfixed64,
} from "./fixed.js";
import { expectRoom } from "./room.js";
import { int64Of, readLength, uint64Of, writeVarint } from "./varint.js";

/** From this many bytes on, a list is long. */
const longBytes = 128;

/** Writes a packed list of `double` with its length. */
export function writePackedDouble(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  at = writeHead(bytes, at, 8 * list.length);
  if (8 * list.length < longBytes) {
    for (const value of list) at = writeDouble(bytes, at, value, field);
    return at;
  }
  const view = viewOf(bytes, at, at + 8 * list.length);
  for (let i = 0; i < list.length; i++) view.setFloat64(8 * i, doubleOf(list[i]!, field), true);
  return at + 8 * list.length;
}

/** Reads a packed list of `double` behind what is in `list`; returns the list that holds all. */
export function readPackedDouble(list: number[], bytes: Uint8Array, at: number, end: number): number[] {
  const stop = readHead(bytes, at, end, 8);
  at = cursor.at;
  if (stop - at < longBytes || list.length !== 0) {
    for (; at < stop; at += 8) list.push(readDouble(bytes, at));
  } else {
    const view = viewOf(bytes, at, stop);
    // oxlint-disable-next-line unicorn/no-new-array -- see above.
    list = new Array<number>(view.byteLength / 8);
    for (let i = 0; i < list.length; i++) list[i] = view.getFloat64(8 * i, true);
  }
  cursor.at = stop;
  return list;
}

/** Writes a packed list of `float` with its length. */
export function writePackedFloat(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  at = writeHead(bytes, at, 4 * list.length);
  if (4 * list.length < longBytes) {
    for (const value of list) at = writeFloat(bytes, at, value, field);
    return at;
  }
  const view = viewOf(bytes, at, at + 4 * list.length);
  for (let i = 0; i < list.length; i++) view.setFloat32(4 * i, floatOf(list[i]!, field), true);
  return at + 4 * list.length;
}

/** Reads a packed list of `float` behind what is in `list`; returns the list that holds all. */
export function readPackedFloat(list: number[], bytes: Uint8Array, at: number, end: number): number[] {
  const stop = readHead(bytes, at, end, 4);
  at = cursor.at;
  if (stop - at < longBytes || list.length !== 0) {
    for (; at < stop; at += 4) list.push(readFloat(bytes, at));
  } else {
    const view = viewOf(bytes, at, stop);
    // oxlint-disable-next-line unicorn/no-new-array -- see above.
    list = new Array<number>(view.byteLength / 4);
    for (let i = 0; i < list.length; i++) list[i] = view.getFloat32(4 * i, true);
  }
  cursor.at = stop;
  return list;
}

/** Writes a packed list of `fixed32` with its length. */
export function writePackedFixed32(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  at = writeHead(bytes, at, 4 * list.length);
  if (4 * list.length < longBytes) {
    for (const value of list) at = writeFixed32(bytes, at, value, field);
    return at;
  }
  const view = viewOf(bytes, at, at + 4 * list.length);
  for (let i = 0; i < list.length; i++) view.setUint32(4 * i, uint32Of(list[i]!, field), true);
  return at + 4 * list.length;
}

/** Reads a packed list of `fixed32` behind what is in `list`; returns the list that holds all. */
export function readPackedFixed32(list: number[], bytes: Uint8Array, at: number, end: number): number[] {
  const stop = readHead(bytes, at, end, 4);
  at = cursor.at;
  if (stop - at < longBytes || list.length !== 0) {
    for (; at < stop; at += 4) list.push(readFixed32(bytes, at));
  } else {
    const view = viewOf(bytes, at, stop);
    // oxlint-disable-next-line unicorn/no-new-array -- see above.
    list = new Array<number>(view.byteLength / 4);
    for (let i = 0; i < list.length; i++) list[i] = view.getUint32(4 * i, true);
  }
  cursor.at = stop;
  return list;
}

/** Writes a packed list of `sfixed32` with its length. */
export function writePackedSfixed32(bytes: Uint8Array, at: number, list: readonly number[], field: string): number {
  at = writeHead(bytes, at, 4 * list.length);
  if (4 * list.length < longBytes) {
    for (const value of list) at = writeSfixed32(bytes, at, value, field);
    return at;
  }
  const view = viewOf(bytes, at, at + 4 * list.length);
  for (let i = 0; i < list.length; i++) view.setInt32(4 * i, int32Of(list[i]!, field), true);
  return at + 4 * list.length;
}

/** Reads a packed list of `sfixed32` behind what is in `list`; returns the list that holds all. */
export function readPackedSfixed32(list: number[], bytes: Uint8Array, at: number, end: number): number[] {
  const stop = readHead(bytes, at, end, 4);
  at = cursor.at;
  if (stop - at < longBytes || list.length !== 0) {
    for (; at < stop; at += 4) list.push(readSfixed32(bytes, at));
  } else {
    const view = viewOf(bytes, at, stop);
    // oxlint-disable-next-line unicorn/no-new-array -- see above.
    list = new Array<number>(view.byteLength / 4);
    for (let i = 0; i < list.length; i++) list[i] = view.getInt32(4 * i, true);
  }
  cursor.at = stop;
  return list;
}

/** Writes a packed list of `fixed64` with its length. */
export function writePackedFixed64(
  bytes: Uint8Array,
  at: number,
  list: readonly (bigint | string)[],
  field: string,
): number {
  at = writeHead(bytes, at, 8 * list.length);
  if (8 * list.length < longBytes) {
    for (const value of list) at = writeFixed64(bytes, at, value, field);
    return at;
  }
  const view = viewOf(bytes, at, at + 8 * list.length);
  for (let i = 0; i < list.length; i++) view.setBigUint64(8 * i, uint64Of(list[i]!, field), true);
  return at + 8 * list.length;
}

/** Reads a packed list of `fixed64` behind what is in `list`; returns the list that holds all. */
export function readPackedFixed64(list: bigint[], bytes: Uint8Array, at: number, end: number): bigint[] {
  const stop = readHead(bytes, at, end, 8);
  at = cursor.at;
  if (stop - at < longBytes || list.length !== 0) {
    for (; at < stop; at += 8) list.push(readFixed64(bytes, at));
  } else {
    const view = viewOf(bytes, at, stop);
    // oxlint-disable-next-line unicorn/no-new-array -- see above.
    list = new Array<bigint>(view.byteLength / 8);
    for (let i = 0; i < list.length; i++) list[i] = view.getBigUint64(8 * i, true);
  }
  cursor.at = stop;
  return list;
}

/** Writes a packed list of `sfixed64` with its length. */
export function writePackedSfixed64(
  bytes: Uint8Array,
  at: number,
  list: readonly (bigint | string)[],
  field: string,
): number {
  at = writeHead(bytes, at, 8 * list.length);
  if (8 * list.length < longBytes) {
    for (const value of list) at = writeSfixed64(bytes, at, value, field);
    return at;
  }
  const view = viewOf(bytes, at, at + 8 * list.length);
  for (let i = 0; i < list.length; i++) view.setBigInt64(8 * i, int64Of(list[i]!, field), true);
  return at + 8 * list.length;
}

/** Reads a packed list of `sfixed64` behind what is in `list`; returns the list that holds all. */
export function readPackedSfixed64(list: bigint[], bytes: Uint8Array, at: number, end: number): bigint[] {
  const stop = readHead(bytes, at, end, 8);
  at = cursor.at;
  if (stop - at < longBytes || list.length !== 0) {
    for (; at < stop; at += 8) list.push(readSfixed64(bytes, at));
  } else {
    const view = viewOf(bytes, at, stop);
    // oxlint-disable-next-line unicorn/no-new-array -- see above.
    list = new Array<bigint>(view.byteLength / 8);
    for (let i = 0; i < list.length; i++) list[i] = view.getBigInt64(8 * i, true);
  }
  cursor.at = stop;
  return list;
}

/** Writes the length in bytes and makes sure of the room for the values and the margin. */
function writeHead(bytes: Uint8Array, at: number, length: number): number {
  expectRoom(bytes, at + length);
  return writeVarint(bytes, at, length);
}

/** Reads the length, leaves the offset of the first value in `cursor.at` and returns that after the last. */
function readHead(bytes: Uint8Array, at: number, end: number, valueBytes: number): number {
  const stop = readLength(bytes, at, end);
  if ((stop - cursor.at) % valueBytes !== 0) throw truncated(stop);
  return stop;
}

function viewOf(bytes: Uint8Array, start: number, stop: number): DataView {
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
