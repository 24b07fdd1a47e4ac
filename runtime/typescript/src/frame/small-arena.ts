import { allocate } from "../codec/allocate.js";

/** Size of a small arena: the frames of a handshake, or of a call or two. */
export const smallArenaBytes = 4_096;
/** How many are kept while nobody has them; more are in use at one time only where many connections are blocked. */
const mostFree = 64;

const free: Uint8Array[] = [];

/**
 * Memory for a connection to write a few frames into, of any content. It is given back as soon as they have left, nearly
 * always at once, so that connections that hardly speak have none: one of 4 KiB for each of ten thousand, from its handshake
 * to its first silence, left 4 KiB of holes behind for each (Node 24).
 */
export function takeSmallArena(): Uint8Array {
  return free.pop() ?? allocate(smallArenaBytes);
}

/** Gives one back that nobody reads or writes any more. Once for each. */
export function giveSmallArena(arena: Uint8Array): void {
  if (free.length < mostFree) free.push(arena);
}
