import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { maxHeadBytes } from "./limits.js";

/**
 * The envelopes of data frames (`crucible.ipc.v1` Request, Response, Stream), written and read by hand: the body is
 * encoded in place behind the head, and a repeated field, which protobuf would merge, is refused. A test holds this file
 * against the generated codecs.
 */

/** Text beside a message, flat: key, value, key, value, … */
export type MetadataList = readonly string[];

/** What a Request says beside its body. */
export interface RequestHead {
  readonly methodId: number;
  /** Time left in microseconds; undefined for none. */
  readonly timeoutUs: number | undefined;
  readonly metadata: MetadataList;
  readonly traceparent: string;
  readonly tracestate: string;
  readonly idempotencyKey: Uint8Array | undefined;
}

const tagMethodId = 0x0d;
const tagTimeout = 0x10;
const tagMetadata = 0x1a;
const tagTraceparent = 0x22;
const tagTracestate = 0x2a;
const tagIdempotencyKey = 0x32;
const tagBody = 0x7a;

const noMetadata: MetadataList = [];
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { fatal: true });
const keyPattern = /^[a-z0-9\-_.]{1,128}$/;

/** Most bytes of a Request head without metadata, trace context and key. */
export const plainHeadBytes = 32;

// ---- writing

function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let p = offset;
  while (rest > 127) {
    bytes[p++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[p++] = rest;
  return p;
}

function writeBytesField(bytes: Uint8Array, offset: number, tag: number, value: Uint8Array): number {
  bytes[offset] = tag;
  const p = writeVarint(bytes, offset + 1, value.length);
  bytes.set(value, p);
  return p + value.length;
}

/** Metadata and the like are rare on the hot path: they are encoded apart, so that their size is known. */
function encodeText(text: string): Uint8Array {
  return textEncoder.encode(text);
}

/** Checks and encodes metadata as the fields they become; undefined when there is none. Throws METADATA_INVALID. */
export function encodeMetadata(metadata: MetadataList): Uint8Array | undefined {
  if (metadata.length === 0) return undefined;
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let i = 0; i + 1 < metadata.length; i += 2) {
    const key = metadata[i]!;
    if (!keyPattern.test(key)) {
      throw new CrucibleError(
        "METADATA_INVALID",
        `metadata key ${JSON.stringify(key)} must be 1 to 128 of a-z 0-9 - _ .`,
      );
    }
    if (key.startsWith("crucible-")) {
      throw new CrucibleError(
        "METADATA_INVALID",
        `metadata key ${JSON.stringify(key)} is reserved; choose another prefix`,
      );
    }
    const entry = encodeEntry(encodeText(key), encodeText(metadata[i + 1]!));
    total += entry.length;
    if (total > maxHeadBytes) {
      throw new CrucibleError("METADATA_INVALID", `metadata takes more than ${maxHeadBytes} bytes; send less of it`);
    }
    parts.push(entry);
  }
  return concat(parts, total);
}

function encodeEntry(key: Uint8Array, value: Uint8Array): Uint8Array {
  const inner = new Uint8Array(key.length + value.length + 12);
  const end = writeBytesField(inner, writeBytesField(inner, 0, 0x0a, key), 0x12, value);
  const entry = new Uint8Array(end + 6);
  return entry.subarray(0, writeBytesField(entry, 0, tagMetadata, inner.subarray(0, end)));
}

function concat(parts: readonly Uint8Array[], total: number): Uint8Array {
  const all = new Uint8Array(total);
  let p = 0;
  for (const part of parts) {
    all.set(part, p);
    p += part.length;
  }
  return all;
}

