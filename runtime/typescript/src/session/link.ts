import { readUint32 } from "../bytes/big-endian.js";
import type { Clock } from "../clock/clock.js";
import { frameAddress } from "../checksum/frame-memory.js";
import { allocate } from "../codec/allocate.js";
import { viewBytes } from "../codec/bytes.js";
import type { FrameCipher } from "../crypto/frame-cipher.js";
import { CrucibleError } from "../error/index.js";
import {
  Flag,
  FrameType,
  headerBytes,
  offsetFlags,
  offsetMessageId,
  offsetSessionId,
  offsetType,
  overheadBytes,
} from "../frame/frame.js";
import { FrameReader, type FrameSink } from "../frame/frame-reader.js";
import { FrameWriter } from "../frame/frame-writer.js";
import { flagTable, innerFlagTable, plainFlags } from "../frame/rules.js";
import { readRun } from "../frame/sealed-run.js";
import type { Connection, Receiver } from "../transport/transport.js";
import { clearError, unverified } from "./clear-error.js";
import { inflate, type SessionCompression } from "./compression.js";
import type { Encryption } from "./encryption.js";
import { decodeError, encodeError } from "./error-frame.js";
import { type Assignment, checkSession } from "./assignment.js";
import { FrameWatch } from "./frame-watch.js";
import { HeldFrames } from "./held-frames.js";
import { maxUnsentBytes, maxUnsentControlBytes } from "./limits.js";
import { Turn } from "./turn.js";

const twoTo32 = 4294967296;
/** `queueMicrotask` of Node makes an async resource for each job, 0.3 µs; a job of a settled promise costs a fifth. */
const settled: Promise<void> = Promise.resolve();
const maxIdHi = 0x1f_ffff;
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

/** Who handles the frames of a link; it changes from phase to phase. */
export interface LinkHandler {
  /**
   * Returns how many bytes of payload a frame of this type may have now, or throws BAD_PHASE when it is not welcome.
   * Called before the payload has arrived.
   */
  checkHeader(type: number, flags: number): number;
  /** A verified frame, opened if it was sealed: its payload is `bytes[start, end)`. What it throws ends the link. */
  onFrame(type: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): void;
  /** The link has ended. Called once, last. */
  onClosed(error: CrucibleError): void;
}

export interface LinkOptions {
  readonly clock: Clock;
  /** How long a frame that has begun may stand still, in milliseconds. */
  readonly frameTimeoutMs: number;
}

/**
 * A connection that carries frames. It writes in place, gathers what one turn of the event loop sends into one write,
 * opens and seals, and checks each frame in the order of PROTOCOL.md up to its session id; ids and payloads are its
 * handler's. Any failure there sends one Error with message id 0 and closes.
 */
export class Link implements Receiver, FrameSink {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #reader: FrameReader;
  /** Where frames are written; `send` what was finished. */
  readonly writer: FrameWriter;
  #handler: LinkHandler;
  #sendCipher: FrameCipher | undefined;
  #receiveCipher: FrameCipher | undefined;
  /** What of the session is sealed; told by `agree`. */
  encryption: Encryption = "sensitive";
  #innerFlags = plainFlags;
  /** Frames are those of a Sealed one. */
  #inRun = false;
  #sessionHi = 0;
  #sessionLo = 0;
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
  #closing: CrucibleError | undefined;
  readonly #watch: FrameWatch;
  #lastBytesMs = 0;
  /** Frames that wait while the link is held. */
  #held: HeldFrames | undefined;
  /** Frames were handed over, since it was last asked, whose bytes stay in use. */
  #kept = false;

