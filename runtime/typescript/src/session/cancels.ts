import type { Clock, Stop } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import type { Advance } from "./advance.js";
import type { Call } from "./call.js";
import type { Link } from "./link.js";
import type { Shared } from "./shared.js";

const noBytes = new Uint8Array(0);
const pauseMs = 10;

/** A call that was cancelled. */
interface Cancelled {
  readonly sealed: boolean;
  /** Its window as its Cancel waits: what it owes is owed until the peer hears of its end. */
  window: number;
}

/** Cancels both ways. A peer ends a connection that cancels too fast: those that are sent here are paced. */
export class Cancels {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #shared: Shared;
  readonly #perSecond: number;
  readonly #advance: Advance;
  /** Calls that were cancelled and not answered yet: the peer still counts them. */
  #open: Map<number, Cancelled> | undefined;
  /** Ids of those whose Cancel has not left. */
  #held: number[] = [];
  #stop: Stop | undefined;

  /** `perSecond` is what the peer may send, for what it is told when it sends more; `advance` what calls may owe. */
  constructor(link: Link, clock: Clock, shared: Shared, perSecond: number, advance: Advance) {
    this.#link = link;
    this.#clock = clock;
    this.#shared = shared;
    this.#perSecond = perSecond;
    this.#advance = advance;
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
    const open = { sealed: call.sealed, window: 0 };
    (this.#open ??= new Map()).set(call.id, open);
    if (this.#held.length === 0 && this.#shared.takeSentCancel()) {
      this.#cancel(call.id, call.sealed);
      return;
    }
    open.window = call.sendWindow;
    call.sendWindow = 0;
    this.#hold(call.id);
  }

  /** The peer has ended a call: if it was cancelled, it counts no more. */
  answered(id: number): void {
    const open = this.#open?.get(id);
    if (open === undefined) return;
    this.#advance.forgive(open.window);
    this.#open!.delete(id);
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
      const open = this.#open?.get(id);
      // Answered meanwhile: there is nothing left to cancel.
      if (open !== undefined) {
        if (!this.#shared.takeSentCancel()) break;
        this.#cancel(id, open.sealed);
        open.window = this.#advance.forgive(open.window);
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
