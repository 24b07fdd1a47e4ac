import type { FrameCipher } from "../crypto/frame-cipher.js";
import { CrucibleError } from "../error/index.js";
import { overheadBytes } from "../frame/frame.js";
import { FrameWriter } from "../frame/frame-writer.js";
import type { Connection } from "../transport/transport.js";
import { maxUnsentBytes, maxUnsentControlBytes } from "./limits.js";
import { Turn } from "./turn.js";

/** `queueMicrotask` of Node makes an async resource for each job, 0.3 µs; a job of a settled promise costs a fifth. */
const settled: Promise<void> = Promise.resolve();
/** Levels of promise jobs without a frame after which the turn counts as done, and levels after which nothing waits on. */
const quietLevels = 3;
const mostLevels = 100;
/** As quietLevels, while a single frame waits: nothing is about to join it. */
const loneLevels = 1;
/**
 * Bytes that leave without waiting for the end of the turn: the other side works on them meanwhile. Without it the two
 * sides take turns: 124 against 202 thousand calls a second with 64 in flight, 163 against 263 with 256 (medians of three
 * rounds in turns on a busy machine, Node 24). 1 and 4 KiB did as well; with 8 KiB, 64 in flight gained nothing.
 */
const earlyBytes = 2_048;
/**
 * The same for each live call where there are many: with 256 in flight 8 KiB gave 795 thousand calls a second where 2 KiB gave
 * 683, with 64 they gave 303 where 2 KiB gave 596 (Node 24). What leaves at once should be a part of what is in flight.
 */
const earlyBytesOfCall = 32;
const mostEarlyBytes = 16_384;
/** The same for streams, whose messages come one by one: a write costs as much as 60 of them. */
const streamBytes = 16_384;
/** The same for fragments. */
const fragmentBytes = 131_072;

/**
 * The sending half of a connection that carries frames: writes them in place, and gathers what one turn of the event loop
 * sends into one write, or a few where there is much.
 */
export abstract class Outlet {
  protected readonly connection: Connection;
  /** Where frames are written; `send` what was finished. */
  readonly writer: FrameWriter;
  protected sendCipher: FrameCipher | undefined;
  #flushPending = false;
  /** Bytes that leave early. */
  #earlyBytes: number = earlyBytes;
  /** Frames sent, and how many those were a level of promise jobs ago. */
  #sent = 0;
  #sentBefore = 0;
  /** How many there were when the write became due. */
  #sentDue = 0;
  /** Levels without a frame, and levels in all, since a write is due. */
  #quiet = 0;
  #hops = 0;
  readonly #turn: Turn;
  #blocked = false;
  #unsentControl = 0;
  #unsentBytes = 0;
  #closed = false;

  /** `now` gives Unix time in milliseconds. */
  constructor(connection: Connection, now: () => number) {
    this.connection = connection;
    this.writer = new FrameWriter(now);
    this.#turn = new Turn((wasFull) => this.#endTurn(wasFull));
  }

  /** Ends the connection at once. */
  abstract abort(error: CrucibleError): void;

