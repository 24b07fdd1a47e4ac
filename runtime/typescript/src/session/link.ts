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
} from "../frame/frame.js";
import { FrameReader, type FrameSink } from "../frame/frame-reader.js";
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
import { Outlet } from "./outlet.js";

const twoTo32 = 4294967296;
const maxIdHi = 0x1f_ffff;
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
export class Link extends Outlet implements Receiver, FrameSink {
  readonly #clock: Clock;
  readonly #reader: FrameReader;
  #handler: LinkHandler;
  #receiveCipher: FrameCipher | undefined;
  /** What of the session is sealed; told by `agree`. */
  encryption: Encryption = "sensitive";
  #innerFlags = plainFlags;
  /** Frames are those of a Sealed one. */
  #inRun = false;
  #sessionHi = 0;
  #sessionLo = 0;
  #closing: CrucibleError | undefined;
  readonly #watch: FrameWatch;
  #lastBytesMs = 0;
  /** Frames that wait while the link is held. */
  #held: HeldFrames | undefined;
  /** Frames were handed over, since it was last asked, whose bytes stay in use. */
  #kept = false;

  constructor(connection: Connection, handler: LinkHandler, options: LinkOptions) {
    super(connection, () => options.clock.unixMs());
    this.#handler = handler;
    this.#clock = options.clock;
    this.#lastBytesMs = options.clock.monotonicMs();
    this.#reader = new FrameReader(this);
    this.#watch = new FrameWatch(this, this.#reader, options);
  }

  /** Begins to read. */
  start(): void {
    this.connection.start(this);
  }

  get binding(): Uint8Array {
    return this.connection.binding;
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
    this.sendCipher = send;
    this.#receiveCipher = receive;
  }

  /** From now on every frame carries, and must carry, this session id. */
  setSession(hi: number, lo: number): void {
    this.#sessionHi = hi;
    this.#sessionLo = lo;
    this.writer.setSession(hi, lo);
  }

  /** What is compressed of what is sent, and whether bodies may lie in shared memory; told by `agree`. */
  compression: SessionCompression = "off";
  handoff = false;
  /** What calls may send beyond their windows, each way; told by `agree`. */
  advanceBytes = 0;

  /** The session that begins has these policies: what comes next, both ways, is of it. Keys are there. */
  agree(encryption: Encryption, compression: SessionCompression, handoff = false, advance = 0): void {
    this.encryption = encryption;
    this.compression = compression;
    this.handoff = handoff;
    this.advanceBytes = advance;
    const features = { sealed: encryption === "everything", compressed: compression !== "off", handoff };
    this.#reader.flags = flagTable(features);
    this.#innerFlags = innerFlagTable(features);
    if (features.sealed) this.writer.sealRuns(this.sendCipher!);
  }

  /**
   * Ends the link because of what the peer did: tells it why, then closes. What this side thinks of a proof or a
   * registration is `sealed`; a failure of frames or keys themselves is not, since the keys may be out of step.
   */
  fail(cause: unknown, sealed = false): void {
    if (this.closed || this.#closing !== undefined) return;
    const error = CrucibleError.from(cause, "HANDSHAKE_FAILED");
    this.#closing = error;
    const seal = sealed && this.sendCipher !== undefined;
    const told = this.sendCipher === undefined ? clearError(error) : error;
    this.sendControl(FrameType.Error, Flag.EndStream, 0, encodeError(told), seal);
    this.close(error);
  }

  /** Sends what waits, then closes. The handler hears of it at once. */
  close(error: CrucibleError): void {
    if (this.closed) return;
    this.flush();
    this.connection.close();
    this.#end(error);
  }

  /** Told once the connection is gone: one that was closed stays for a while where its other side does not end it. */
  onGone: (() => void) | undefined;

  /** Lets go of a connection that was closed, and that its other side keeps. */
  cut(): void {
    this.connection.abort();
  }

  /** Closes at once. */
  abort(error: CrucibleError): void {
    if (this.closed) return;
    this.connection.abort(error);
    this.#end(error);
  }

  // ---- Receiver

  onBytes(chunk: Uint8Array): void {
    if (this.closed) return;
    this.#lastBytesMs = this.#clock.monotonicMs();
    this.beginRead();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.fail(error);
      return;
    } finally {
      this.endRead();
    }
    if (this.#reader.midFrame && !this.closed) this.#watch.begin();
  }

  neededBytes(): number {
    if (!this.#kept) return this.closed ? 0 : this.#reader.neededBytes;
    this.#kept = false;
    return Infinity;
  }

  onClose(error?: Error): void {
    // The platform has let go of what it was to send.
    this.writer.close();
    this.#end(
      CrucibleError.from(
        error ?? new CrucibleError("PEER_LOST", `connection to ${this.peer} was closed by the other side`),
        "PEER_LOST",
      ),
    );
    this.onGone?.();
  }

  // ---- FrameSink

  onHeader(type: number, flags: number): number {
    if (this.closed) return 0xffffffff;
    if (this.encryption === "everything" && !this.#inRun && type !== FrameType.Sealed && type !== FrameType.Error) {
      throw notSealed();
    }
    return this.#handler.checkHeader(type, flags);
  }

  onFrame(bytes: Uint8Array, start: number, end: number): void {
    if (this.closed) return;
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

  #end(error: CrucibleError): void {
    if (this.closed) return;
    this.shut();
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
