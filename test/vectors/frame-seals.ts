/** ENCRYPTED frames, by the platform's AES-256-GCM and the twin. */
import { createCipheriv } from "node:crypto";
import { encodeFrameTwin, type TwinFrame } from "../twin/frame-twin.js";
import { exampleRequest, frame, hex, message } from "./frame-examples.js";

/** One frame in clear and as it is sent under `key` with the counter `n`. */
export interface SealedVector {
  readonly name: string;
  readonly key: string;
  readonly n: string;
  readonly clear: string;
  readonly sealed: string;
}

function nonce(n: bigint): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(n, 4);
  return bytes;
}

function gcm(key: Uint8Array, n: bigint, ad: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce(n));
  cipher.setAAD(ad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The ENCRYPTED form of a frame: header first, since the tag and the flag stand in what is authenticated. */
export function sealFrame(key: Uint8Array, n: bigint, sent: TwinFrame): Uint8Array {
  const flags = sent.flags | 0x02;
  const room = { ...sent, flags, payload: new Uint8Array(sent.payload.length + 16) };
  const header = encodeFrameTwin(room).subarray(0, 36);
  return encodeFrameTwin({ ...sent, flags, payload: gcm(key, n, header, sent.payload) });
}

/** A run of frames as a Sealed frame under `key` with the counter `n`. */
export function sealRun(key: Uint8Array, n: bigint, run: readonly TwinFrame[], cut = 0): Uint8Array {
  const frames = run.map((sent) => encodeFrameTwin(sent).subarray(0, -8));
  const plaintext = new Uint8Array(Buffer.concat(frames));
  return sealFrame(key, n, frame(0x24, 0, 0n, plaintext.subarray(0, plaintext.length - cut)));
}

/** REKEY of Noise: the first 32 bytes of zeros sealed under the nonce 2^64-1. */
export function rekey(key: Uint8Array): Uint8Array {
  return gcm(key, 2n ** 64n - 1n, new Uint8Array(0), new Uint8Array(32)).subarray(0, 32);
}

/** The key of the sealed examples: 00 01 … 1f. */
export const exampleKey: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i);

const example = (name: string, key: Uint8Array, n: bigint, sent: TwinFrame): SealedVector => ({
  name,
  key: hex(key),
  n: String(n),
  clear: hex(encodeFrameTwin(sent)),
  sealed: hex(sealFrame(key, n, sent)),
});

/** Sealed frames of one direction, in their order. */
export function sealedFrames(): readonly SealedVector[] {
  const second = { ...exampleRequest, messageId: 3n };
  return [
    example("first sealed frame of a direction", exampleKey, 0n, exampleRequest),
    example("second", exampleKey, 1n, second),
    example("empty payload", exampleKey, 2n, frame(0x20, 0x08, 1n, message())),
    example("first after a rekey", rekey(exampleKey), 1_048_576n, second),
  ];
}