  constructor(connection: Connection, handler: LinkHandler, options: LinkOptions) {
    this.#connection = connection;
    this.#handler = handler;
    this.#clock = options.clock;
    this.#lastBytesMs = options.clock.monotonicMs();
    this.#reader = new FrameReader(this);
    this.writer = new FrameWriter(() => this.#clock.unixMs());
    this.#watch = new FrameWatch(this, this.#reader, options);
    this.#turn = new Turn((wasFull) => this.#endTurn(wasFull));
  }

  /** Begins to read. */
  start(): void {
    this.#connection.start(this);
  }

  get peer(): string {
    return this.#connection.peer;
  }

  get binding(): Uint8Array {
    return this.#connection.binding;
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

  /** When bytes last arrived, on the monotonic clock; before the first, when the link was made. */
  get lastBytesMs(): number {
    return this.#lastBytesMs;
  }

  /** The session id of this link as 16 hexadecimal digits; zeros until it is assigned. */
  get sessionId(): string {
    return this.#sessionHi.toString(16).padStart(8, "0") + this.#sessionLo.toString(16).padStart(8, "0");
  }

  setHandler(handler: LinkHandler): void {
    this.#handler = handler;
  }

  /** From now on frames may be sealed. */
  setCiphers(send: FrameCipher, receive: FrameCipher): void {
    this.#sendCipher = send;
    this.#receiveCipher = receive;
  }

  /** From now on every frame carries, and must carry, this session id. */
  setSession(hi: number, lo: number): void {
    this.#sessionHi = hi;
    this.#sessionLo = lo;
    this.writer.setSession(hi, lo);
  }

  /** The connection is silent: gives back memory that it hardly needs. */
  rest(): void {
    if (this.#connection.unsentBytes === 0) this.writer.rest();
  }

  /** What is compressed of what is sent, and whether bodies may lie in shared memory; told by `agree`. */
  compression: SessionCompression = "off";
  handoff = false;

  /** The session that begins has these policies: what comes next, both ways, is of it. Keys are there. */
  agree(encryption: Encryption, compression: SessionCompression, handoff = false): void {
    this.encryption = encryption;
    this.compression = compression;
    this.handoff = handoff;
    const features = { sealed: encryption === "everything", compressed: compression !== "off", handoff };
    this.#reader.flags = flagTable(features);
    this.#innerFlags = innerFlagTable(features);
    if (features.sealed) this.writer.sealRuns(this.#sendCipher!);
  }

  /**
   * What is sent next is all that is due, for now: it leaves at once, or at the end of what is being read. Without the wait
   * for others a lone call takes 19.8 µs instead of 20.0, both ends on one processor (Node 24).
   */
  urgent = false;
  #reading = false;
  #dueWhenRead = false;

  /** So many calls are live: what one of them sends next may wait for others until the write that ends this turn. */
  crowd(calls: number): void {
    const bytes = calls * earlyBytesOfCall;
    if (bytes > this.#earlyBytes) this.#earlyBytes = bytes < mostEarlyBytes ? bytes : mostEarlyBytes;
  }

  /** Completes the frame begun in `writer` and sends it with the others of this turn. */
  send(end: number, sealed: boolean): void {
    this.writer.finish(end, sealed ? this.#sendCipher : undefined);
    this.#sent++;
    if (this.urgent) {
      this.urgent = false;
      if (!this.#reading || this.writer.pendingBytes >= this.#earlyBytes) this.#write();
      else this.#dueWhenRead = true;
    } else if (!this.#flushPending) {
      this.#flushPending = true;
      this.#sentDue = this.#sent;
      this.#hops = 0;
      this.#quiet = 0;
      void settled.then(this.#settle);
    } else if (this.writer.pendingBytes >= this.#earlyBytes) {
      this.#write();
    }
  }

  /** As `send`, for a message of a stream or a fragment, which others follow: they leave together, or at the end of this turn. */
  sendMany(end: number, bytes: number, sealed: boolean): void {
    this.writer.finish(end, sealed ? this.#sendCipher : undefined);
    this.#turn.count(bytes);
    if (this.writer.pendingBytes >= (bytes < streamBytes ? streamBytes : fragmentBytes)) this.#write();
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

  /**
   * Ends the link because of what the peer did: tells it why, then closes. What this side thinks of a proof or a
   * registration is `sealed`; a failure of frames or keys themselves is not, since the keys may be out of step.
   */
  fail(cause: unknown, sealed = false): void {
    if (this.#closed || this.#closing !== undefined) return;
    const error = CrucibleError.from(cause, "HANDSHAKE_FAILED");
    this.#closing = error;
    const seal = sealed && this.#sendCipher !== undefined;
    const told = this.#sendCipher === undefined ? clearError(error) : error;
    this.sendControl(FrameType.Error, Flag.EndStream, 0, encodeError(told), seal);
    this.close(error);
  }

  /** Sends what waits, then closes. The handler hears of it at once. */
  close(error: CrucibleError): void {
    if (this.#closed) return;
    this.#flush();
    this.#connection.close();
    this.#end(error);
  }

  /** Closes at once. */
  abort(error: CrucibleError): void {
    if (this.#closed) return;
    this.#connection.abort(error);
    this.#end(error);
  }

  // ---- Receiver

  onBytes(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#lastBytesMs = this.#clock.monotonicMs();
    this.#reading = true;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.fail(error);
      return;
    } finally {
      this.#reading = false;
    }
    if (this.#dueWhenRead) {
      this.#dueWhenRead = false;
      this.#write();
    }
    if (this.#reader.midFrame && !this.#closed) this.#watch.begin();
  }

  neededBytes(): number {
    if (!this.#kept) return this.#closed ? 0 : this.#reader.neededBytes;
    this.#kept = false;
    return Infinity;
  }

  onDrain(): void {
    if (this.#closed) return;
    this.#blocked = false;
    this.#unsentControl = 0;
    this.#unsentBytes = 0;
    if (this.#connection.unsentBytes === 0) this.writer.reuse();
    this.onUnblocked?.();
  }

  #endTurn(wasFull: boolean): void {
    this.#write();
    if (wasFull && !this.#blocked && !this.#closed) this.onUnblocked?.();
  }

  /** Called when what waited may be sent. */
  onUnblocked: (() => void) | undefined;

  onClose(error?: Error): void {
    // The platform has let go of what it was to send.
    this.writer.close();
    this.#end(
      CrucibleError.from(
        error ?? new CrucibleError("PEER_LOST", `connection to ${this.peer} was closed by the other side`),
        "PEER_LOST",
      ),
    );
  }

  // ---- FrameSink

  onHeader(type: number, flags: number): number {
    if (this.#closed) return 0xffffffff;
    if (this.encryption === "everything" && !this.#inRun && type !== FrameType.Sealed && type !== FrameType.Error) {
      throw notSealed();
    }
    return this.#handler.checkHeader(type, flags);
  }

  onFrame(bytes: Uint8Array, start: number, end: number): void {
    if (this.#closed) return;
    if (this.#held !== undefined) {
      this.#held.add(bytes, start, end);
      return;
    }
    if (
      readUint32(bytes, start + offsetSessionId + 4) !== this.#sessionLo ||
      readUint32(bytes, start + offsetSessionId) !== this.#sessionHi ||
      this.assignment !== undefined
    ) {
      checkSession(bytes, start, this.assignment, this.sessionId);
    }
    const hi = readUint32(bytes, start + offsetMessageId);
    if (hi > maxIdHi)
      throw new CrucibleError("BAD_MESSAGE_ID", "message id is greater than 2^53-1; open a new session");
    const id = hi * twoTo32 + readUint32(bytes, start + offsetMessageId + 4);
    const flags = (bytes[start + offsetFlags]! << 8) | bytes[start + offsetFlags + 1]!;
    let payloadEnd = end;
    if ((flags & Flag.Encrypted) !== 0) {
      if (this.#receiveCipher === undefined) {
        throw new CrucibleError("BAD_FLAGS", "frame is sealed before there are keys; finish the handshake first");
      }
      payloadEnd = this.#receiveCipher.open(bytes, start, start + headerBytes, end);
    }
    const type = bytes[start + offsetType]!;
    if (this.encryption === "everything" && !this.#inRun) {
      // An Error of the connection may come in clear: its sender cannot tell whether the keys are in step.
      if (id !== 0) throw type === FrameType.Error ? notSealed() : runWithId();
      if (type === FrameType.Sealed) {
        this.#onRun(bytes, start + headerBytes, payloadEnd);
        return;
      }
      if ((flags & Flag.Encrypted) === 0) {
        this.close(unverified(this.peer, decodeError(bytes.subarray(start + headerBytes, payloadEnd))));
        return;
      }
    }
    if ((flags & Flag.Compressed) !== 0) {
      const whole = inflate(bytes, start + headerBytes, payloadEnd);
      this.#handler.onFrame(type, flags, id, whole, 0, whole.length);
      return;
    }
    // Fragments are put together elsewhere, but of a whole message the codec keeps views where they save a copy.
    if (end - start >= viewBytes && (flags & Flag.More) === 0) {
      if (frameAddress(bytes) >= 0) {
        const whole = allocate(payloadEnd - start - headerBytes);
        whole.set(bytes.subarray(start + headerBytes, payloadEnd));
        this.#handler.onFrame(type, flags, id, whole, 0, whole.length);
        return;
      }
      if (!this.#reader.ownFrame) this.#kept = true;
    }
    this.#handler.onFrame(type, flags, id, bytes, start + headerBytes, payloadEnd);
  }

  #onRun(bytes: Uint8Array, start: number, end: number): void {
    this.#inRun = true;
    try {
      readRun(bytes, start, end, this.#innerFlags, this);
    } finally {
      this.#inRun = false;
    }
  }

  /** The session id that a Response may assign; undefined when none may. */
  assignment: Assignment | undefined;

  // ---- holding: a handler that has to wait for something lets frames wait too

  /** Frames that arrive from now on wait for `release`. More than `maxBytes` of them end the link. */
  hold(maxBytes: number): void {
    this.#held = new HeldFrames(maxBytes, this.peer);
  }

  /** Delivers the frames that waited. */
  release(): void {
    const held = this.#held;
    this.#held = undefined;
    try {
      held?.deliver(this);
    } catch (error) {
      this.fail(error);
    }
  }

  // ---- private

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
    else this.#flush();
  };

  #flush(): void {
    this.#flushPending = false;
    this.#earlyBytes = earlyBytes;
    this.#write();
  }

  #write(): void {
    if (this.#closed) return;
    for (let bytes = this.writer.take(); bytes !== undefined; bytes = this.writer.take()) {
      if (!this.#connection.write(bytes)) this.#blocked = true;
      if (this.#blocked) this.#unsentBytes += bytes.length;
    }
    if (this.#connection.unsentBytes === 0) this.writer.reuse();
  }

  #end(error: CrucibleError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.stop();
    this.#handler.onClosed(this.#closing ?? error);
  }
}

function notSealed(): CrucibleError {
  return new CrucibleError("SEAL_REQUIRED", "frame in clear where everything is sealed; send it in a Sealed frame");
}

function runWithId(): CrucibleError {
  return new CrucibleError("BAD_MESSAGE_ID", "Sealed frame with a message id; send 0");
}
