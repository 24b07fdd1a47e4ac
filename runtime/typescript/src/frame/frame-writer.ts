import { frameAddress, frameBlockBytes, giveFrameBlock, takeFrameBlock } from "../checksum/frame-memory.js";
import { writeChecksum, writeChecksumAt } from "../checksum/xxh64.js";
import { allocate } from "../codec/allocate.js";
import type { FrameCipher } from "../crypto/frame-cipher.js";
import {
  checksumBytes,
  Flag,
  FrameType,
  headerBytes,
  offsetFlags,
  offsetLength,
  offsetMessageId,
  offsetReserved,
  offsetSessionId,
  offsetTimestamp,
  overheadBytes,
  protocolVersion,
} from "./frame.js";
import { fullRunBytes } from "./sealed-run.js";
import { giveSmallArena, smallArenaBytes, smallArenaPart, smallArenaView, takeSmallArena } from "./small-arena.js";

const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);
const twoTo32 = 4294967296;
/** Bytes that a sealed payload grows by. */
const tagBytes = 16;
/** What a frame may take beside its payload: its own header, that of a run before it, tag and checksum. */
const spareBytes = overheadBytes + headerBytes + tagBytes;
/** Size of the buffer that frames are written into, but for the first, which is small. Many small frames share one. */
const arenaBytes = frameBlockBytes;
/** After so many times that the arena is written again it is seen how long they took: that makes a writer busy, or calm. */
const roundsLooked = 64;
const busyRoundsMs = 1_000;
const calmRoundsMs = 10_000;

/**
 * Writes frames into an arena, in place: `begin` a frame, put its payload at the offset it returns, `finish` it. Nothing
 * happens to a frame that was begun and not finished. `take` hands over all that was finished since the last time.
 */
export class FrameWriter {
  readonly #now: () => number;
  #arena: Uint8Array = noBytes;
  /** The same bytes: a header takes nine writes of it, and 36 of the arena. */
  #view: DataView = noView;
  /** What was handed over last from the beginning of the arena. */
  #first: Uint8Array | undefined;
  /** Where the arena lies in the memory of frames; -1 elsewhere. */
  #address = -1;
  /** First byte that was not handed over. */
  #taken = 0;
  /** Where the next frame begins. */
  #next = 0;
  #sessionHi = 0;
  #sessionLo = 0;
  /** Full arenas that were not handed over. */
  #full: Uint8Array[] = [];
  #fullBytes = 0;
  /** What the next arena has at least: four times as much as one that was full. */
  #nextArenaBytes = smallArenaBytes;
  /** Full arenas that were handed over; one of them is written again once they have left. */
  #left: Uint8Array[] = [];
  #spare: Uint8Array | undefined;
  #closed = false;
  #stampHi = 0;
  #stampLo = 0;
  #stamped = false;
  /** When the clock was read last, and when the rounds that are counted began. */
  #nowMs = 0;
  #roundsSinceMs = 0;
  #rounds = 0;
  /** Seals runs of frames. */
  #runCipher: FrameCipher | undefined;
  /** Where the header of the run that is being written begins; -1 for none. */
  #run = -1;

  /** `now` gives Unix time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The buffer that the offsets of `begin` refer to. It changes with `begin`. */
  get arena(): Uint8Array {
    return this.#arena;
  }

  /** The session id that goes into every header from now on. */
  setSession(hi: number, lo: number): void {
    this.#sessionHi = hi;
    this.#sessionLo = lo;
  }

  /** From now on frames leave in Sealed ones, all that is taken together as one. */
  sealRuns(cipher: FrameCipher): void {
    this.#runCipher = cipher;
  }

  /**
   * A message is being encoded at the offset that `begin` gave: another frame that is begun meanwhile goes into another
   * arena, and what has left is not written again.
   */
  encoding = false;

  /** How many bytes wait to be taken. */
  get pendingBytes(): number {
    return this.#fullBytes + this.#next - this.#taken;
  }

