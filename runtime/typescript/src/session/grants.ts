import { FrameType } from "../frame/frame.js";
import { CreditCodec } from "../gen/crucible/ipc/v1/envelope_codec.js";
import type { Call } from "./call.js";
import { initialWindowBytes } from "./limits.js";
import type { Link } from "./link.js";

/** Room for the payload of a Credit. */
const creditBytes = 8;

/** Grants the peer again what was consumed, half a window at a time. */
export class Grants {
  readonly #link: Link;
  /** Calls with something to grant once the transport takes more. */
  readonly #waiting: Set<Call> = new Set();
  readonly #credit = { bytes: 0 };

  constructor(link: Link) {
    this.#link = link;
  }

  /** `bytes` of what a call has received are consumed. */
  consumed(call: Call, bytes: number): void {
    call.ungranted += bytes;
    if (call.ungranted >= initialWindowBytes / 2 && !call.remoteEnded && !call.ended) this.#grant(call);
  }

  /** `bytes` of a message that is not complete have been put away: they are granted at once. */
  received(call: Call, bytes: number): void {
    call.ungranted += bytes;
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
    if (this.#waiting.size > 0) this.#waiting.delete(call);
  }

  /** The transport takes more again. */
  onUnblocked(): void {
    for (const call of this.#waiting) {
      if (!call.remoteEnded && call.ungranted > 0) this.#grant(call);
    }
    this.#waiting.clear();
  }

  #grant(call: Call): void {
    if (this.#link.blocked) {
      this.#waiting.add(call);
      return;
    }
    const bytes = call.ungranted;
    call.ungranted = 0;
    call.receiveWindow += bytes;
    this.send(call.id, bytes);
  }
}
