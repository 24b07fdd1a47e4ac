import type { Clock, Stop } from "../clock/clock.js";
import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes } from "../frame/frame.js";
import { decodeEvent, encodeAck, encodeEvent } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { Call } from "./call.js";
import type { Shrinker } from "./compression.js";
import { createEventId } from "./event-id.js";
import { ackTimeoutMs, initialWindowBytes } from "./limits.js";
import type { Link } from "./link.js";
import type { Outbox } from "./outbox.js";
import { appendFragment, takeAssembly } from "./reassembly.js";

/** Bytes of events that may wait for credit; one more is refused. */
const maxQueuedBytes = 1_048_576;
/** Events whose ids are remembered. */
const rememberedEvents = 4_096;
/** Unacknowledged events of one side. */
const maxUnacknowledged = 1_024;
const subjectPattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** An event as it arrived. */
export interface ReceivedEvent {
  /** 32 hexadecimal digits, the same in each redelivery. */
  readonly eventId: string;
  readonly subject: string;
  /** Counts the events of one origin and subject, from 1. */
  readonly sequence: bigint;
  /** The encoded message. */
  readonly body: Uint8Array;
}

/** Told of each event, in order; the event is acknowledged, where its sender asked for it, once the promise resolves. */
export type EventHandler = (event: ReceivedEvent) => void | Promise<void>;

/** The window that events share. */
class EventWindow extends Call {
  override onMessage(): void {}
  override onFailed(): void {}
}

/** An event that was sent and is to be acknowledged. */
interface Unacknowledged {
  readonly sentMs: number;
  readonly done: () => void;
  readonly fail: (error: CrucibleError) => void;
}

/** Events both ways: notifications that belong to no call and share one window each way. */
export class Events {
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #grant: (bytes: number) => void;
  readonly #window = new EventWindow();
  readonly #sequences: Map<string, bigint> = new Map();
  /** Compresses what is sent. */
  set shrinker(shrinker: Shrinker | undefined) {
    this.#window.shrinker = shrinker;
  }
  /** What settles each publisher that waits, for credit or for an Ack. */
  readonly #publishers: Set<(error: CrucibleError) => void> = new Set();
  /** By message id, the eldest first. */
  readonly #unacknowledged: Map<number, Unacknowledged> = new Map();
  #stopTimer: Stop | undefined;
  readonly #handlers: Set<EventHandler> = new Set();
  /** Hears the subject of each event before its handlers do, and whether there are any. Not a handler: it takes no event. */
  onArrival: ((subject: string) => void) | undefined;
  /** Id of the event whose fragments are coming in; 0 when none is. */
  #assemblingId = 0;
  /** Flags of its first fragment: those of the others say nothing. */
  #firstFlags = 0;
  /** It will not be delivered. */
  #dropping = false;
  /** Ids of the events delivered last, in order: a redelivery is not handled twice. */
  readonly #seen: Set<string> = new Set();
  /** Ids of the events that handlers are at work on. */
  readonly #handling: Set<string> = new Set();
  /** No more events are sent. */
  #stopped: CrucibleError | undefined;
  /** The session has ended. */
  #closed = false;

  /** `grant` tells the peer how many bytes of events it may send on. */
  constructor(link: Link, outbox: Outbox, clock: Clock, grant: (bytes: number) => void) {
    this.#link = link;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#grant = grant;
  }