/** Encodes what a Request head holds beyond method and time: metadata, trace context and key. */
export function encodeHeadExtras(
  metadata: MetadataList,
  traceparent: string,
  tracestate: string,
  idempotencyKey: Uint8Array | undefined,
): Uint8Array | undefined {
  const first = encodeMetadata(metadata);
  if (first !== undefined && traceparent === "" && tracestate === "" && idempotencyKey === undefined) return first;
  const parts: Uint8Array[] = first === undefined ? [] : [first];
  const add = (tag: number, value: Uint8Array): void => {
    const field = new Uint8Array(value.length + 6);
    parts.push(field.subarray(0, writeBytesField(field, 0, tag, value)));
  };
  if (traceparent !== "") add(tagTraceparent, encodeText(traceparent));
  if (tracestate !== "") add(tagTracestate, encodeText(tracestate));
  if (idempotencyKey !== undefined) add(tagIdempotencyKey, idempotencyKey);
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  return total === 0 ? undefined : concat(parts, total);
}

/** Writes the head of a Request; the body follows. */
export function writeRequestHead(
  bytes: Uint8Array,
  offset: number,
  methodId: number,
  timeoutUs: number | undefined,
  extras: Uint8Array | undefined,
): number {
  bytes[offset] = tagMethodId;
  bytes[offset + 1] = methodId;
  bytes[offset + 2] = methodId >>> 8;
  bytes[offset + 3] = methodId >>> 16;
  bytes[offset + 4] = methodId >>> 24;
  let p = offset + 5;
  if (timeoutUs !== undefined) {
    bytes[p] = tagTimeout;
    p = writeVarint(bytes, p + 1, timeoutUs);
  }
  if (extras !== undefined) {
    bytes.set(extras, p);
    p += extras.length;
  }
  return p;
}

/**
 * Writes an envelope: `head[0, headBytes)`, then `message` as its body when there is a codec. Returns where it ends, or
 * would end: a result beyond the buffer means that what was written is worthless.
 */
export function writeEnvelope(
  bytes: Uint8Array,
  offset: number,
  head: Uint8Array,
  headBytes: number,
  codec: Codec | undefined,
  message: unknown,
): number {
  for (let i = 0; i < headBytes; i++) bytes[offset + i] = head[i]!;
  const headEnd = offset + headBytes;
  if (codec === undefined) return headEnd;
  bytes[headEnd] = tagBody;
  // One byte is kept for the length; a longer one moves the body, which costs less than measuring it first.
  const start = headEnd + 2;
  const end = codec.write(message, bytes, start);
  const length = end - start;
  if (length < 128) {
    bytes[start - 1] = length;
    return end;
  }
  const extra = length < 16_384 ? 1 : length < 2_097_152 ? 2 : length < 268_435_456 ? 3 : 4;
  if (end + extra <= bytes.length) {
    bytes.copyWithin(start + extra, start, end);
    writeVarint(bytes, start - 1, length);
  }
  return end + extra;
}

// ---- reading

/**
 * The envelope read last. One object for all: reading is synchronous, and what is kept is copied out. `bodyStart` is -1
 * when the envelope has no body.
 */
export const envelope: {
  methodId: number;
  timeoutUs: number | undefined;
  metadata: MetadataList;
  traceparent: string;
  tracestate: string;
  idempotencyKey: Uint8Array | undefined;
  bodyStart: number;
  bodyEnd: number;
} = {
  methodId: 0,
  timeoutUs: undefined,
  metadata: noMetadata,
  traceparent: "",
  tracestate: "",
  idempotencyKey: undefined,
  bodyStart: -1,
  bodyEnd: -1,
};

function bad(what: string): CrucibleError {
  return new CrucibleError("BAD_ENVELOPE", `envelope ${what}; encode it as crucible.ipc.v1 says`);
}

/** Where the varint read last ended. */
let cursor = 0;

