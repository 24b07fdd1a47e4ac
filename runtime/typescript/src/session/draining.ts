import type { Clock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import { encodeShutdown } from "../gen/crucible/ipc/v1/control_codec.js";
import type { Link } from "./link.js";

/** How a connection is told that it ends in order. */
export interface ShutdownTerms {
  readonly reason: string;
  /** How long live calls may still take, in milliseconds. */
  readonly graceMs: number;
  /** The session goes on without this connection. */
  readonly connectionOnly: boolean;
}

/**
 * The end of a connection in order, and what is live may end.
 *
 * With its session: whoever sends Shutdown takes no more calls, and says up to which it has taken them. Alone: both stop
 * opening calls, and each says so; until it has heard that, a side takes what comes. No call is lost by that.
 */
export class Draining {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #isIdle: () => boolean;
  readonly #onGraceOver: () => void;
  readonly #waiting: (() => void)[] = [];
  #lastTakenId = Infinity;
  /** What ends by the Shutdown that was sent, and by the one that was received. */
  #sent: "nothing" | "connection" | "session" = "nothing";
  #received: "nothing" | "connection" | "session" = "nothing";
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
    return this.#sent !== "nothing" || this.#received !== "nothing";
  }

  /** Whether the end of the connection would be no loss: its session ends, or no call needs it any more. */
  get mayEnd(): boolean {
    return this.#sent === "session" || this.#received === "session" || (this.begun && this.#isIdle());
  }

  /** The highest id of the peer that is still taken; Infinity unless the session ends by this side. */
  get lastTakenId(): number {
    return this.#lastTakenId;
  }

  /**
   * Sends Shutdown, once for the connection alone and whenever its session ends; resolves when the connection has ended.
   * `lastTakenId` is how far the peer has come.
   */
  begin(lastTakenId: number, terms: ShutdownTerms): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    if (!terms.connectionOnly) {
      this.#lastTakenId = Math.min(this.#lastTakenId, lastTakenId);
      this.#send("session", terms);
    } else if (this.#sent === "nothing") {
      this.#send("connection", terms);
    }
    return closed;
  }

  /** Shutdown was received. One that ends the connection alone is answered in kind. */
  receive(connectionOnly: boolean, graceMs: number): void {
    if (!connectionOnly || this.#received === "nothing") this.#received = connectionOnly ? "connection" : "session";
    if (connectionOnly && this.#sent === "nothing") {
      this.#send("connection", { reason: "AGREED", graceMs, connectionOnly: true });
    }
  }

  /** A call has ended, or Shutdown has begun: the connection closes with its last call, once that has been told. */
  check(): void {
    if (!this.#mayClose() || this.#closeDue) return;
    this.#closeDue = true;
    queueMicrotask(() => {
      this.#closeDue = false;
      // A Request that has just been completed has become a call meanwhile.
      if (this.#mayClose()) this.#link.close(shutDown());
    });
  }

  #mayClose(): boolean {
    return (this.#received !== "nothing" || this.#sent === "session") && this.#isIdle();
  }

  #send(what: "connection" | "session", { reason, graceMs, connectionOnly }: ShutdownTerms): void {
    this.#sent = what;
    const lastMessageId = BigInt(Math.min(this.#lastTakenId, Number.MAX_SAFE_INTEGER));
    const payload = encodeShutdown({ reason, graceMs, lastMessageId, connectionOnly });
    this.#link.sendControl(FrameType.Shutdown, 0, 0, payload, false);
    this.#waiting.push(
      this.#clock.after(graceMs, () => {
        this.#onGraceOver();
        this.#link.close(shutDown());
      }),
    );
    this.check();
  }

  /** The connection has ended. */
  closed(): void {
    for (const tell of this.#waiting) tell();
  }
}

/** How a connection ends in order. */
export function shutDown(): CrucibleError {
  return new CrucibleError("SHUTTING_DOWN", "the session was shut down in order");
}

/** What calls are told that the peer does not take, since it ends the session. */
export function peerShutsDown(peer: string, reason: string): CrucibleError {
  return new CrucibleError(
    "SHUTTING_DOWN",
    `peer ${peer} is shutting down (${reason.slice(0, 64)}); call it again after its restart`,
  );
}

/** What calls are told that came to a connection which only the peer ends. */
export function peerRetires(peer: string): CrucibleError {
  return new CrucibleError("SHUTTING_DOWN", `peer ${peer} ends the connection of this call; call again at once`);
}
