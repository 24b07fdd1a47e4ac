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

/** The arena that was looked at last, its bytes as a view, and first bytes of it that were asked for. */
let seen: Uint8Array | undefined;
let seenView: DataView;
let lastPart: Uint8Array | undefined;
let otherPart: Uint8Array | undefined;

function see(arena: Uint8Array): void {
  seen = arena;
  seenView = new DataView(arena.buffer, arena.byteOffset, arena.length);
  lastPart = otherPart = undefined;
}

/**
 * The bytes of a small arena as a view. Connections that hardly speak write one after another, all of them into the same
 * one: neither this nor `smallArenaPart` allocates then.
 */
export function smallArenaView(arena: Uint8Array): DataView {
  if (arena !== seen) see(arena);
  return seenView;
}

/** The first `length` bytes of a small arena. Two lengths are at hand: that of a Heartbeat, and that of its answer. */
export function smallArenaPart(arena: Uint8Array, length: number): Uint8Array {
  if (arena !== seen) see(arena);
  if (lastPart?.length === length) return lastPart;
  if (otherPart?.length === length) return otherPart;
  otherPart = lastPart;
  return (lastPart = new Uint8Array(arena.buffer, arena.byteOffset, length));
}