function readVarint(bytes: Uint8Array, offset: number, end: number): number {
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

function readLength(bytes: Uint8Array, offset: number, end: number): number {
  const length = readVarint(bytes, offset, end);
  if (length > end - cursor) throw bad("ends inside a field");
  return length;
}

function readText(bytes: Uint8Array, start: number, end: number): string {
  try {
    return textDecoder.decode(bytes.subarray(start, end));
  } catch {
    throw bad("has text that is not UTF-8");
  }
}

function readEntry(bytes: Uint8Array, start: number, end: number, into: string[]): void {
  let key: string | undefined;
  let value: string | undefined;
  let p = start;
  while (p < end) {
    const tag = readVarint(bytes, p, end);
    if (tag !== 0x0a && tag !== 0x12) {
      p = skip(bytes, tag, end);
      continue;
    }
    const length = readLength(bytes, cursor, end);
    const text = readText(bytes, cursor, cursor + length);
    p = cursor + length;
    if (tag === 0x0a) {
      if (key !== undefined) throw bad("repeats the key of a metadata entry");
      key = text;
    } else {
      if (value !== undefined) throw bad("repeats the value of a metadata entry");
      value = text;
    }
  }
  if (key === undefined || !keyPattern.test(key)) throw bad(`has metadata key ${JSON.stringify(key ?? "")}`);
  into.push(key, value ?? "");
}

/** Skips a field this side does not know; the cursor stands behind its tag. Returns where the next begins. */
function skip(bytes: Uint8Array, tag: number, end: number): number {
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
  if (tag < 8) throw bad("has field number 0");
  return cursor;
}

/** Reads the envelope that takes `bytes[start, end)` into `envelope`. Throws BAD_ENVELOPE. */
export function readEnvelope(bytes: Uint8Array, start: number, end: number): void {
  envelope.methodId = 0;
  envelope.timeoutUs = undefined;
  envelope.metadata = noMetadata;
  envelope.traceparent = "";
  envelope.tracestate = "";
  envelope.idempotencyKey = undefined;
  envelope.bodyStart = -1;
  envelope.bodyEnd = -1;
  let seen = 0;
  let list: string[] | undefined;
  let p = start;
  while (p < end) {
    let tag = bytes[p]!;
    if (tag > 127) {
      tag = readVarint(bytes, p, end);
      if (tag > 0xffffffff) throw bad("has a tag of more than 32 bits");
    } else {
      cursor = p + 1;
    }
    const field = tag >>> 3;
    if (field < 16 && field !== 3) {
      const bit = 1 << field;
      if ((seen & bit) !== 0) throw bad(`repeats field ${field}`);
      seen |= bit;
    }
    switch (tag) {
      case tagMethodId: {
        const q = cursor;
        if (q + 4 > end) throw bad("ends inside a field");
        envelope.methodId = (bytes[q]! | (bytes[q + 1]! << 8) | (bytes[q + 2]! << 16) | (bytes[q + 3]! << 24)) >>> 0;
        p = q + 4;
        continue;
      }
      case tagTimeout:
        envelope.timeoutUs = readVarint(bytes, cursor, end);
        p = cursor;
        continue;
      case tagBody: {
        const length = readLength(bytes, cursor, end);
        envelope.bodyStart = cursor;
        envelope.bodyEnd = p = cursor + length;
        continue;
      }
      case tagMetadata: {
        const length = readLength(bytes, cursor, end);
        p = cursor + length;
        if (list === undefined) envelope.metadata = list = [];
        readEntry(bytes, cursor, p, list);
        continue;
      }
      case tagTraceparent:
      case tagTracestate: {
        const length = readLength(bytes, cursor, end);
        p = cursor + length;
        const text = readText(bytes, cursor, p);
        if (tag === tagTraceparent) envelope.traceparent = text;
        else envelope.tracestate = text;
        continue;
      }
      case tagIdempotencyKey: {
        const length = readLength(bytes, cursor, end);
        p = cursor + length;
        if (length !== 0 && length !== 16) throw bad("has an idempotency key that is not 16 bytes");
        if (length === 16) envelope.idempotencyKey = bytes.slice(cursor, p);
        continue;
      }
      default:
        p = skip(bytes, tag, end);
    }
  }
  const bodyBytes = envelope.bodyStart < 0 ? 0 : envelope.bodyEnd - envelope.bodyStart;
  if (end - start - bodyBytes > maxHeadBytes + 16) {
    throw bad(`has a head of more than ${maxHeadBytes} bytes; send less metadata`);
  }
}
