import { FrameType } from "../frame/frame.js";
import { CreditCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { Advance } from "./advance.js";
import type { Call } from "./call.js";
import { busyWindowMs, initialWindowBytes, maxGrownWindowBytes } from "./limits.js";
import type { Link } from "./link.js";
import type { Shared } from "./shared.js";

/** Room for the payload of a Credit. */
const creditBytes = 8;

/**
 * Grants the peer again what was consumed, half a window at a time. A window doubles when half of it did not last
 * `busyWindowMs`, or when it holds up a message, as long as the pool of the session has room: a fast call then has as
 * much on its way as it needs, and what a peer can make this side keep stays bounded.
 */
export class Grants {
  readonly #link: Link;
  /** Calls with something to grant once the transport takes more. */
  #waiting: Set<Call> | undefined;
  readonly #credit = { bytes: 0 };
  readonly #shared: Shared;
  readonly #onLarge: (call: Call) => void;
  /** What the peer may send beyond windows. */
  readonly advance: Advance;

  /** `onLarge` is told of calls that move much. */
  constructor(link: Link, shared: Shared, onLarge: (call: Call) => void) {
    this.#link = link;
    this.#shared = shared;
    this.advance = new Advance(link.advanceBytes);
    this.#onLarge = onLarge;
  }

  /** `bytes` of what a call has received are consumed: a message that was taken, or one that needs not be. */
  consumed(call: Call, bytes: number): void {
    call.ungranted += bytes;
    call.waitingBytes = Math.max(0, call.waitingBytes - bytes);
    if (call.heldBytes > 0 && call.waitingBytes === 0) {
      // The message that is under way is the one that is waited for now.
      call.ungranted += call.heldBytes;
      call.heldBytes = 0;
    }
    if (call.ungranted < call.windowBytes / 2 || call.remoteEnded || call.ended) return;
    const now = this.#link.lastBytesMs;
    if (now - call.grantedMs < busyWindowMs) this.#grow(call);
    call.grantedMs = now;
    this.#grant(call);
  }

  /**
   * `bytes` of a message that is not complete have been put away, which is as good as consumed: it could not be completed
   * otherwise. Not behind a message that nobody has taken yet, or a reader that stands still would gather large messages
   * without end, each of which uses but its last fragment of the window.
   */
  received(call: Call, bytes: number): void {
    if (call.waitingBytes > 0) {
      call.heldBytes += bytes;
      return;
    }
    call.ungranted += bytes;
    if (call.ungranted < call.windowBytes / 2) return;
    // It holds up its message. Not for a few small fragments: a Request that opens a stream must not leave it a window
    // that nobody counts.
    if (call.assembled >= call.windowBytes / 2) this.#grow(call);
    this.#grant(call);
  }

  /** Sends Credit; with id 0 for events. */
  send(id: number, bytes: number): void {
    if (this.#link.closed) return;
    const { writer } = this.#link;
    const start = writer.begin(FrameType.Credit, 0, id, creditBytes);
    this.#credit.bytes = bytes;
    this.#link.countControl(creditBytes);
    this.#link.send(CreditCodec.write(this.#credit, writer.arena, start), false);
  }

  /** Forgets a call that has ended. */
  forget(call: Call): void {
    this.#waiting?.delete(call);
    call.receiveWindow = this.advance.forgive(call.receiveWindow);
    if (call.windowBytes === initialWindowBytes) return;
    this.#shared.growthBytes += call.windowBytes - initialWindowBytes;
    call.windowBytes = initialWindowBytes;
  }

  /** The transport takes more again. */
  onUnblocked(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    for (const call of waiting) {
      if (!call.remoteEnded && call.ungranted > 0) this.#grant(call);
    }
    waiting.clear();
  }

  #grow(call: Call): void {
    const more = call.windowBytes;
    this.#onLarge(call);
    if (2 * more > maxGrownWindowBytes || more > this.#shared.growthBytes) return;
    this.#shared.growthBytes -= more;
    call.windowBytes += more;
    call.ungranted += more;
  }

  #grant(call: Call): void {
    if (this.#link.blocked) {
      (this.#waiting ??= new Set()).add(call);
      return;
    }
    const bytes = call.ungranted;
    call.ungranted = 0;
    call.receiveWindow = this.advance.grant(call.receiveWindow, bytes);
    this.send(call.id, bytes);
  }
}
