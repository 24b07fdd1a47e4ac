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

/** Text beside a message as users give it: one value for a key, or several. */
export type MetadataSource = Readonly<Record<string, string | readonly string[]>>;

// ---- writing

/**
 * The head written last, `head.bytes[0, head.length)`. One buffer for all: writing is synchronous, and a head is copied
 * into its frame at once.
 */
export const head: { readonly bytes: Uint8Array; length: number } = {
  bytes: new Uint8Array(maxHeadBytes + 64),
  length: 0,
};

/** Keys that were found lawful, for writing and for reading: a program uses few. */
const knownKeys: Set<string> = new Set();
const readKeys: Set<string> = new Set();
const maxKnownKeys = 256;

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

/**
 * What the last head of a Request was made of; its bytes are still there. Callers mostly say the same again, and to compare
 * takes a fourth of what writing a key and a value takes.
 */
const last: { methodId: number; timeoutUs: number | undefined; keys: string[]; values: unknown[]; length: number } = {
  methodId: -1,
  timeoutUs: undefined,
  keys: [],
  values: [],
  length: 0,
};

function isLast(metadata: MetadataSource | undefined): boolean {
  const { keys, values } = last;
  if (metadata === undefined) return keys.length === 0;
  if (Object.getPrototypeOf(metadata) !== Object.prototype) return false;
  let count = 0;
  for (const key in metadata) {
    if (key !== keys[count] || metadata[key] !== values[count]) return false;
    count++;
  }
  return count === keys.length;
}

/** Writes the head of a Request into `head`. Throws METADATA_INVALID. */
export function writeRequestHead(
  methodId: number,
  timeoutUs: number | undefined,
  metadata: MetadataSource | undefined,
): void {
  if (methodId === last.methodId && timeoutUs === last.timeoutUs && isLast(metadata)) {
    head.length = last.length;
    return;
  }
  last.methodId = -1;
  const { bytes } = head;
  bytes[0] = tagMethodId;
  bytes[1] = methodId;
  bytes[2] = methodId >>> 8;
  bytes[3] = methodId >>> 16;
  bytes[4] = methodId >>> 24;
  head.length = 5;
  if (timeoutUs !== undefined) {
    bytes[5] = tagTimeout;
    head.length = writeVarint(bytes, 6, timeoutUs);
  }
  if (metadata !== undefined) writeMetadata(metadata);
  last.keys = metadata === undefined ? [] : Object.keys(metadata);
  last.values = last.keys.map((key) => metadata![key]);
  // A list may be changed and be the same one.
  if (last.values.some((value) => typeof value !== "string")) return;
  last.methodId = methodId;
  last.timeoutUs = timeoutUs;
  last.length = head.length;
}

/** Writes the head of a Response into `head`. Throws METADATA_INVALID. */
export function writeResponseHead(metadata: MetadataSource | undefined): void {
  head.length = 0;
  if (metadata === undefined) return;
  last.methodId = -1;
  writeMetadata(metadata);
}

function writeMetadata(metadata: MetadataSource): void {
  for (const key of Object.keys(metadata)) {
    if (!knownKeys.has(key)) checkKey(key);
    const value = metadata[key]!;
    if (typeof value === "string") writeEntry(key, value);
    else for (const one of value) writeEntry(key, one);
  }
}

function checkKey(key: string): void {
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
  if (knownKeys.size < maxKnownKeys) knownKeys.add(key);
}

/** Appends one entry to `head`. Short ASCII, which is the rule, goes straight in; anything else is measured first. */
function writeEntry(key: string, value: string): void {
  const { bytes } = head;
  const inner = key.length + value.length + 4;
  let p = head.length;
  if (inner < 128 && p + inner + 2 <= maxHeadBytes) {
    bytes[p] = tagMetadata;
    bytes[p + 1] = inner;
    bytes[p + 2] = 0x0a;
    bytes[p + 3] = key.length;
    p += 4;
    for (let i = 0; i < key.length; i++) bytes[p++] = key.charCodeAt(i);
    bytes[p++] = 0x12;
    bytes[p++] = value.length;
    let codes = 0;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      codes |= code;
      bytes[p++] = code;
    }
    if (codes < 128) {
      head.length = p;
      return;
    }
  }
  const text = textEncoder.encode(value);
  const start = head.length;
  // Three lengths of at most three bytes, four tags: 16 bytes are enough beside the texts.
  if (start + key.length + text.length + 16 > maxHeadBytes) {
    throw new CrucibleError("METADATA_INVALID", `metadata takes more than ${maxHeadBytes} bytes; send less of it`);
  }
  const size = 2 + lengthBytes(key.length) + key.length + lengthBytes(text.length) + text.length;
  bytes[start] = tagMetadata;
  p = writeVarint(bytes, start + 1, size);
  bytes[p] = 0x0a;
  p = writeVarint(bytes, p + 1, key.length);
  for (let i = 0; i < key.length; i++) bytes[p++] = key.charCodeAt(i);
  bytes[p] = 0x12;
  p = writeVarint(bytes, p + 1, text.length);
  bytes.set(text, p);
  head.length = p + text.length;
}

