// Values of four and eight bytes. They pass through eight bytes of their own: a DataView of the caller's bytes would
// have to be made for each message.
import { cursor } from "./cursor.js";
import { unfit } from "./failure.js";
import { int64Of, uint64Of } from "./varint.js";

const scratch = new Uint8Array(8);
const view = new DataView(scratch.buffer);

/** Writes a `fixed32`. */
export function writeFixed32(bytes: Uint8Array, at: number, value: number, field: string): number {
  if (typeof value !== "number" || value >>> 0 !== value) throw unfit(field, "an integer from 0 to 4294967295", value);
  return put32(bytes, at, value);
}

/** Writes a `sfixed32`. */
export function writeSfixed32(bytes: Uint8Array, at: number, value: number, field: string): number {
  if (typeof value !== "number" || (value | 0) !== value) throw unfit(field, "an integer of 32 bits", value);
  return put32(bytes, at, value);
}

/** Writes a `float`. */
export function writeFloat(bytes: Uint8Array, at: number, value: number, field: string): number {
  view.setFloat32(0, floatOf(value, field), true);
  return put32(bytes, at, view.getInt32(0, true));
}

/**
 * The value itself.
 *
 * @throws CrucibleError reason ENCODE_INVALID when it is no number, or would become infinite as a `float`.
 */
export function floatOf(value: number, field: string): number {
  if (typeof value !== "number") throw unfit(field, "a number", value);
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw unfit(field, "a number of 32 bits", value);
  return value;
}

/** Writes a `double`. */
export function writeDouble(bytes: Uint8Array, at: number, value: number, field: string): number {
  if (typeof value !== "number") throw unfit(field, "a number", value);
  view.setFloat64(0, value, true);
  return put64(bytes, at);
}

/** Writes a `fixed64`; decimal text (jstype) and safe integers are taken too. */
export function writeFixed64(bytes: Uint8Array, at: number, value: bigint | string | number, field: string): number {
  view.setBigUint64(0, uint64Of(value, field), true);
  return put64(bytes, at);
}

/** Writes a `sfixed64`; decimal text (jstype) and safe integers are taken too. */
export function writeSfixed64(bytes: Uint8Array, at: number, value: bigint | string | number, field: string): number {
  view.setBigInt64(0, int64Of(value, field), true);
  return put64(bytes, at);
}

function put32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
  return at + 4;
}

/** Writes what is in `view`. */
function put64(bytes: Uint8Array, at: number): number {
  put32(bytes, at, view.getInt32(0, true));
  return put32(bytes, at + 4, view.getInt32(4, true));
}

/** Reads a `fixed32`. */
export function readFixed32(bytes: Uint8Array, at: number): number {
  return take32(bytes, at) >>> 0;
}

/** Reads a `sfixed32`. */
export function readSfixed32(bytes: Uint8Array, at: number): number {
  return take32(bytes, at);
}

/** Reads a `float`. */
export function readFloat(bytes: Uint8Array, at: number): number {
  view.setInt32(0, take32(bytes, at), true);
  return view.getFloat32(0, true);
}

/** Reads a `double`. */
export function readDouble(bytes: Uint8Array, at: number): number {
  take64(bytes, at);
  return view.getFloat64(0, true);
}

/** Reads a `fixed64`. */
export function readFixed64(bytes: Uint8Array, at: number): bigint {
  take64(bytes, at);
  return view.getBigUint64(0, true);
}

/** Reads a `sfixed64`. */
export function readSfixed64(bytes: Uint8Array, at: number): bigint {
  take64(bytes, at);
  return view.getBigInt64(0, true);
}

// Past the end of the bytes these read zeros; `checkEnd` finds the overrun.
function take32(bytes: Uint8Array, at: number): number {
  cursor.at = at + 4;
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Reads into `view`. */
function take64(bytes: Uint8Array, at: number): void {
  cursor.at = at + 8;
  scratch[0] = bytes[at]!;
  scratch[1] = bytes[at + 1]!;
  scratch[2] = bytes[at + 2]!;
  scratch[3] = bytes[at + 3]!;
  scratch[4] = bytes[at + 4]!;
  scratch[5] = bytes[at + 5]!;
  scratch[6] = bytes[at + 6]!;
  scratch[7] = bytes[at + 7]!;
}
