import type { Clock, Stop } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";

/** How long a session waits that has lost its connections. */
export class ResumeWait {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onOver: (error: CrucibleError) => void;
  #stop: Stop | undefined;

  /** `onOver` is told that nobody has come in time. */
  constructor(clock: Clock, timeoutMs: number, onOver: (error: CrucibleError) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onOver = onOver;
  }

  /** The last connection is lost, by `cause`. */
  begin(cause: CrucibleError): void {
    this.#stop ??= this.#clock.after(this.#timeoutMs, () => {
      this.#stop = undefined;
      const text = `${cause.message}, and nobody resumed the session in ${this.#timeoutMs} ms`;
      this.#onOver(new CrucibleError("PEER_LOST", text, { cause }));
    });
  }

  /** There is a connection again, or the session has ended. May be called twice. */
  end(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