  get peer(): string {
    return this.connection.peer;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The transport asked to wait: what can wait should. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** What streams and fragments send should wait: for the transport, or for the end of this turn. */
  get waits(): boolean {
    return this.#blocked || this.#turn.full;
  }

  /** So much waits to be sent that messages should wait with their calls, where they count against limits. */
  get congested(): boolean {
    return this.#unsentBytes + this.writer.pendingBytes > maxUnsentBytes;
  }

  /** The connection is silent: gives back memory that it hardly needs. */
  rest(): void {
    if (this.connection.unsentBytes === 0) this.writer.rest();
  }

  /**
   * What is sent next is all that is due, for now: it leaves at once, or at the end of what is being read. Without the wait
   * for others a lone call takes 19.8 µs instead of 20.0, both ends on one processor (Node 24).
   */
  urgent = false;
  #reading = false;
  #dueWhenRead = false;

  /** So many calls are live: what is sent in this turn may wait until it is as much as belongs to a part of them. */
  crowd(calls: number): void {
    const bytes = calls * earlyBytesOfCall;
    if (bytes > this.#earlyBytes) this.#earlyBytes = bytes < mostEarlyBytes ? bytes : mostEarlyBytes;
  }

  /** Completes the frame begun in `writer` and sends it with the others of this turn. */
  send(end: number, sealed: boolean): void {
    this.writer.finish(end, sealed ? this.sendCipher : undefined);
    this.#sent++;
    if (this.urgent) {
      this.urgent = false;
      if (!this.#reading || this.writer.pendingBytes >= this.#earlyBytes) this.write();
      else this.#dueWhenRead = true;
    } else if (!this.#flushPending) {
      this.#flushPending = true;
      this.#sentDue = this.#sent;
      this.#hops = 0;
      this.#quiet = 0;
      void settled.then(this.#settle);
    } else if (this.writer.pendingBytes >= this.#earlyBytes) {
      this.write();
    }
  }

  /** As `send`, for a message of a stream or a fragment, which others follow: they leave together, or at the end of this turn. */
  sendMany(end: number, bytes: number, sealed: boolean): void {
    this.writer.finish(end, sealed ? this.sendCipher : undefined);
    this.#turn.count(bytes);
    if (this.writer.pendingBytes >= (bytes < streamBytes ? streamBytes : fragmentBytes)) this.write();
  }

  /** Counts what has cost this turn as much as if so many bytes had been sent. */
  countTurn(bytes: number): void {
    this.#turn.count(bytes);
  }

  /** Sends a small frame whose payload is encoded already. A control frame: bounded when the peer does not read. */
  sendControl(type: number, flags: number, id: number, payload: Uint8Array, sealed: boolean): void {
    if (this.#closed) return;
    const start = this.writer.begin(type, flags, id, payload.length);
    this.writer.arena.set(payload, start);
    this.countControl(payload.length);
    this.send(start + payload.length, sealed);
  }

  /** Counts a control frame against what may wait while the peer does not read. */
  countControl(payloadBytes: number): void {
    if (!this.#blocked) return;
    this.#unsentControl += overheadBytes + payloadBytes;
    if (this.#unsentControl > maxUnsentControlBytes) {
      this.abort(
        new CrucibleError(
          "CONTROL_FLOOD",
          `peer ${this.peer} provokes answers and does not read them; the connection is closed`,
        ),
      );
    }
  }

  /** Called when what waited may be sent. */
  onUnblocked: (() => void) | undefined;

  onDrain(): void {
    if (this.#closed) return;
    this.#blocked = false;
    this.#unsentControl = 0;
    this.#unsentBytes = 0;
    if (this.connection.unsentBytes === 0) this.writer.reuse();
    this.onUnblocked?.();
  }

  #endTurn(wasFull: boolean): void {
    this.write();
    if (wasFull && !this.#blocked && !this.#closed) this.onUnblocked?.();
  }

  // ---- for what arrives

  /** Bytes are being read: what is urgent waits for their end. */
  protected beginRead(): void {
    this.#reading = true;
  }

  protected endRead(): void {
    this.#reading = false;
    if (!this.#dueWhenRead) return;
    this.#dueWhenRead = false;
    this.write();
  }

  /** Nothing more is sent. */
  protected shut(): void {
    this.#closed = true;
  }

  // ---- writing

  /**
   * Waits until the promise jobs of this turn have stopped sending: some levels of them in a row without a frame, since
   * each level runs behind the one before it. What many handlers answer then leaves in one write (measured: 62 calls a
   * write with 64 in flight, as at the end of the turn, which costs a lone call 10 % more).
   */
  readonly #settle = (): void => {
    if (this.#sent !== this.#sentBefore) {
      this.#sentBefore = this.#sent;
      this.#quiet = 0;
    } else {
      this.#quiet++;
    }
    const levels = this.#sent === this.#sentDue ? loneLevels : quietLevels;
    if (this.#quiet < levels && ++this.#hops < mostLevels) void settled.then(this.#settle);
    else this.flush();
  };

  protected flush(): void {
    this.#flushPending = false;
    this.#earlyBytes = earlyBytes;
    this.write();
  }

  protected write(): void {
    if (this.#closed) return;
    for (let bytes = this.writer.take(); bytes !== undefined; bytes = this.writer.take()) {
      if (!this.connection.write(bytes)) this.#blocked = true;
      if (this.#blocked) this.#unsentBytes += bytes.length;
    }
    if (this.connection.unsentBytes === 0) this.writer.reuse();
  }
}
