import { writeChecksum } from "../../runtime/typescript/src/checksum/xxh64.js";
import { FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { toyCipher } from "../suites/peers.js";
import { frameBytes } from "../suites/raw-end.js";
import { mutate } from "./mutate.js";
import type { Random } from "./random.js";

const headerBytes = 36;

/** A stream of bytes as frames, where it still looks like some; what is left over is the last one. */
export function split(stream: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (stream.length - at >= headerBytes + 8) {
    const length = new DataView(stream.buffer, stream.byteOffset + at).getUint32(32);
    if (at + headerBytes + length + 8 > stream.length) break;
    frames.push(stream.subarray(at, (at += headerBytes + length + 8)));
  }
  if (at < stream.length) frames.push(stream.subarray(at));
  return frames;
}

/**
 * The same frames in Sealed ones by the toy cipher, a random number in each; without their checksums, and what is no frame
 * as it is.
 */
export function sealed(frames: readonly Uint8Array[], random: Random): Uint8Array {
  const runs: Uint8Array[] = [];
  for (let at = 0; at < frames.length;) {
    const run = frames.slice(at, (at += 1 + random.below(3))).map((frame) => frame.subarray(0, payloadEnd(frame)));
    runs.push(frameBytes({ type: FrameType.Sealed, payload: join(run), sealed: true }));
  }
  return join(runs);
}

function payloadEnd(frame: Uint8Array): number {
  if (frame.length < headerBytes + 8) return frame.length;
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(32);
  return headerBytes + length + 8 === frame.length ? frame.length - 8 : frame.length;
}

/** The frames that are in Sealed ones, as if each had come alone, in place of those. */
export function unsealed(frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.flatMap((frame) => {
    if (frame[1] !== FrameType.Sealed) return [frame];
    const run = frame.slice(headerBytes, -8);
    const end = toyCipher.open(run, 0, 0, run.length);
    const inner: Uint8Array[] = [];
    for (let at = 0; at < end;) {
      const next = at + headerBytes + new DataView(run.buffer).getUint32(at + 32);
      inner.push(join([run.subarray(at, next), new Uint8Array(8)]));
      at = next;
    }
    return inner;
  });
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The same frame with another payload, its length and checksum made true. */
export function withPayload(frame: Uint8Array, payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(headerBytes + payload.length + 8);
  whole.set(frame.subarray(0, headerBytes));
  whole.set(payload, headerBytes);
  new DataView(whole.buffer).setUint32(32, payload.length);
  writeChecksum(whole, 0, headerBytes + payload.length);
  return whole;
}

const payloadOf = (frame: Uint8Array): Uint8Array => frame.slice(headerBytes, Math.max(headerBytes, frame.length - 8));

/** Changes bytes of the header that say something, and makes the checksum true again. */
function changeHeader(frame: Uint8Array, random: Random): Uint8Array {
  const copy = frame.slice();
  switch (random.below(5)) {
    case 0:
      copy[1] = random.pick([
        0, 1, 2, 3, 4, 5, 6, 7, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20, 0x21, 0x22, 0x23, 0x24, 0x30,
      ]);
      break;
    case 1:
      copy[3] = copy[3]! ^ (1 << random.below(8));
      break;
    case 2:
      copy[3] = random.pick([0, 4, 8]);
      break;
    case 3:
      copy[15] = random.below(24);
      break;
    default:
      copy[random.below(headerBytes - 4)] = random.below(256);
  }
  return withPayload(copy, payloadOf(copy));
}

/** A stream made of lawful frames by a random program: of whole frames, of headers and payloads, of bare bytes. */
export function mutateStream(frames: readonly Uint8Array[], random: Random): Uint8Array {
  const result = [...frames];
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(result.length);
    const frame = result[at]!;
    const to = random.below(result.length + 1);
    switch (random.below(7)) {
      case 0:
        result.splice(at, 1);
        break;
      case 1:
        result.splice(to, 0, frame);
        break;
      case 2:
        result.splice(at, 1);
        result.splice(random.below(result.length + 1), 0, frame);
        break;
      case 3:
        result[at] = changeHeader(frame, random);
        break;
      case 4:
        result.splice(to, 0, changeHeader(frame, random));
        break;
      case 5:
        result[at] = withPayload(
          frame,
          mutate(payloadOf(frame), random, [new Uint8Array([0x7a, 0]), payloadOf(random.pick(frames))]),
        );
        break;
      default:
        // Checksums and lengths are left as they come out.
        if (random.below(4) === 0) result[at] = mutate(frame, random, frames);
    }
    if (result.length === 0) result.push(random.pick(frames));
  }
  return join(result);
}

/** Chunks of random sizes, in buffers of their own or views that follow each other in one. */
export function chop(stream: Uint8Array, random: Random): Uint8Array[] {
  const most = random.pick([stream.length + 1, 200, 60, 7, 1]);
  const own = random.below(2) === 0;
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length;) {
    const size = Math.min(stream.length - at, 1 + random.below(most));
    chunks.push(own ? stream.slice(at, at + size) : stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
