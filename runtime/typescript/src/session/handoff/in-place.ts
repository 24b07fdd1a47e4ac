import { inPlace } from "../../codec/bytes.js";
import type { Codec } from "../../codec/codec.js";
import { tryWrite } from "../../codec/encode.js";
import type { MessageCodec } from "../../codec/codec.js";
import { expectRoom } from "../../codec/room.js";
import { writeVarint } from "../../codec/varint.js";
import { CrucibleError } from "../../error/index.js";

/** Memory of an arena that a user may be filling. */
export interface OpenBuffer {
  readonly extent: number;
  /** Where it begins in the arena, and how long it is. */
  readonly offset: number;
  readonly length: number;
  /** Where that is for the user. Weak: the user's view alone keeps it alive. */
  readonly memory: WeakRef<ArrayBufferLike>;
  readonly byteOffset: number;
}

/** A buffer that a message has in it. */
export interface FoundBuffer {
  readonly buffer: OpenBuffer;
  /** What the message gives of it. */
  readonly value: Uint8Array;
  /** Bytes of the encoded message before it. */
  readonly before: number;
}

/** Where what stands before a buffer is written to find out how long it is. */
const scratch = new Uint8Array(16_384);
const found: Error = new Error("found");

/** Looks for one of `buffers` in a message, by encoding it up to there. */
export function findInPlace(codec: Codec, message: unknown, buffers: Iterable<OpenBuffer>): FoundBuffer | undefined {
  if (!("writeFields" in codec)) return undefined;
  let result: FoundBuffer | undefined;
  inPlace.meet = (bytes, at, value) => {
    for (const buffer of buffers) {
      // Whatever else is encoded meanwhile, by a getter of the message, is no part of it.
      if (bytes !== scratch || !beginsAt(buffer, value)) continue;
      result = { buffer, value, before: writeVarint(bytes, at, value.length) };
      throw found;
    }
    return -1;
  };
  try {
    tryWrite(codec as MessageCodec<unknown, unknown>, message, scratch, 0);
  } catch (error) {
    // What else is wrong with the message is said when it is encoded for good.
    if (error !== found) return undefined;
  } finally {
    inPlace.meet = undefined;
  }
  return result;
}

/** Where a buffer lies and what of it is sent. */
interface Place {
  readonly at: number;
  readonly buffer: OpenBuffer;
  readonly value: Uint8Array;
}

/**
 * Encodes a message into `bytes` from `start` on, so that the value of the buffer ends up where it lies. Returns where the
 * message ends.
 *
 * @throws CrucibleError ENCODE_INVALID when the buffer stands in it twice, or there is no room for the rest.
 */
export function writeInPlace(codec: Codec, message: unknown, bytes: Uint8Array, start: number, place: Place): number {
  let met = false;
  inPlace.meet = (into, at, value) => {
    if (!overlaps(place.buffer, value)) return -1;
    // Elsewhere it is encoded when there was no room here, by when it may have been moved.
    if (into !== bytes) throw misplaced(codec, "has too much beside it");
    if (met) throw misplaced(codec, "stands in the message twice");
    met = true;
    const data = writeVarint(into, at, value.length);
    if (data !== place.at || value.length !== place.value.length) throw misplaced(codec, "moves while it is encoded");
    expectRoom(into, data + value.length);
    return data + value.length;
  };
  let end: number;
  try {
    end = codec.write(message, bytes, start);
  } finally {
    inPlace.meet = undefined;
  }
  if (end > bytes.length) throw misplaced(codec, "has too much beside it");
  return end;
}

function beginsAt(buffer: OpenBuffer, value: Uint8Array): boolean {
  return (
    value.buffer === buffer.memory.deref() && value.byteOffset === buffer.byteOffset && value.length <= buffer.length
  );
}

function overlaps(buffer: OpenBuffer, value: Uint8Array): boolean {
  const first = buffer.byteOffset;
  return (
    value.buffer === buffer.memory.deref() &&
    value.byteOffset < first + buffer.length &&
    value.byteOffset + value.length > first
  );
}

function misplaced({ typeName }: Codec, fact: string): CrucibleError {
  return new CrucibleError(
    "ENCODE_INVALID",
    `${typeName}: a shared buffer ${fact}; put it in once, or send a copy of it`,
  );
}
