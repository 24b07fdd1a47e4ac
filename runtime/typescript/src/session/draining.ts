import type { Clock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import { encodeShutdown } from "../gen/crucible/ipc/v1/control_codec.js";
import type { Link } from "./link.js";

/** The end of a session in order: Shutdown was sent or received, and what is live may end. */
export class Draining {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #isIdle: () => boolean;
  readonly #onGraceOver: () => void;
  readonly #waiting: (() => void)[] = [];
  #lastTakenId = Infinity;
  #refusal: CrucibleError | undefined;
  #closeDue = false;

  /** `isIdle` tells whether no call is live; `onGraceOver` ends those that are. */
  constructor(link: Link, clock: Clock, isIdle: () => boolean, onGraceOver: () => void) {
    this.#link = link;
    this.#clock = clock;
    this.#isIdle = isIdle;
    this.#onGraceOver = onGraceOver;
  }

  /** Whether Shutdown was sent or received. */
  get begun(): boolean {
    return this.#lastTakenId !== Infinity || this.#refusal !== undefined;
  }

  /** The highest id of the peer that is still taken; Infinity until Shutdown is sent. */
  get lastTakenId(): number {
    return this.#lastTakenId;
  }

  /** Throws SHUTTING_DOWN when no more calls are opened. */
  assertOpen(): void {
    if (this.#lastTakenId !== Infinity) {
      throw new CrucibleError("SHUTTING_DOWN", "this side is shutting down; no calls are opened");
    }
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  /** Sends Shutdown, the first time; resolves when the session has ended. */
  begin(lastTakenId: number, graceMs: number, reason: string): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    if (this.#lastTakenId === Infinity) {
      this.#lastTakenId = lastTakenId;
      const payload = encodeShutdown({ reason, graceMs, lastMessageId: BigInt(lastTakenId) });
      this.#link.sendControl(FrameType.Shutdown, 0, 0, payload, false);
      this.#waiting.push(
        this.#clock.after(graceMs, () => {
          this.#onGraceOver();
          this.#link.close(shutDown());
        }),
      );
      this.check();
    }
    return closed;
  }

  /** Shutdown was received. Returns what calls are told that the peer does not take. */
  receive(reason: string): CrucibleError {
    this.#refusal ??= new CrucibleError(
      "SHUTTING_DOWN",
      `peer ${this.#link.peer} is shutting down (${reason.slice(0, 64)}); call it again after its restart`,
    );
    return this.#refusal;
  }

  /** A call has ended, or Shutdown has begun: the session closes with its last call, once that has been told. */
  check(): void {
    if (!this.begun || this.#closeDue || !this.#isIdle()) return;
    this.#closeDue = true;
    queueMicrotask(() => {
      this.#closeDue = false;
      // A Request that has just been completed has become a call meanwhile.
      if (this.#isIdle()) this.#link.close(shutDown());
    });
  }

  /** The session has ended. */
  closed(): void {
    for (const tell of this.#waiting) tell();
  }
}

/** How a session ends in order. */
export function shutDown(): CrucibleError {
  return new CrucibleError("SHUTTING_DOWN", "the session was shut down in order");
}
