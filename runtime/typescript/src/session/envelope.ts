import type { Codec } from "../codec/codec.js";
import {
  bad,
  cursor,
  lengthBytes,
  readLength,
  readTag,
  readVarint,
  setCursor,
  skip,
  writeVarint,
} from "./envelope-numbers.js";
import { maxHeadBytes } from "./limits.js";
import { readEntry, readText } from "./metadata-entry.js";

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
// ---- writing

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
 * The envelope read last. One object for all: reading is synchronous, and what is kept is copied out. Its body is
 * `bytes[bodyStart, bodyEnd)`; `bodyStart` is -1 when it has none.
 */
export const envelope: {
  methodId: number;
  timeoutUs: number | undefined;
  metadata: MetadataList;
  traceparent: string;
  tracestate: string;
  idempotencyKey: Uint8Array | undefined;
  bytes: Uint8Array;
  bodyStart: number;
  bodyEnd: number;
} = {
  methodId: 0,
  timeoutUs: undefined,
  metadata: noMetadata,
  traceparent: "",
  tracestate: "",
  idempotencyKey: undefined,
  bytes: new Uint8Array(0),
  bodyStart: -1,
  bodyEnd: -1,
};

/** Reads the envelope that takes `bytes[start, end)` into `envelope`. Throws BAD_ENVELOPE. */
export function readEnvelope(bytes: Uint8Array, start: number, end: number): void {
  envelope.methodId = 0;
  envelope.timeoutUs = undefined;
  envelope.metadata = noMetadata;
  envelope.traceparent = "";
  envelope.tracestate = "";
  envelope.idempotencyKey = undefined;
  envelope.bytes = bytes;
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
      setCursor(p + 1);
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
