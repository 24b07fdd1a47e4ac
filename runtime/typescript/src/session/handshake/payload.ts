/** The payloads of the three Noise messages, and how much of them is read at most. */
import type { Codec } from "../../codec/codec.js";
import type { CipherState } from "../../crypto/cipher-state.js";
import { keyBytes, tagBytes } from "../../crypto/cipher-suite.js";
import { createFrameCipher, type FrameCipher } from "../../crypto/frame-cipher.js";
import { CrucibleError } from "../../error/index.js";

/** Longest message 1: an ephemeral key and a hello of 4 KiB. */
export const maxMessage1Bytes: number = keyBytes + 4096;
/** Longest message 2: it carries certificates. */
export const maxMessage2Bytes = 16_384;
/** Longest message 3: the static key, and a proof whose token takes up to 8 KiB. */
export const maxMessage3Bytes: number = keyBytes + tagBytes + 8192 + 64 + tagBytes;

const prologueLabel = "crucible/1\0";

/** What both sides mix in before the first message. `binding` ties the handshake to the channel; empty on local sockets. */
export function prologueOf(binding: Uint8Array): Uint8Array {
  const label = new TextEncoder().encode(prologueLabel);
  const bytes = new Uint8Array(label.length + binding.length);
  bytes.set(label);
  bytes.set(binding, label.length);
  return bytes;
}

/** @throws CrucibleError HANDSHAKE_FAILED when message `number` is longer than `maxBytes`. */
export function assertLength(message: Uint8Array, number: number, maxBytes: number): void {
  if (message.length <= maxBytes) return;
  const text = `handshake message ${number} has ${message.length} bytes, more than ${maxBytes}: the peer is broken or hostile`;
  throw new CrucibleError("HANDSHAKE_FAILED", text);
}

/** Decodes a whole payload. @throws CrucibleError HANDSHAKE_FAILED when it is no valid encoding. */
export function readPayload<T>(codec: Codec<T, never>, payload: Uint8Array): T {
  try {
    return codec.read(payload, 0, payload.length);
  } catch (cause) {
    const text = `the handshake carries no valid ${codec.typeName}: the peer's runtime is broken or hostile; upgrade it`;
    throw new CrucibleError("HANDSHAKE_FAILED", text, { cause });
  }
}

/** The ciphers of a finished handshake, seen from one side. */
export interface CipherPair {
  /** For what this side sends. */
  readonly send: FrameCipher;
  /** For what it receives. */
  readonly receive: FrameCipher;
}

/** @param split what the initiator sends with, then what the responder sends with. */
export function cipherPair(split: readonly [CipherState, CipherState], initiator: boolean): CipherPair {
  const [send, receive] = initiator ? split : [split[1], split[0]];
  return { send: createFrameCipher(send, "send"), receive: createFrameCipher(receive, "receive") };
}
