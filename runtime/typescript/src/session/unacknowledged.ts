import type { Clock, Stop } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { Flag } from "../frame/frame.js";
import type { EventLane, LeavingEvent } from "./event-lane.js";
import { ackTimeoutMs, maxUnacknowledgedBytes, maxUnacknowledgedEvents } from "./limits.js";

/** An event that its publisher wants acknowledged, until it is. */
interface Entry {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly fail: (error: CrucibleError) => void;
  /** Message id under which it left last; 0 before it has left, and until it leaves again. */
  id: number;
  /** Where. */
  lane: EventLane | undefined;
  /** When it first left, on the monotonic clock; the wait for its Ack counts from then. */
  sentMs: number;
}

/** What was sent and not acknowledged, over all connections of a session: it is sent again when its connection is lost. */
export class Unacknowledged {
  readonly #clock: Clock;
  readonly #entries: Set<Entry> = new Set();
  /** Those that have left, by message id. */
  readonly #byId: Map<number, Entry> = new Map();
  #bytes = 0;
  #stopTimer: Stop | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** No more are kept. */
  get full(): boolean {
    return this.#entries.size >= maxUnacknowledgedEvents || this.#bytes >= maxUnacknowledgedBytes;
  }

  /** Takes an event; returns what is to be sent. `bytes` stay as they are. Its publisher hears of its end. */
  add(bytes: Uint8Array, resolve: () => void, reject: (error: CrucibleError) => void): LeavingEvent {
    const entry: Entry = {
      bytes,
      resolve,
      fail: (error) => {
        this.#remove(entry);
        reject(error);
      },
      id: 0,
      lane: undefined,
      sentMs: 0,
    };
    this.#entries.add(entry);
    this.#bytes += bytes.length;
    return this.#leaving(entry, Flag.AckRequired);
  }

  /** What has to leave again since `lane` is lost, in the order in which it left. */
  lostWith(lane: EventLane): LeavingEvent[] {
    const lost: LeavingEvent[] = [];
    for (const entry of this.#entries) {
      if (entry.lane !== lane) continue;
      this.#byId.delete(entry.id);
      entry.id = 0;
      entry.lane = undefined;
      lost.push(this.#leaving(entry, Flag.AckRequired | Flag.Retry));
    }
    return lost;
  }

  /** The handlers of the peer have taken the event with this message id. Unknown ids are ignored. */
  acknowledged(id: number): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    this.#remove(entry);
    entry.resolve();
  }

  /** The session has ended. */
  close(error: CrucibleError): void {
    this.#stopTimer?.();
    for (const entry of this.#entries) entry.fail(error);
  }

  #leaving(entry: Entry, flags: number): LeavingEvent {
    const onId = (id: number, lane: EventLane): void => {
      entry.id = id;
      entry.lane = lane;
      if (entry.sentMs === 0) entry.sentMs = this.#clock.monotonicMs();
      this.#byId.set(id, entry);
      if (this.#stopTimer === undefined) this.#limitWait(ackTimeoutMs);
    };
    return { bytes: entry.bytes, flags, kept: true, onId, fail: entry.fail };
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#byId.delete(entry.id);
    this.#bytes -= entry.bytes.length;
  }

  #limitWait(delayMs: number): void {
    this.#stopTimer = this.#clock.after(delayMs, () => {
      this.#stopTimer = undefined;
      const now = this.#clock.monotonicMs();
      let next = Infinity;
      for (const { id, sentMs, fail } of this.#byId.values()) {
        const due = sentMs + ackTimeoutMs;
        if (due > now) {
          next = Math.min(next, due);
          continue;
        }
        const text = `event ${id} was not acknowledged in ${ackTimeoutMs} ms; its handler may have failed`;
        fail(new CrucibleError("DEADLINE_EXCEEDED", text, { started: true }));
      }
      if (next < Infinity) this.#limitWait(next - now);
    });
  }
}
