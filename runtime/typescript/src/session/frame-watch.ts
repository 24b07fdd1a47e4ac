import type { Clock, Stop } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import type { FrameReader } from "../frame/frame-reader.js";

/** A connection that frames come by. */
export interface Watched {
  readonly peer: string;
  readonly closed: boolean;
  /** When bytes came last, on the monotonic clock. */
  readonly lastBytesMs: number;
  fail(cause: CrucibleError): void;
}

/** Ends a link on which a frame has begun and stands still. */
export class FrameWatch {
  readonly #link: Watched;
  readonly #reader: FrameReader;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #stop: Stop | undefined;

  constructor(link: Watched, reader: FrameReader, options: { readonly clock: Clock; readonly frameTimeoutMs: number }) {
    this.#link = link;
    this.#reader = reader;
    this.#clock = options.clock;
    this.#timeoutMs = options.frameTimeoutMs;
  }

  /** A frame has begun; does nothing when one is being watched. */
  begin(): void {
    if (this.#stop === undefined) this.#after(this.#timeoutMs);
  }

  stop(): void {
    this.#stop?.();
  }

  #after(delayMs: number): void {
    this.#stop = this.#clock.after(delayMs, () => {
      this.#stop = undefined;
      if (this.#link.closed || !this.#reader.midFrame) return;
      const still = this.#clock.monotonicMs() - this.#link.lastBytesMs;
      if (still < this.#timeoutMs) {
        this.#after(this.#timeoutMs - still);
        return;
      }
      this.#link.fail(
        new CrucibleError("FRAME_TIMEOUT", `a frame from ${this.#link.peer} stood still for ${this.#timeoutMs} ms`),
      );
    });
  }
}
