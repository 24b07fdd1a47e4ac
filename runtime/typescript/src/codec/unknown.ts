// Fields that the schema does not know. They are kept with the message and written behind its known fields.
import type { UnknownField } from "@bufbuild/protobuf";
import { take } from "./bytes.js";
import { cursor, maxDepth } from "./cursor.js";
import { malformed, mismatch, overlong, truncated } from "./failure.js";
import { expectRoom } from "./room.js";
import { readLength, readTag, writeInt32, writeVarint } from "./varint.js";

/** What can hold unknown fields: every message. */
interface Holder {
  $unknown?: UnknownField[] | undefined;
}

/**
 * Skips the value behind a tag.
 *
 * @param depth that of the message around it; groups inside count from there.
 * @returns the offset after the value.
 */
function skipField(bytes: Uint8Array, tag: number, at: number, end: number, depth: number): number {
  switch (tag & 7) {
    case 0:
      return skipVarint(bytes, at);
    case 1:
      return within(at + 8, end);
    case 2:
      return readLength(bytes, at, end);
    case 3:
      return skipGroup(bytes, tag, at, end, depth);
    case 5:
      return within(at + 4, end);
    default:
      throw malformed(tag % 8 === 4 ? "a group ends that has not begun" : `there is no wire type ${tag % 8}`, at);
  }
}

function skipVarint(bytes: Uint8Array, at: number): number {
  const limit = at + 10;
  while (bytes[at++]! > 127) {
    if (at === limit) throw overlong(at);
  }
  return at;
}

function skipGroup(bytes: Uint8Array, tag: number, at: number, end: number, depth: number): number {
  if (depth >= maxDepth) throw malformed(`groups nest more than ${maxDepth} deep`, at);
  while (at < end) {
    const inner = readTag(bytes, at);
    // The end tag has the wire type 4 where the start has 3.
    if (inner === tag + 1) return cursor.at;
    at = skipField(bytes, inner, cursor.at, end, depth + 1);
  }
  throw malformed("the group does not end", end);
}

function within(at: number, end: number): number {
  if (at > end) throw truncated(end);
  return at;
}

/**
 * Refuses a field that the schema knows with another wire type. Where protobuf-es reads on as if it had the right one, this is
 * an error: the two ends do not have the same schema, or the bytes are damaged.
 */
function expectUnknown(tag: number, known: readonly number[], message?: { readonly $typeName: string }): void {
  let low = 0;
  for (let high = known.length; low < high;) {
    const middle = (low + high) >> 1;
    if (known[middle]! >>> 3 < tag >>> 3) low = middle + 1;
    else high = middle;
  }
  const expected = known[low] ?? 0;
  if (expected >>> 3 === tag >>> 3) throw mismatch(tag, expected, message?.$typeName ?? "a map entry or Struct");
}

/**
 * Keeps the value behind `tag` with the message and leaves the offset after it in `cursor.at`.
 *
 * @param depth that of the message.
 * @param known the tags of the message's fields, by number.
 * @throws CrucibleError reason DECODE_INVALID when one of them has the field's number: the wire type is another then.
 */
export function readUnknown(
  message: Holder & { readonly $typeName: string },
  bytes: Uint8Array,
  tag: number,
  at: number,
  end: number,
  depth: number,
  known: readonly number[],
): void {
  expectUnknown(tag, known, message);
  const stop = within(skipField(bytes, tag, at, end, depth), end);
  keep(message, tag, take(bytes, at, stop));
  cursor.at = stop;
}

/**
 * Passes over a field of a map entry that is neither key nor value, and leaves the offset after it in `cursor.at`.
 *
 * @param known the tags of key and value; they are refused as in `readUnknown`.
 */
export function skipUnknown(
  bytes: Uint8Array,
  tag: number,
  at: number,
  end: number,
  depth: number,
  known: readonly number[],
): void {
  expectUnknown(tag, known);
  cursor.at = skipField(bytes, tag, at, end, depth);
}

/** Keeps a number that a closed enum has no name for, as an unknown field. */
export function keepUnknownEnum(message: Holder, field: number, value: number): void {
  const data = new Uint8Array(10);
  keep(message, field << 3, data.slice(0, writeInt32(data, 0, value, "")));
}

function keep(message: Holder, tag: number, data: Uint8Array): void {
  const field = { no: tag >>> 3, wireType: tag & 7, data };
  if (message.$unknown === undefined) message.$unknown = [field];
  else message.$unknown.push(field);
}

/** Writes the unknown fields of a message. */
export function writeUnknown(bytes: Uint8Array, at: number, fields: readonly UnknownField[] | undefined): number {
  if (fields === undefined) return at;
  for (const { no, wireType, data } of fields) {
    expectRoom(bytes, at + data.length);
    at = writeVarint(bytes, at, ((no << 3) | wireType) >>> 0);
    bytes.set(data, at);
    at += data.length;
  }
  return at;
}