/** Bytes of a length as a varint. */
function lengthBytes(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : length < 268_435_456 ? 4 : 5;
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
  const extra = lengthBytes(length) - 1;
  if (end + extra <= bytes.length) {
    bytes.copyWithin(start + extra, start, end);
    writeVarint(bytes, start - 1, length);
  }
  return end + extra;
}

/** Bytes of the tag and the longest length of a body. */
const mostBeforeBody = 6;

/** Where a body begins that `writeEnvelopeBefore` leads to: there is room for the rest of its envelope before it. */
export function envelopeStart(headBytes: number): number {
  return headBytes + mostBeforeBody;
}

/**
 * Writes the rest of an envelope before its body, which takes `bytes[bodyStart, bodyEnd)`: `head[0, headBytes)`, tag and
 * length. Returns where the envelope begins.
 */
export function writeEnvelopeBefore(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  head: Uint8Array,
  headBytes: number,
): number {
  const length = bodyEnd - bodyStart;
  const start = bodyStart - headBytes - 1 - lengthBytes(length);
  bytes.set(head.subarray(0, headBytes), start);
  bytes[start + headBytes] = tagBody;
  writeVarint(bytes, start + headBytes + 1, length);
  return start;
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

/** Tags and lengths have 32 bits, in at most five bytes: a longer one is refused, as the generated codecs do. */
const maxShortVarintBytes = 5;

function readTag(bytes: Uint8Array, offset: number, end: number): number {
  const tag = readVarint(bytes, offset, end);
  if (tag > 0xffffffff || cursor - offset > maxShortVarintBytes) throw bad("has a tag of more than 32 bits");
  return tag;
}

function readLength(bytes: Uint8Array, offset: number, end: number): number {
  const length = readVarint(bytes, offset, end);
  if (cursor - offset > maxShortVarintBytes) throw bad("has a length of more than 32 bits");
  if (length > end - cursor) throw bad("ends inside a field");
  return length;
}

/** Up to this many characters a loop over ASCII is faster than a TextDecoder: 60 ns against 300 for six. */
const shortText = 32;

function readText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= shortText) {
    let text = "";
    let p = start;
    while (p < end && bytes[p]! < 128) text += String.fromCharCode(bytes[p++]!);
    if (p === end) return text;
  }
  try {
    return textDecoder.decode(bytes.subarray(start, end));
  } catch {
    throw bad("has text that is not UTF-8");
  }
}

/**
 * Entries read last, by their bytes: what callers send beside their requests is much the same each time, and to compare
 * takes 20 ns where reading a key and a value of 12 characters takes 160 (profile of a busy server, Node 24).
 */
const recent: { readonly bytes: Uint8Array; length: number; key: string; value: string }[] = [];
const recentEntries = 64;
const mostRecentBytes = 96;

function readEntry(bytes: Uint8Array, start: number, end: number, into: string[]): void {
  const length = end - start;
  if (length === 0 || length > mostRecentBytes) {
    parseEntry(bytes, start, end, into);
    return;
  }
  const slot = (length + 5 * bytes[end - 1]! + 3 * bytes[start + (length >>> 1)]!) % recentEntries;
  let entry = recent[slot];
  if (entry !== undefined && entry.length === length) {
    const known = entry.bytes;
    let i = 0;
    while (i < length && known[i] === bytes[start + i]) i++;
    if (i === length) {
      into.push(entry.key, entry.value);
      return;
    }
  }
  parseEntry(bytes, start, end, into);
  while (recent.length <= slot) recent.push({ bytes: new Uint8Array(mostRecentBytes), length: 0, key: "", value: "" });
  entry = recent[slot]!;
  for (let i = 0; i < length; i++) entry.bytes[i] = bytes[start + i]!;
  entry.length = length;
  entry.key = into.at(-2)!;
  entry.value = into.at(-1)!;
}

function parseEntry(bytes: Uint8Array, start: number, end: number, into: string[]): void {
  let key: string | undefined;
  let value: string | undefined;
  let p = start;
  while (p < end) {
    const tag = readTag(bytes, p, end);
    if (tag !== 0x0a && tag !== 0x12) {
      if (tag < 24) throw bad("has a metadata entry with a field of another wire type");
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
  if (key === undefined || !readKeys.has(key)) {
    if (key === undefined || !keyPattern.test(key)) throw bad(`has metadata key ${JSON.stringify(key ?? "")}`);
    if (readKeys.size < maxKnownKeys) readKeys.add(key);
  }
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
  let bodyBytes = 0;
  let list: string[] | undefined;
  let p = start;
  while (p < end) {
    const tagStart = p;
    let tag = bytes[p]!;
    if (tag > 127) {
      tag = readTag(bytes, p, end);
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
        envelope.bodyEnd = cursor + length;
        bodyBytes = envelope.bodyEnd - tagStart;
        p = envelope.bodyEnd;
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
        if (field <= 6 || field === 15) throw bad(`has field ${field} with wire type ${tag % 8}`);
        p = skip(bytes, tag, end);
    }
  }
  // The head is all but the body, its tag and its length.
  if (end - start - bodyBytes > maxHeadBytes) {
    throw bad(`has a head of more than ${maxHeadBytes} bytes; send less metadata`);
  }
}
