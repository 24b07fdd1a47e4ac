// The bytes type.
import { cursor } from "./cursor.js";
import { unfit } from "./failure.js";
import { expectRoom } from "./room.js";
import { readLength, writeVarint } from "./varint.js";

/** From this length on, what is read is a view of the input instead of a copy; what is shorter keeps nothing of it. */
export const viewBytes = 4096;

/**
 * Who knows long `bytes` that may lie already where they are to be written. Given what is to be written at `at`, length
 * first: returns the offset behind it when all is there, and -1 when it is to be written as ever.
 */
export const inPlace: { meet: ((bytes: Uint8Array, at: number, value: Uint8Array) => number) | undefined } = {
  meet: undefined,
};

/** Writes `bytes` with their length. */
export function writeBytes(bytes: Uint8Array, at: number, value: Uint8Array, field: string): number {
  if (!(value instanceof Uint8Array)) throw unfit(field, "a Uint8Array", value);
  if (inPlace.meet !== undefined && value.length >= viewBytes) {
    const end = inPlace.meet(bytes, at, value);
    if (end >= 0) return end;
  }
  expectRoom(bytes, at + value.length);
  at = writeVarint(bytes, at, value.length);
  bytes.set(value, at);
  return at + value.length;
}

/**
 * Reads `bytes`: a copy when short, so that it does not keep the input alive, a view of the input when long.
 *
 * @param end where the surrounding message ends.
 */
export function readBytes(bytes: Uint8Array, at: number, end: number): Uint8Array {
  const stop = readLength(bytes, at, end);
  const start = cursor.at;
  cursor.at = stop;
  return take(bytes, start, stop);
}

/** The bytes from `start` to `stop`, always a plain Uint8Array. */
export function take(bytes: Uint8Array, start: number, stop: number): Uint8Array {
  const length = stop - start;
  if (length >= viewBytes) return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  const copy = new Uint8Array(length);
  if (length < 64) {
    for (let i = 0; i < length; i++) copy[i] = bytes[start + i]!;
  } else {
    copy.set(bytes.subarray(start, stop));
  }
  return copy;
}