  /** Adds a handler; returns what removes it. An event that nobody handles is dropped. */
  subscribe(handler: EventHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /**
   * Sends an event. With `acknowledge` the promise resolves once the handlers of the peer have succeeded; without, once
   * the event is on its way. Rejects with OPTION_INVALID for a bad subject, TOO_MANY_CALLS when the peer does not keep
   * up, DEADLINE_EXCEEDED when no Ack came in 30 s, and what ended the session.
   */
  publish<Init>(subject: string, codec: Codec<unknown, Init>, message: Init, acknowledge = false): Promise<void> {
    try {
      if (this.#stopped !== undefined) throw this.#stopped;
      if (subject.length > 255 || !subjectPattern.test(subject)) {
        throw new CrucibleError(
          "OPTION_INVALID",
          `event subject ${JSON.stringify(subject)} must be segments of A-Za-z0-9_- joined by dots`,
        );
      }
      const queued = this.#window.queue?.reduce((sum, { bytes, sent }) => sum + bytes.length - sent, 0) ?? 0;
      if (queued > maxQueuedBytes || (acknowledge && this.#unacknowledged.size >= maxUnacknowledged)) {
        throw new CrucibleError("TOO_MANY_CALLS", "the peer does not keep up with events; publish fewer or wait", {
          retryable: true,
        });
      }
      const sequence = (this.#sequences.get(subject) ?? 0n) + 1n;
      const head = encodeEvent({ eventId: createEventId(this.#clock.unixMs()), subject, sequence });
      return new Promise((resolve, reject) => {
        const done = (): void => {
          this.#publishers.delete(fail);
          resolve();
        };
        const fail = (error: CrucibleError): void => {
          this.#publishers.delete(fail);
          reject(error);
        };
        const onId = (id: number): void => {
          if (acknowledge) this.#awaitAck(id, done, fail);
          else done();
        };
        this.#publishers.add(fail);
        try {
          const flags = acknowledge ? Flag.AckRequired : 0;
          this.#outbox.event(this.#window, flags, head, codec as Codec, message, onId, fail);
          this.#sequences.set(subject, sequence);
        } catch (error) {
          fail(CrucibleError.from(error, "ENCODE_INVALID"));
        }
      });
    } catch (error) {
      return Promise.reject(CrucibleError.from(error));
    }
  }

  granted(bytes: number): void {
    this.#outbox.granted(this.#window, bytes);
  }

  /** A fragment of an Event of the peer; `unwanted` ones are dropped. */
  onFragment(
    flags: number,
    id: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    maxMessageBytes: number,
    unwanted: boolean,
  ): void {
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
    this.#dropping ||= window.assembled + end - start > maxMessageBytes;
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

  /** Whether a frame with this id continues the event that is coming in. */
  continues(id: number): boolean {
    return id !== 0 && id === this.#assemblingId;
  }

  /** Whether an event with this id, of either side, has begun and not ended. */
  isLive(id: number): boolean {
    return this.continues(id) || (id !== 0 && this.#window.queue?.[0]?.id === id);
  }

  onAck({ messageIds }: { readonly messageIds: readonly bigint[] }): void {
    for (const messageId of messageIds) {
      const id = Number(messageId);
      this.#unacknowledged.get(id)?.done();
      this.#unacknowledged.delete(id);
    }
  }

  /** Sends no more events: a side that has sent or received Shutdown opens no ids. Those that have begun go on. */
  stop(error: CrucibleError): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = error;
    this.#outbox.dropEvents(this.#window, error);
  }

  /** The session has ended. */
  close(error: CrucibleError): void {
    this.#closed = true;
    this.#stopped ??= error;
    this.#stopTimer?.();
    this.#window.ended = true;
    this.#outbox.forget(this.#window);
    for (const fail of this.#publishers) fail(error);
    this.#unacknowledged.clear();
  }

  #awaitAck(id: number, done: () => void, fail: (error: CrucibleError) => void): void {
    this.#unacknowledged.set(id, { sentMs: this.#clock.monotonicMs(), done, fail });
    if (this.#stopTimer === undefined) this.#limitWait(ackTimeoutMs);
  }

  #limitWait(delayMs: number): void {
    this.#stopTimer = this.#clock.after(delayMs, () => {
      this.#stopTimer = undefined;
      const now = this.#clock.monotonicMs();
      for (const [id, { sentMs, fail }] of this.#unacknowledged) {
        if (sentMs + ackTimeoutMs > now) {
          this.#limitWait(sentMs + ackTimeoutMs - now);
          return;
        }
        this.#unacknowledged.delete(id);
        const text = `event ${id} was not acknowledged in ${ackTimeoutMs} ms; its handler may have failed`;
        fail(new CrucibleError("DEADLINE_EXCEEDED", text, { started: true }));
      }
    });
  }

  #deliver(flags: number, id: number, envelope: Uint8Array, cost: number): void {
    const event = readEvent(envelope);
    this.#window.waitingBytes += cost;
    // What is no event is dropped: nobody answers an Event with an Error.
    if (event === undefined) {
      this.#taken(cost);
      return;
    }
    this.onArrival?.(event.subject);
    const done = (): void => {
      this.#remember(event.eventId);
      if ((flags & Flag.AckRequired) === 0 || this.#closed) return;
      this.#link.sendControl(FrameType.Ack, 0, 0, encodeAck({ messageIds: [BigInt(id)] }), false);
    };
    if (this.#seen.has(event.eventId)) {
      done();
      this.#taken(cost);
      return;
    }
    // A redelivery of what a handler is at work on: its sender hears of the first one, or sends it once more.
    if (this.#handling.has(event.eventId)) {
      this.#taken(cost);
      return;
    }
    // Nobody to handle it: it is dropped, and its sender is not told otherwise.
    const handlers = [...this.#handlers];
    if (handlers.length === 0) {
      this.#taken(cost);
      return;
    }
    // A handler that failed has not taken the event: no Ack, and its sender may deliver it again.
    this.#handling.add(event.eventId);
    void Promise.all(handlers.map(async (handler) => handler(event)))
      .then(done, () => {})
      .finally(() => {
        this.#handling.delete(event.eventId);
        this.#taken(cost);
      });
  }

  #remember(eventId: string): void {
    this.#seen.add(eventId);
    if (this.#seen.size <= rememberedEvents) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }

  /** A whole event is done with. */
  #taken(cost: number): void {
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
    this.#grant(window.ungranted);
    window.ungranted = 0;
  }
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function readEvent(envelope: Uint8Array): ReceivedEvent | undefined {
  try {
    const { eventId, subject, sequence, body } = decodeEvent(envelope);
    if (eventId.length !== 16 || subject.length > 255 || !subjectPattern.test(subject) || body === undefined)
      return undefined;
    return { eventId: hex(eventId), subject, sequence, body };
  } catch {
    return undefined;
  }
}
