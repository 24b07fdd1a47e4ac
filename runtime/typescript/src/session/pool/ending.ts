import type { CrucibleError } from "../../error/index.js";
import { shutDown } from "../draining.js";
import { tellOf, withoutConnection } from "./refusals.js";

/** How far the end of a session has come, and what is told to whoever meets it. */
export class Ending {
  #drainingBy: (() => CrucibleError) | undefined;
  #closedError: CrucibleError | undefined;
  #told = false;
  #waiting: (() => void)[] | undefined;
  /** What the last connection that ended was ended by. */
  connectionEndedBy: CrucibleError | undefined;

  /** Says why a session that ends in order opens no calls: Shutdown was sent or received. */
  get drainingBy(): (() => CrucibleError) | undefined {
    return this.#drainingBy;
  }

  /** Why the session has ended; undefined while it lives. */
  get closedError(): CrucibleError | undefined {
    return this.#closedError;
  }

  /** All have been told that it has ended. */
  get told(): boolean {
    return this.#told;
  }

  /** It ends in order, or has ended. */
  get begun(): boolean {
    return this.#drainingBy !== undefined || this.#closedError !== undefined;
  }

  /** It ends in order from now on; new calls are told `refusal`. */
  drain(refusal: () => CrucibleError): void {
    this.#drainingBy ??= refusal;
  }

  /** It has ended, for `cause`. */
  close(cause: CrucibleError): void {
    // After Shutdown, whoever is done first closes: that is no loss.
    this.#closedError = this.#drainingBy !== undefined && cause.reason === "PEER_LOST" ? shutDown() : cause;
  }

  /** What new calls are told where so many connections take some; undefined when they are opened. */
  refusal(usable: number): ((started: boolean) => CrucibleError) | undefined {
    if (this.#closedError !== undefined) return tellOf(this.#closedError);
    if (this.#drainingBy !== undefined) return this.#drainingBy;
    return usable === 0 ? withoutConnection(this.connectionEndedBy) : undefined;
  }

  /** Resolves when all have been told that it has ended. */
  wait(): Promise<void> {
    if (this.#told) return Promise.resolve();
    return new Promise((resolve) => {
      (this.#waiting ??= []).push(resolve);
    });
  }

  /** All have been told that it has ended, but who waits for that. False when they were before. */
  tell(): boolean {
    if (this.#told) return false;
    this.#told = true;
    for (const resolve of this.#waiting ?? []) resolve();
    return true;
  }
}
