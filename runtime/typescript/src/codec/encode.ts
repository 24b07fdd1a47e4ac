// Where encoded messages go when nobody says where: slices of a shared slab, or a buffer of their own when they are large.
import { allocate } from "./allocate.js";
import type { MessageCodec } from "./codec.js";
import { encodeFailure } from "./failure.js";
import { marginBytes, overflow } from "./room.js";

/** How large the buffer is out of which small messages are cut. */
const slabBytes = 65536;

let slab: Uint8Array | undefined;
/** That of the slab: to ask the slab for it takes 9 to 14 ns, a third of making a result (Node 24 and 20). */
let slabBuffer: ArrayBufferLike;
let used = 0;

/**
 * Encodes a message. The result may share its ArrayBuffer with others, as Node's own Buffers do: copy it before
 * transferring the buffer.
 *
 * @throws CrucibleError reason ENCODE_INVALID when a field holds what its type cannot.
 */
export function encode<Init>(codec: MessageCodec<unknown, Init>, message: Init): Uint8Array {
  try {
    if (codec.usualBytes > slabBytes) return encodeApart(codec, message, codec.usualBytes);
    // Taken away meanwhile: a getter of the message may encode another one.
    let bytes = slab;
    let buffer = slabBuffer;
    let start = used;
    slab = undefined;
    if (bytes === undefined || start + codec.usualBytes > slabBytes) {
      bytes = allocate(slabBytes);
      buffer = bytes.buffer;
      start = 0;
    }
    const end = tryWrite(codec, message, bytes, start);
    if (end < 0) return encodeApart(codec, message, 2 * slabBytes);
    slab = bytes;
    slabBuffer = buffer;
    used = end;
    codec.usualBytes = end - start + marginBytes;
    // Not subarray, which asks for the species first.
    return new Uint8Array(buffer, start, end - start);
  } catch (error) {
    throw encodeFailure(codec.typeName, error);
  }
}

/**
 * Encodes a message into a buffer of its own. A little may be left over; what is more than half is cut off.
 *
 * @param expected how many bytes to begin with.
 */
export function encodeApart<Init>(codec: MessageCodec<unknown, Init>, message: Init, expected: number): Uint8Array {
  let bytes = allocate(Math.max(expected, slabBytes));
  let end = tryWrite(codec, message, bytes, 0);
  while (end < 0) {
    bytes = allocate(4 * bytes.length);
    end = tryWrite(codec, message, bytes, 0);
  }
  // Messages of a type tend to be of a size: the next one gets a little more room than this one took.
  codec.usualBytes = end + (end >> 3) + marginBytes;
  return end < bytes.length >> 1 ? bytes.slice(0, end) : bytes.subarray(0, end);
}

/** Writes a message and returns where it ends; -1 when there is not enough room for it and the margin. */
export function tryWrite<Init>(
  codec: MessageCodec<unknown, Init>,
  message: Init,
  bytes: Uint8Array,
  at: number,
): number {
  try {
    const end = codec.writeFields(message, bytes, at);
    return end > bytes.length ? -1 : end;
  } catch (error) {
    if (error === overflow) return -1;
    throw error;
  }
}
