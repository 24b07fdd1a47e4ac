// google.protobuf.Struct as a field: protobuf-es holds it as a plain JSON object, and so it is read and written here
// without messages in between.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { setEntry } from "./collection.js";
import { cursor } from "./cursor.js";
import { checkDepth, checkEnd, unfit } from "./failure.js";
import { readDouble, writeDouble } from "./fixed.js";
import { expectRoom } from "./room.js";
import { readKey } from "./key.js";
import { readString } from "./text.js";
import { skipUnknown } from "./unknown.js";
import { readBool, readLength, readTag, readUint32, writeLength } from "./varint.js";
import { writeString } from "./write-string.js";

/** Writes the fields of a Struct. */
export function writeStruct(json: JsonObject, bytes: Uint8Array, at: number, field: string): number {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw unfit(field, "an object of JSON", json);
  for (const key of Object.keys(json)) {
    expectRoom(bytes, at);
    bytes[at++] = 10; // The entry: key and value.
    let end = at + 1;
    bytes[end++] = 10;
    end = writeString(bytes, end, key, field);
    bytes[end++] = 18;
    end = writeLength(bytes, end, writeValue(json[key], bytes, end + 1, field));
    at = writeLength(bytes, at, end);
  }
  return at;
}

function writeValue(json: JsonValue | undefined, bytes: Uint8Array, at: number, field: string): number {
  switch (typeof json) {
    case "number":
      bytes[at++] = 17;
      return writeDouble(bytes, at, json, field);
    case "string":
      bytes[at++] = 26;
      return writeString(bytes, at, json, field);
    case "boolean":
      bytes[at++] = 32;
      bytes[at++] = json ? 1 : 0;
      return at;
    case "undefined":
      return at;
    case "object":
      break;
    default:
      throw unfit(field, "values of JSON", json);
  }
  if (json === null) {
    bytes[at++] = 8;
    bytes[at++] = 0;
    return at;
  }
  if (!Array.isArray(json)) {
    bytes[at++] = 42;
    return writeLength(bytes, at, writeStruct(json, bytes, at + 1, field));
  }
  bytes[at++] = 50;
  let end = at + 1;
  for (const item of json) {
    expectRoom(bytes, end);
    bytes[end++] = 10;
    end = writeLength(bytes, end, writeValue(item, bytes, end + 1, field));
  }
  return writeLength(bytes, at, end);
}

/** Reads the fields of a Struct into `json` and returns it; the parameters are those of `MessageCodec.readFields`. */
export function readStruct(
  json: JsonObject,
  bytes: Uint8Array,
  at: number,
  end: number,
  depth: number,
  group: number,
): JsonObject {
  checkDepth(depth);
  while (at < end) {
    const tag = readTag(bytes, at);
    at = cursor.at;
    if (tag === group) return json;
    if (tag === 10) {
      const stop = readLength(bytes, at, end);
      readEntry(json, bytes, cursor.at, stop, depth);
    } else {
      skipUnknown(bytes, tag, at, end, depth, [10]);
    }
    at = cursor.at;
  }
  checkEnd(at, end, group);
  return json;
}

function readEntry(json: JsonObject, bytes: Uint8Array, at: number, end: number, depth: number): void {
  let key = "";
  let value: JsonValue = null;
  while (at < end) {
    const tag = readTag(bytes, at);
    at = cursor.at;
    switch (tag) {
      case 10:
        key = readKey(bytes, at, end);
        break;
      case 18: {
        const stop = readLength(bytes, at, end);
        value = readValue(value, bytes, cursor.at, stop, depth + 1);
        break;
      }
      default:
        skipUnknown(bytes, tag, at, end, depth, [10, 18]);
    }
    at = cursor.at;
  }
  checkEnd(at, end, 0);
  setEntry(json, key, value);
}

/** Reads a Value on top of an earlier occurrence of the same field: objects and arrays are merged, others replaced. */
function readValue(earlier: JsonValue, bytes: Uint8Array, at: number, end: number, depth: number): JsonValue {
  checkDepth(depth);
  let value = earlier;
  while (at < end) {
    const tag = readTag(bytes, at);
    at = cursor.at;
    switch (tag) {
      case 8:
        readUint32(bytes, at);
        value = null;
        break;
      case 17:
        value = readDouble(bytes, at);
        break;
      case 26:
        value = readString(bytes, at, end);
        break;
      case 32:
        value = readBool(bytes, at);
        break;
      case 42: {
        const stop = readLength(bytes, at, end);
        const struct = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
        value = readStruct(struct, bytes, cursor.at, stop, depth + 1, 0);
        break;
      }
      case 50: {
        const stop = readLength(bytes, at, end);
        value = readList(Array.isArray(value) ? value : [], bytes, cursor.at, stop, depth + 1);
        break;
      }
      default:
        skipUnknown(bytes, tag, at, end, depth, [8, 17, 26, 32, 42, 50]);
    }
    at = cursor.at;
  }
  checkEnd(at, end, 0);
  return value;
}

function readList(list: JsonValue[], bytes: Uint8Array, at: number, end: number, depth: number): JsonValue[] {
  checkDepth(depth);
  while (at < end) {
    const tag = readTag(bytes, at);
    at = cursor.at;
    if (tag === 10) {
      const stop = readLength(bytes, at, end);
      list.push(readValue(null, bytes, cursor.at, stop, depth + 1));
    } else {
      skipUnknown(bytes, tag, at, end, depth, [10]);
    }
    at = cursor.at;
  }
  checkEnd(at, end, 0);
  return list;
}
