import { cursor } from "./cursor.js";
import type { Codec } from "./codec.js";
import { decodeFailure, encodeFailure, unfit } from "./failure.js";

/** A generated codec, with what other generated codecs need of it. */
export interface MessageCodec<T = unknown, Init = T> extends Codec<T, Init> {
  /** How many bytes `encode` sets aside; 0 while the last message was not large. */
  expectedBytes: number;
  /** A message without any field set. */
  empty(): T;
  /** `write` without the guard: also throws what getters of the message, or a cycle in it, throw. */
  writeFields(message: Init, bytes: Uint8Array, at: number): number;
  /**
   * Reads fields into `message`, merging them with those it has, and leaves the offset after them in `cursor.at` when
   * they end with a tag.
   *
   * @param depth how deep the message is nested; the outermost is at 1.
   * @param group the tag that ends the fields of a group; 0 for a message, which ends at `end`.
   * @returns `message`.
   */
  readFields(message: T, bytes: Uint8Array, at: number, end: number, depth: number, group: number): T;
}

/**
 * A new message whose unset fields read as the defaults of the schema, by its prototype: what protobuf-es does for
 * messages with explicit presence.
 */
export function inherit<T extends { readonly $typeName: string }>(defaults: object, typeName: T["$typeName"]): T {
  const message = Object.create(defaults) as { $typeName: string };
  message.$typeName = typeName;
  return message as unknown as T;
}

/** Puts the generated functions of one message together. */
export function messageCodec<T, Init>(
  typeName: string,
  empty: MessageCodec<T, Init>["empty"],
  writeFields: MessageCodec<T, Init>["writeFields"],
  readFields: MessageCodec<T, Init>["readFields"],
): MessageCodec<T, Init> {
  return new GeneratedCodec(typeName, empty, writeFields, readFields);
}

class GeneratedCodec<T, Init> implements MessageCodec<T, Init> {
  readonly typeName: string;
  expectedBytes = 0;
  readonly empty: MessageCodec<T, Init>["empty"];
  readonly writeFields: MessageCodec<T, Init>["writeFields"];
  readonly readFields: MessageCodec<T, Init>["readFields"];

  constructor(
    typeName: string,
    empty: MessageCodec<T, Init>["empty"],
    writeFields: MessageCodec<T, Init>["writeFields"],
    readFields: MessageCodec<T, Init>["readFields"],
  ) {
    this.typeName = typeName;
    this.empty = empty;
    this.writeFields = writeFields;
    this.readFields = readFields;
  }

  write(message: Init, bytes: Uint8Array, offset: number): number {
    try {
      return this.writeFields(message, bytes, offset);
    } catch (error) {
      throw encodeFailure(this.typeName, error);
    }
  }

  read(bytes: Uint8Array, start: number, end: number): T {
    cursor.texts = 0;
    try {
      return this.readFields(this.empty(), bytes, start, end, 1, 0);
    } catch (error) {
      throw decodeFailure(this.typeName, error);
    }
  }
}

/** How large the buffer is out of which encoded messages are cut. */
const slabBytes = 65536;

let slab: Uint8Array | undefined;
let used = 0;

/**
 * Encodes a message. The result may share its ArrayBuffer with others, as Node's own Buffers do: copy it before
 * transferring the buffer.
 *
 * @throws CrucibleError reason ENCODE_INVALID when a field holds what its type cannot.
 */
export function encode<Init>(codec: MessageCodec<unknown, Init>, message: Init): Uint8Array {
  if (codec.expectedBytes > slabBytes) return encodeLarge(codec, message, codec.expectedBytes);
  // Taken away meanwhile: a getter of the message may encode another one.
  const bytes = slab ?? new Uint8Array(slabBytes);
  const start = slab === undefined ? 0 : used;
  slab = undefined;
  const end = codec.write(message, bytes, start);
  if (end > bytes.length) return encodeLarge(codec, message, end - start);
  slab = bytes;
  used = end;
  return bytes.subarray(start, end);
}

/** Encodes into a buffer of its own, or into a new slab when it turns out to be small. */
function encodeLarge<Init>(codec: MessageCodec<unknown, Init>, message: Init, expected: number): Uint8Array {
  let bytes = new Uint8Array(Math.max(expected, slabBytes));
  let end = codec.write(message, bytes, 0);
  if (end > bytes.length) {
    bytes = new Uint8Array(end);
    end = codec.write(message, bytes, 0);
    // Only a message that changed while it was read can have grown.
    if (end > bytes.length) throw encodeFailure(codec.typeName, "the message changed while it was encoded");
  }
  // Messages of a type tend to be of a size: the next one gets a little more room than this one took.
  codec.expectedBytes = end > slabBytes ? end + (end >> 3) : 0;
  if (bytes.length === slabBytes) {
    slab = bytes;
    used = end;
  }
  // What has much room left over would keep that alive.
  return end < bytes.length >> 1 && end > slabBytes ? bytes.slice(0, end) : bytes.subarray(0, end);
}

/**
 * Decodes a message from all of `bytes`, which must not change afterwards: long `bytes` fields are views of them.
 *
 * @throws CrucibleError reason DECODE_INVALID when they are no valid encoding.
 */
export function decode<T>(codec: Codec<T, never>, bytes: Uint8Array): T {
  if (!(bytes instanceof Uint8Array)) throw decodeFailure(codec.typeName, unfit("decoding", "a Uint8Array", bytes));
  return codec.read(bytes, 0, bytes.length);
}