  /**
   * Starts a frame whose payload is expected to take about `roomBytes`, and returns where the payload begins. A payload
   * that turns out longer, see `fits`, begins again with more room.
   */
  begin(type: number, flags: number, id: number, roomBytes: number): number {
    if (this.encoding) this.#swap(roomBytes);
    else if (this.#next + roomBytes + spareBytes > this.#arena.length) this.#swap(roomBytes);
    if (this.#runCipher !== undefined && this.#run < 0) {
      this.#run = this.#next;
      this.#next += headerBytes;
    }
    const start = this.#next;
    this.#header(start, type, flags, id);
    return start + headerBytes;
  }

  /** All but the length. */
  #header(start: number, type: number, flags: number, id: number): void {
    if (!this.#stamped) this.#stamp();
    const view = this.#view;
    view.setUint32(start, (protocolVersion << 24) | (type << 16) | flags);
    view.setUint32(start + offsetReserved, 0);
    view.setUint32(start + offsetMessageId, id < twoTo32 ? 0 : id / twoTo32);
    view.setUint32(start + offsetMessageId + 4, id);
    view.setUint32(start + offsetSessionId, this.#sessionHi);
    view.setUint32(start + offsetSessionId + 4, this.#sessionLo);
    view.setUint32(start + offsetTimestamp, this.#stampHi);
    view.setUint32(start + offsetTimestamp + 4, this.#stampLo);
  }

  /** Marks the frame that was begun as COMPRESSED. */
  markCompressed(): void {
    const flags = this.#next + offsetFlags + 1;
    this.#arena[flags] = this.#arena[flags]! | Flag.Compressed;
  }

  /** Whether a payload that ends at `end` leaves room for what follows it. */
  fits(end: number): boolean {
    return end + checksumBytes + tagBytes <= this.#arena.length;
  }

  /** Completes the frame whose payload ends at `end`; with `cipher`, sealed, unless its run will be. */
  finish(end: number, cipher?: FrameCipher): void {
    const arena = this.#arena;
    const start = this.#next;
    let payloadEnd = end;
    if (this.#run >= 0) {
      this.#view.setUint32(start + offsetLength, end - start - headerBytes);
      this.#next = end;
      if (end - this.#run - headerBytes >= fullRunBytes) this.#sealRun();
      return;
    }
    if (cipher === undefined) {
      this.#view.setUint32(start + offsetLength, end - start - headerBytes);
    } else {
      arena[start + 3] = arena[start + 3]! | Flag.Encrypted;
      this.#view.setUint32(start + offsetLength, end - start - headerBytes + tagBytes);
      payloadEnd = cipher.seal(arena, start, start + headerBytes, end);
    }
    this.#sum(start, payloadEnd);
    this.#next = payloadEnd + checksumBytes;
  }

  /**
   * Hands over what was finished, as buffers that are not written again before `reuse`; undefined when there is nothing.
   */
  take(): Uint8Array | undefined {
    if (this.#run >= 0) this.#sealRun();
    this.#stamped = false;
    if (this.#full.length > 0) {
      const full = this.#full.shift()!;
      this.#fullBytes -= full.length;
      return full;
    }
    if (this.#next === this.#taken) return undefined;
    const start = this.#taken;
    const length = this.#next - start;
    this.#taken = this.#next;
    if (start > 0) return this.#part(start, length);
    // One frame of a size after another: mostly the same bytes once more.
    if (this.#first?.length !== length) this.#first = this.#part(0, length);
    return this.#first;
  }

  /** Not `subarray`, which asks for the species first. */
  #part(start: number, length: number): Uint8Array {
    if (start === 0 && this.#arena.length === smallArenaBytes) return smallArenaPart(this.#arena, length);
    return new Uint8Array(this.#arena.buffer, this.#arena.byteOffset + start, length);
  }

  /**
   * All that was handed over has left: the arena is written from its beginning again. A busy connection then needs no
   * memory but that one, which stays in the processor's cache.
   */
  reuse(): void {
    if (this.encoding || this.pendingBytes > 0) return;
    if (this.#left.length > 0) this.#sortOut();
    this.#taken = 0;
    this.#next = 0;
    if (++this.#rounds >= roundsLooked) this.#look();
    if (this.#arena.length === smallArenaBytes) {
      giveSmallArena(this.#arena);
      this.#use(noBytes);
    }
  }

  /**
   * A busy writer has a block of the memory of frames, however little is in it at a time, and one that no longer is gives it
   * back. (Without, what is written again in time stays in its first arena, where a checksum needs a copy: 640 thousand
   * calls a second with 256 in flight instead of 680, a lone one 20.0 µs instead of 19.6, both ends on one processor; Node 24.)
   */
  #look(): void {
    const passedMs = this.#nowMs - this.#roundsSinceMs;
    this.#roundsSinceMs = this.#nowMs;
    this.#rounds = 0;
    if (this.#address >= 0) {
      if (passedMs > calmRoundsMs) this.rest();
    } else if (passedMs < busyRoundsMs && !this.#closed) {
      const block = takeFrameBlock();
      if (block === undefined) return;
      giveBack(this.#arena);
      this.#use(block);
    }
  }

  /** Keeps one of the arenas that have left, and gives back the others. */
  #sortOut(): void {
    for (const arena of this.#left) {
      if (this.#spare === undefined && arena.length === arenaBytes) this.#spare = arena;
      else giveBack(arena);
    }
    this.#left.length = 0;
  }

  /**
   * Nothing was written for long, and all that was handed over has left: lets go of the arena when nothing waits in it. The
   * next one is small.
   */
  rest(): void {
    if (this.pendingBytes > 0) return;
    this.#release();
    this.#nextArenaBytes = smallArenaBytes;
  }

  /** The connection has ended, and nothing that was handed over is needed any more: gives memory back. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    // A writer at rest has none of it.
    if (this.#arena === noBytes && this.#spare === undefined && this.#left.length + this.#full.length === 0) return;
    if (this.#spare !== undefined) giveBack(this.#spare);
    this.#spare = undefined;
    for (const arena of this.#left) giveBack(arena);
    this.#left.length = 0;
    giveBack(this.#arena);
    this.#use(noBytes);
    this.#full = [];
    this.#fullBytes = 0;
  }

  /** Ends the run that is being written; one without a frame never was. */
  #sealRun(): void {
    const start = this.#run;
    this.#run = -1;
    const payload = start + headerBytes;
    if (this.#next === payload) {
      this.#next = start;
      return;
    }
    this.#header(start, FrameType.Sealed, Flag.Encrypted, 0);
    this.#view.setUint32(start + offsetLength, this.#next - payload + tagBytes);
    const end = this.#runCipher!.seal(this.#arena, start, payload, this.#next);
    this.#sum(start, end);
    this.#next = end + checksumBytes;
  }

  /** Puts the checksum of `[start, end)` behind it. */
  #sum(start: number, end: number): void {
    if (this.#address >= 0) writeChecksumAt(this.#address + start, end - start);
    else writeChecksum(this.#arena, start, end);
  }

  #swap(payloadBytes: number): void {
    if (this.#run >= 0) this.#sealRun();
    if (this.#next > this.#taken) {
      this.#full.push(this.#arena.subarray(this.#taken, this.#next));
      this.#fullBytes += this.#next - this.#taken;
    }
    const { length } = this.#arena;
    if (length === arenaBytes || length === smallArenaBytes) this.#left.push(this.#arena);
    if (length > 0) this.#nextArenaBytes = Math.min(arenaBytes, 4 * this.#nextArenaBytes);
    const room = Math.max(this.#nextArenaBytes, payloadBytes + spareBytes);
    if (this.#spare !== undefined && room <= arenaBytes && !this.encoding) {
      this.#use(this.#spare);
      this.#spare = undefined;
    } else if (room <= smallArenaBytes) {
      this.#use(takeSmallArena());
    } else {
      this.#use((room <= arenaBytes && !this.#closed ? takeFrameBlock() : undefined) ?? allocate(room));
    }
  }

  #use(arena: Uint8Array): void {
    this.#arena = arena;
    this.#first = undefined;
    this.#view = viewOf(arena);
    this.#address = frameAddress(arena);
    this.#taken = 0;
    this.#next = 0;
  }

  /** Unix time in ns as two halves: one clock read for all frames that leave together. */
  #stamp(): void {
    const ms = (this.#nowMs = this.#now());
    // ns = ms · 10^6 has 61 bits. Split ms at bit 16; each product then fits a double.
    const high = Math.floor(ms / 65536) * 1e6;
    const low = Math.floor(ms % 65536) * 1e6 + (high % 65536) * 65536;
    this.#stampHi = Math.floor(high / 65536) + Math.floor(low / twoTo32);
    this.#stampLo = low >>> 0;
    this.#stamped = true;
  }
}

function viewOf(arena: Uint8Array): DataView {
  if (arena === noBytes) return noView;
  if (arena.length === smallArenaBytes) return smallArenaView(arena);
  return new DataView(arena.buffer, arena.byteOffset, arena.length);
}

function giveBack(arena: Uint8Array): void {
  if (arena.length === smallArenaBytes) giveSmallArena(arena);
  else if (frameAddress(arena) >= 0) giveFrameBlock(arena);
}
