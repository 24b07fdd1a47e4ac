// Bounds of what is being written. Asking before each byte would cost a fourth of the time, and so would letting writes
// run past the end, where they are dropped: V8 then compiles every store for that case (measured on Node 20). So each
// message, and each value without a fixed size, makes sure that some room is left behind it for the fixed ones to come.

/** How much room there is behind a message's beginning and behind each value without a fixed size. */
export const marginBytes = 256;

/** Thrown when there is not enough room; never leaves the codec. One object for all, since a stack would cost more. */
export const overflow: Error = new Error("the message does not fit");

/**
 * Makes sure of the margin: at least 16 integers, floats, booleans or tags can follow.
 *
 * @throws `overflow`.
 */
export function expectRoom(bytes: Uint8Array, at: number): void {
  if (at > bytes.length - marginBytes) throw overflow;
}
