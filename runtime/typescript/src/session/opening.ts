import type { Clock, Stop } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes } from "../frame/frame.js";
import type { Connection } from "../transport/transport.js";
import { unverified } from "./clear-error.js";
import { advanceBytes, advanceFeature } from "./advance.js";
import { type CompressionPolicy, sessionCompression } from "./compression.js";
import { type Encryption, leastEncryption, requireSealing, stricter } from "./encryption.js";
import { decodeError } from "./error-frame.js";
import { handoffFeature } from "./handoff/options.js";
import { maxFragmentBytes, maxHandshakeBytes, maxRegisterBytes, type SessionLimits } from "./limits.js";
import { Link, type LinkHandler } from "./link.js";

export interface OpeningOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  /** The least that this side takes; what the connection needs comes on top. Default: `none`. */
  readonly encryption?: Encryption;
  /** What this side compresses. Default: `auto`. */
  readonly compression?: CompressionPolicy;
}

/**
 * What both sides of a connection that is being opened share: a time limit, a limit of bytes, one frame sequence that is
 * lawful, and a promise of the outcome. Nothing is dispatched before it resolves.
 */
export abstract class Opening<Result> implements LinkHandler {
  protected readonly link: Link;
  /** The least that may be sealed, on this connection and for this side. */
  protected readonly wanted: Encryption;
  readonly done: Promise<Result>;
  #resolve!: (result: Result) => void;
  #reject!: (error: CrucibleError) => void;
  readonly #compression: CompressionPolicy;
  readonly #protection: Connection["protection"];
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #stopTimer: Stop;
  #received = 0;
  #register: Uint8Array[] = [];
  #registerBytes = 0;

  constructor(options: OpeningOptions) {
    const { clock, limits, connection } = options;
    this.wanted = stricter(options.encryption ?? "none", leastEncryption(connection));
    this.#compression = options.compression ?? "auto";
    this.#protection = connection.protection;
    this.link = new Link(connection, this, {
      clock,
      frameTimeoutMs: limits.frameTimeoutMs,
    });
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#clock = clock;
    this.#timeoutMs = limits.handshakeTimeoutMs;
    this.#stopTimer = this.#limitTime("the handshake");
  }

  /** The type of frame that is due now. */
  protected abstract due(): number;
  /** A frame of that type, whole. */
  protected abstract onDue(payload: Uint8Array): void;

  /** Throws SEAL_REQUIRED when the features that were agreed on are not enough for what is wanted. */
  protected requireSealing(features: readonly string[]): void {
    requireSealing(this.wanted, features, this.link.peer);
  }

  /** The session begins: what follows, both ways, is as was agreed on. */
  protected agree(encryption: Encryption, features: readonly string[]): void {
    this.link.agree(
      encryption,
      sessionCompression(this.#compression, features, this.#protection, encryption),
      // What is in shared memory is never sealed.
      encryption !== "everything" && features.includes(handoffFeature),
      features.includes(advanceFeature) ? advanceBytes : 0,
    );
  }

  checkHeader(type: number, flags: number): number {
    const due = this.due();
    if (type === FrameType.Error) return maxHandshakeBytes;
    if (type !== due) {
      throw new CrucibleError(
        "BAD_PHASE",
        `frame of type 0x${type.toString(16)} while 0x${due.toString(16)} is due; follow the order of the handshake`,
      );
    }
    if (due !== FrameType.Handshake && (flags & Flag.Encrypted) === 0) {
      throw new CrucibleError("SEAL_REQUIRED", "the registration must be sealed");
    }
    return maxHandshakeBytes;
  }

  onFrame(type: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    if (id !== 0) throw new CrucibleError("BAD_MESSAGE_ID", `message id ${id} before the session is open; send 0`);
    if (type === FrameType.Error) {
      const error = decodeError(bytes.subarray(start, end));
      this.link.close((flags & Flag.Encrypted) === 0 ? unverified(this.link.peer, error) : error);
      return;
    }
    const payload = bytes.slice(start, end);
    if (type === FrameType.Handshake) {
      this.#received += payload.length + overheadBytes;
      if (this.#received > maxHandshakeBytes) {
        throw new CrucibleError("FRAME_TOO_LARGE", `handshake takes more than ${maxHandshakeBytes} bytes`);
      }
      this.onDue(payload);
      return;
    }
    this.#onRegisterFragment(flags, payload);
  }

  onClosed(error: CrucibleError): void {
    this.#stopTimer();
    this.#reject(error);
  }

  /** The handshake is done; the registration has as much time again. */
  protected startRegistering(): void {
    this.#stopTimer();
    this.#stopTimer = this.#limitTime("the registration");
  }

  #limitTime(what: string): Stop {
    return this.#clock.after(this.#timeoutMs, () => {
      this.link.fail(
        new CrucibleError("HANDSHAKE_TIMEOUT", `${this.link.peer} did not finish ${what} in ${this.#timeoutMs} ms`),
      );
    });
  }

  protected succeed(result: Result): void {
    this.#stopTimer();
    this.#resolve(result);
  }

  /** Sends the registration or its answer, sealed and in fragments. */
  protected sendRegister(type: number, payload: Uint8Array): void {
    if (payload.length > maxRegisterBytes) {
      throw new CrucibleError(
        "REGISTER_INVALID",
        `registration takes ${payload.length} bytes, ${maxRegisterBytes} are allowed; host fewer methods`,
      );
    }
    const end = type === FrameType.Response ? Flag.EndStream : 0;
    let sent = 0;
    do {
      const fragment = payload.subarray(sent, sent + maxFragmentBytes);
      sent += fragment.length;
      // The other side waits for it, and this one has something to do: it does not leave with what follows.
      this.link.urgent = sent === payload.length;
      this.link.sendControl(type, sent < payload.length ? Flag.More : end, 0, fragment, true);
    } while (sent < payload.length);
  }

  #onRegisterFragment(flags: number, payload: Uint8Array): void {
    const more = (flags & Flag.More) !== 0;
    if (more && payload.length === 0) throw new CrucibleError("BAD_FRAGMENT", "registration has an empty fragment");
    this.#registerBytes += payload.length;
    if (this.#registerBytes > maxRegisterBytes) {
      throw new CrucibleError(
        "REGISTER_INVALID",
        `registration takes more than ${maxRegisterBytes} bytes; host fewer methods`,
      );
    }
    this.#register.push(payload);
    if (more) return;
    const whole = new Uint8Array(this.#registerBytes);
    let offset = 0;
    for (const fragment of this.#register) {
      whole.set(fragment, offset);
      offset += fragment.length;
    }
    this.#register = [];
    this.onDue(whole);
  }
}
