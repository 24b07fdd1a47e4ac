import type { Clock, Stop } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import type { Call } from "./call.js";
import type { Link } from "./link.js";
import type { Shared } from "./shared.js";

const noBytes = new Uint8Array(0);
const pauseMs = 10;

/** Cancels both ways. A peer ends a connection that cancels too fast: those that are sent here are paced. */
export class Cancels {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #shared: Shared;
  readonly #perSecond: number;
  /** Calls that were cancelled and not answered yet: the peer still counts them. Whether they are sealed. */
  #open: Map<number, boolean> | undefined;
  /** Ids of those whose Cancel has not left. */
  #held: number[] = [];
  #stop: Stop | undefined;

  /** `perSecond` is what the peer may send, for what it is told when it sends more. */
  constructor(link: Link, clock: Clock, shared: Shared, perSecond: number) {
    this.#link = link;
    this.#clock = clock;
    this.#shared = shared;
    this.#perSecond = perSecond;
  }

  /** Calls that the peer still counts. */
  get size(): number {
    return this.#open === undefined ? 0 : this.#open.size;
  }

  /** Counts a Cancel of the peer. Throws CONTROL_FLOOD. */
  count(): void {
    if (this.#shared.takeReceivedCancel()) return;
    throw new CrucibleError("CONTROL_FLOOD", `peer cancels more than ${this.#perSecond} calls a second`);
  }

  /** Cancels a call. */
  send(call: Call): void {
    if (this.#link.closed) return;
    (this.#open ??= new Map()).set(call.id, call.sealed);
    if (this.#held.length === 0 && this.#shared.takeSentCancel()) this.#cancel(call.id, call.sealed);
    else this.#hold(call.id);
  }

  /** The peer has ended a call: if it was cancelled, it counts no more. */
  answered(id: number): void {
    this.#open?.delete(id);
  }

  close(): void {
    this.#stop?.();
    this.#held = [];
    this.#open = undefined;
  }

  #cancel(id: number, sealed: boolean): void {
    this.#link.sendControl(FrameType.Cancel, 0, id, noBytes, sealed);
  }

  #hold(id: number): void {
    this.#held.push(id);
    this.#stop ??= this.#clock.after(pauseMs, () => this.#release());
  }

  #release(): void {
    this.#stop = undefined;
    let left = 0;
    for (const id of this.#held) {
      const sealed = this.#open?.get(id);
      // Answered meanwhile: there is nothing left to cancel.
      if (sealed !== undefined) {
        if (!this.#shared.takeSentCancel()) break;
        this.#cancel(id, sealed);
      }
      left++;
    }
    this.#held.splice(0, left);
    if (this.#held.length > 0) this.#stop = this.#clock.after(pauseMs, () => this.#release());
  }
}

/** What the callee of a call is told that its caller has cancelled. */
export function cancelled(reason: string): CrucibleError {
  const why = reason === "" ? "" : `: ${reason.slice(0, 256)}`;
  return new CrucibleError("CANCELLED", `the caller cancelled the call${why}`);
}
