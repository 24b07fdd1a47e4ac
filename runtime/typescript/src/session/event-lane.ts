import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes } from "../frame/frame.js";
import { encodeAck } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { Call, type Outgoing } from "./call.js";
import type { Shrinker } from "./compression.js";
import type { Grants } from "./grants.js";
import { initialWindowBytes } from "./limits.js";
import type { Link } from "./link.js";
import type { FragmentQueue } from "./fragment-queue.js";
import { appendFragment, takeAssembly } from "./reassembly.js";

/** The window that the events of one connection share. */
class EventWindow extends Call {
  override onMessage(): void {}
  override onFailed(): void {}
}

/** An event that leaves, on whichever connection. */
export interface LeavingEvent {
  /** Its envelope. */
  readonly bytes: Uint8Array;
  /** Of its last fragment. */
  readonly flags: number;
  /** It may have to be sent again: its bytes stay as they are. */
  readonly kept: boolean;
  /** Its first fragment leaves under this id. */
  readonly onId: (id: number, lane: EventLane) => void;
  /** It will never leave. */
  readonly fail: (error: CrucibleError) => void;
}

/** Told of a whole event: its envelope, and what to hand to `consumed` once it has been used. */
export type OnEvent = (lane: EventLane, flags: number, id: number, envelope: Uint8Array, cost: number) => void;

/** The events of one connection: a window each way, what waits for it, and the fragments that come in. */
export class EventLane {
  readonly #link: Link;
  readonly #queue: FragmentQueue;
  readonly #grants: Grants;
  readonly #maxMessageBytes: number;
  readonly #onEvent: OnEvent;
  readonly #window = new EventWindow();
  /** What was begun and what waits, by what the queue knows of it. */
  readonly #leaving: Map<Outgoing, LeavingEvent> = new Map();
  /** Id of the event whose fragments are coming in; 0 when none is. */
  #assemblingId = 0;
  /** Flags of its first fragment: those of the others say nothing. */
  #firstFlags = 0;
  /** It will not be delivered. */
  #dropping = false;
  #closed = false;

  constructor(
    link: Link,
    queue: FragmentQueue,
    grants: Grants,
    maxMessageBytes: number,
    shrinker: Shrinker | undefined,
    onEvent: OnEvent,
  ) {
    this.#link = link;
    this.#queue = queue;
    this.#grants = grants;
    this.#maxMessageBytes = maxMessageBytes;
    this.#onEvent = onEvent;
    this.#window.shrinker = shrinker;
  }

  // ---- sending

  /** Bytes that wait for credit. */
  get queuedBytes(): number {
    return this.#window.queue?.reduce((sum, { bytes, sent }) => sum + bytes.length - sent, 0) ?? 0;
  }

  /** Sends an event, or lets it wait for credit. Its id is drawn when it begins to leave: ids leave in order. */
  send(event: LeavingEvent): void {
    const outgoing: Outgoing = {
      type: FrameType.Event,
      flags: event.flags,
      id: 0,
      bytes: event.bytes,
      kept: event.kept,
      sent: 0,
      onId: (id) => {
        this.#leaving.delete(outgoing);
        event.onId(id, this);
      },
    };
    this.#leaving.set(outgoing, event);
    this.#queue.enqueue(this.#window, outgoing);
  }

  granted(bytes: number): void {
    this.#queue.granted(this.#window, bytes);
  }

  /** Takes back the events that have not begun to leave, in order: no more ids are drawn for them here. */
  takeWaiting(): LeavingEvent[] {
    const { queue } = this.#window;
    const begun = queue?.filter(({ id }) => id !== 0) ?? [];
    if (begun.length === 0) this.#queue.forget(this.#window);
    else this.#window.queue = begun;
    const waiting = [...this.#leaving.values()];
    this.#leaving.clear();
    return waiting;
  }

  /** Tells the peer that its event with this id was taken. */
  acknowledge(id: number): void {
    if (this.#closed) return;
    this.#link.sendControl(FrameType.Ack, 0, 0, encodeAck({ messageIds: [BigInt(id)] }), false);
  }

  // ---- receiving

  /** A fragment of an Event of the peer; `unwanted` ones are dropped. */
  onFragment(flags: number, id: number, bytes: Uint8Array, start: number, end: number, unwanted: boolean): void {
    const cost = overheadBytes + end - start;
    const window = this.#window;
    window.receiveWindow -= cost;
    if (window.receiveWindow < 0)
      throw new CrucibleError("CREDIT_EXCEEDED", "events exceed their window; wait for credit");
    const more = (flags & Flag.More) !== 0;
    if (this.#assemblingId !== 0 && this.#assemblingId !== id) {
      throw new CrucibleError("BAD_FRAGMENT", `event ${id} begins before event ${this.#assemblingId} is complete`);
    }
    if (!more && this.#assemblingId === 0) {
      if (unwanted) this.#consumed(cost);
      else this.#deliver(flags, id, bytes.slice(start, end), cost);
      return;
    }
    if (more && end === start)
      throw new CrucibleError("BAD_FRAGMENT", `event ${id} has an empty fragment that is not its last`);
    if (this.#assemblingId === 0) {
      this.#firstFlags = flags;
      this.#dropping = unwanted;
    }
    this.#assemblingId = more ? id : 0;
    this.#dropping ||= window.assembled + end - start > this.#maxMessageBytes;
    if (this.#dropping) {
      window.assembly = undefined;
      window.assembled = 0;
    } else {
      appendFragment(window, bytes, start, end, 0);
    }
    // As with calls: nothing is granted behind whole events whose handlers are at work, before these have settled.
    if (more && !this.#dropping && window.waitingBytes > 0) {
      window.heldBytes += cost;
      return;
    }
    const due = cost + window.heldBytes;
    window.heldBytes = 0;
    if (more || this.#dropping) this.#consumed(due);
    else this.#deliver(this.#firstFlags, id, takeAssembly(window), due);
  }

  #deliver(flags: number, id: number, envelope: Uint8Array, cost: number): void {
    this.#window.waitingBytes += cost;
    this.#onEvent(this, flags, id, envelope, cost);
  }

  /** Whether a frame with this id continues the event that is coming in. */
  continues(id: number): boolean {
    return id !== 0 && id === this.#assemblingId;
  }

  /** Whether an event with this id, of either side, has begun and not ended. */
  isLive(id: number): boolean {
    return this.continues(id) || (id !== 0 && this.#window.queue?.[0]?.id === id);
  }

  /** A whole event is done with. */
  consumed(cost: number): void {
    const window = this.#window;
    window.waitingBytes -= cost;
    let due = cost;
    if (window.waitingBytes === 0) {
      due += window.heldBytes;
      window.heldBytes = 0;
    }
    this.#consumed(due);
  }

  #consumed(cost: number): void {
    const window = this.#window;
    window.ungranted += cost;
    if (window.ungranted < initialWindowBytes / 2 || this.#closed) return;
    window.receiveWindow += window.ungranted;
    this.#grants.send(0, window.ungranted);
    window.ungranted = 0;
  }

  /** The connection has ended; `takeWaiting` was called before. */
  close(): void {
    this.#closed = true;
    this.#window.ended = true;
    this.#queue.forget(this.#window);
  }
}
