import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";

/** Decodes a payload whose failure ends the connection. */
export function decodePayload<T>(codec: Codec<T, never>, bytes: Uint8Array, start: number, end: number): T {
  try {
    return codec.read(bytes, start, end);
  } catch (cause) {
    throw new CrucibleError("BAD_ENVELOPE", `frame holds no valid ${codec.typeName}`, { cause });
  }
}

/** Throws BAD_MESSAGE_ID for an id on a frame that has none. */
export function checkZero(id: number): void {
  if (id !== 0)
    throw new CrucibleError("BAD_MESSAGE_ID", `message id ${id} on a frame that belongs to no message; send 0`);
}
