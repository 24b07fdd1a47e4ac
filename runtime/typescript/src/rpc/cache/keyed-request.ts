import { CrucibleError } from "../../error/index.js";
import { head, type MetadataSource, writeRequestHead } from "../../session/head.js";
import type { Method } from "../service.js";

/** A request as the cache knows it. */
export interface KeyedRequest {
  /** The length of method and metadata, in two, and they and the request, each byte as one character. */
  readonly key: string;
  /** The encoded request; its own memory. */
  readonly body: Uint8Array;
  /** As the caller gave it: its own copy. */
  readonly metadata: MetadataSource | undefined;
}

const usualBytes = 4_096;
/** How many arguments a call of `fromCharCode` gets. */
const chunkBytes = 4_096;

let scratch: Uint8Array | undefined;

/**
 * Encodes a request once, for its key and for the wire. Undefined when it takes more than `maxBytes`: it is not worth a
 * key then.
 *
 * @throws CrucibleError ENCODE_INVALID, METADATA_INVALID.
 */
export function keyRequest(
  method: Method,
  metadata: MetadataSource | undefined,
  request: unknown,
  maxBytes: number,
): KeyedRequest | undefined {
  // Taken away meanwhile: a getter of the message may make another call.
  let bytes = scratch ?? new Uint8Array(usualBytes);
  scratch = undefined;
  let end = method.request.write(request, bytes, 0);
  if (end > bytes.length) {
    if (end > maxBytes) return undefined;
    bytes = new Uint8Array(end);
    end = method.request.write(request, bytes, 0);
    if (end > bytes.length) {
      const fact = `${method.request.typeName} changes while it is encoded; send one that stays as it is`;
      throw new CrucibleError("ENCODE_INVALID", fact);
    }
  }
  if (bytes.length === usualBytes) scratch = bytes;
  if (end > maxBytes) return undefined;
  writeRequestHead(method.id, undefined, metadata);
  const { length } = head;
  // Where the request begins is a part of it: one whose bytes are those of metadata would get the answer of another caller.
  const key = String.fromCharCode(length & 0xff, length >> 8) + latin1(head.bytes, length) + latin1(bytes, end);
  return { key, body: bytes.slice(0, end), metadata: metadata === undefined ? undefined : copyOf(metadata) };
}

function latin1(bytes: Uint8Array, end: number): string {
  let text = "";
  for (let start = 0; start < end; start += chunkBytes) {
    const chunk = bytes.subarray(start, Math.min(start + chunkBytes, end));
    text += String.fromCharCode.apply(null, chunk as unknown as number[]);
  }
  return text;
}

function copyOf(metadata: MetadataSource): MetadataSource {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, typeof value === "string" ? value : [...value]]),
  );
}
