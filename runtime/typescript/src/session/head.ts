import { CrucibleError } from "../error/index.js";
import { shown } from "../error/text.js";
import { lengthBytes, writeVarint } from "./envelope-numbers.js";
import { maxHeadBytes } from "./limits.js";
import { keyPattern, maxKnownKeys } from "./metadata-key.js";

// Writing the heads of envelopes: all that stands before the body.

const tagMethodId = 0x0d;
const tagTimeout = 0x10;
const tagMetadata = 0x1a;

const textEncoder = new TextEncoder();

/** Text beside a message as users give it: one value for a key, or several. */
export type MetadataSource = Readonly<Record<string, string | readonly string[]>>;

/** All of an envelope that stands before its body: `bytes[0, length)`. */
export interface Head {
  readonly bytes: Uint8Array;
  length: number;
}

/** The head written last. One buffer for all: writing is synchronous, and a head is copied into its frame at once. */
export const head: Head = {
  bytes: new Uint8Array(maxHeadBytes + 64),
  length: 0,
};

/** That of messages of a stream. */
export const noHead: Head = { bytes: new Uint8Array(0), length: 0 };

/** Keys that were found lawful: a program uses few. */
const knownKeys: Set<string> = new Set();

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
  if (metadata === null || Object.getPrototypeOf(metadata) !== Object.prototype) return false;
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
  for (const key of metadataKeys(metadata)) {
    if (!knownKeys.has(key)) checkKey(key);
    const value = metadata[key]!;
    if (typeof value === "string") writeEntry(key, value);
    else for (const one of metadataValues(key, value)) writeEntry(key, one);
  }
}

/** The keys of what a user gives as metadata. @throws CrucibleError METADATA_INVALID for what is no object. */
export function metadataKeys(metadata: MetadataSource): string[] {
  if (typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)) return Object.keys(metadata);
  throw new CrucibleError("METADATA_INVALID", `metadata is ${shown(metadata)}; it is an object of texts`);
}

/** The values of a key. @throws CrucibleError METADATA_INVALID for what is neither a text nor a list of them. */
export function metadataValues(key: string, value: string | readonly string[]): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw new CrucibleError(
    "METADATA_INVALID",
    `metadata ${shown(key)} is ${shown(value)}; it is a text or a list of texts`,
  );
}

function checkKey(key: string): void {
  if (!keyPattern.test(key)) {
    throw new CrucibleError("METADATA_INVALID", `metadata key ${shown(key)} must be 1 to 128 of a-z 0-9 - _ .`);
  }
  if (key.startsWith("crucible-")) {
    throw new CrucibleError("METADATA_INVALID", `metadata key ${shown(key)} is reserved; choose another prefix`);
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
