import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { envelopeStart, writeEnvelopeBefore } from "./envelope.js";
import { giveScratch, takeScratch } from "./scratch.js";

/** Generated codecs keep a margin behind what they write; with it they write once. */
const marginBytes = 256;

/**
 * Encodes an envelope, `head[0, headBytes)` and `message` as its body, into a buffer of scratch memory: give that back
 * once the envelope has left. `expected` is a guess of its size; one that is right saves a second pass. Throws what the
 * codec throws, and MESSAGE_TOO_LARGE beyond `mostBytes`.
 */
export function encodeApart(
  expected: number,
  mostBytes: number,
  head: Uint8Array,
  headBytes: number,
  codec: Codec,
  message: unknown,
): Uint8Array {
  const at = envelopeStart(headBytes);
  let bytes = takeScratch(at + expected + marginBytes);
  let end = codec.write(message, bytes, at);
  if (end > bytes.length) {
    giveScratch(bytes);
    assertSize(end - at + headBytes, mostBytes, codec);
    bytes = takeScratch(end + marginBytes);
    end = codec.write(message, bytes, at);
    if (end > bytes.length) throw changing(codec);
  }
  // Messages of a type tend to be of a size: the next one is given a little more room.
  if (codec.usualBytes !== undefined) codec.usualBytes = end - at + ((end - at) >> 3) + marginBytes;
  const start = writeEnvelopeBefore(bytes, at, end, head, headBytes);
  const whole = bytes.subarray(start, end);
  if (whole.length > mostBytes) giveScratch(bytes);
  assertSize(whole.length, mostBytes, codec);
  return whole;
}

/** The body of an envelope that `encodeApart` has made. */
export function bodyOf(envelope: Uint8Array, headBytes: number): Uint8Array {
  // Behind the tag, which takes a byte, and the length.
  let at = headBytes + 1;
  while (envelope[at++]! > 127);
  return envelope.subarray(at);
}

/** Writes a message that is encoded already. */
export const encodedBody: Codec = {
  typeName: "an encoded message",
  write(message, bytes, offset) {
    const encoded = message as Uint8Array;
    if (offset + encoded.length <= bytes.length) bytes.set(encoded, offset);
    return offset + encoded.length;
  },
  read: (bytes, start, end) => bytes.slice(start, end),
};

function assertSize(bytes: number, mostBytes: number, codec: Codec): void {
  if (bytes <= mostBytes) return;
  throw new CrucibleError(
    "MESSAGE_TOO_LARGE",
    `${codec.typeName} takes ${bytes} bytes, ${mostBytes} are allowed; send it in parts`,
  );
}

/** What a message is told that does not stay as it is. */
export function changing(codec: Codec | undefined): CrucibleError {
  return new CrucibleError(
    "ENCODE_INVALID",
    `${codec?.typeName ?? "message"} changes while it is encoded; send one that stays as it is`,
  );
}
