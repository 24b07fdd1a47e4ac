import { randomBytes } from "node:crypto";

/** A session id as its two halves of 32 bits. */
export interface SessionId {
  readonly sessionHi: number;
  readonly sessionLo: number;
}

/** Draws a session id: 60 random bits, the high nibble of byte 6 is 8, so that id and message id make a UUID; never 0. */
export function drawSessionId(): SessionId {
  const bytes = randomBytes(8);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  return { sessionHi: bytes.readUInt32BE(0), sessionLo: bytes.readUInt32BE(4) };
}
