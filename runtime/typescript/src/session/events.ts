import type { Clock } from "../clock/clock.js";
import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { optionInvalid } from "../error/options.js";
import { shown } from "../error/text.js";
import { Flag } from "../frame/frame.js";
import { decodeEvent, encodeEvent } from "../gen/crucible/ipc/v1/envelope_codec.js";
import { encodeApart } from "./encode-apart.js";
import { writeEnvelope } from "./envelope.js";
import { createEventId } from "./event-id.js";
import type { EventLane, LeavingEvent } from "./event-lane.js";
import { giveScratch } from "./scratch.js";
import { Unacknowledged } from "./unacknowledged.js";

/** Bytes of events that may wait for credit; one more is refused. */
const maxQueuedBytes = 1_048_576;
/** Room that an event asks for at first. */
const usualBytes = 1024;
/** Events whose ids are remembered. */
const rememberedEvents = 4_096;
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

/** Where the Ack of an event goes that handlers are at work on: its sender may have sent it again, elsewhere. */
interface Handling {
  lane: EventLane;
  id: number;
  wantsAck: boolean;
}

/**
 * Events of a session, both ways: notifications that belong to no call. They leave on one connection at a time, so that
 * they keep their order. What was not acknowledged when that one is lost leaves again, under a new message id and the same
 * event id, on the next.
 */
export class Events {
  readonly #clock: Clock;
  readonly #maxMessageBytes: number;
  readonly #sequences: Map<string, bigint> = new Map();
  readonly #unacknowledged: Unacknowledged;
  /** Where events leave; undefined while there is no connection. */
  #lane: EventLane | undefined;
  /** What waits for one. */
  #waiting: LeavingEvent[] = [];
  /** Those who publish without an Ack, until their event leaves. */
  readonly #publishers: Set<(error: CrucibleError) => void> = new Set();
  readonly #handlers: Set<EventHandler> = new Set();
  /** Hears the subject of each event before its handlers do, and whether there are any. Not a handler: it takes no event. */
  onArrival: ((subject: string) => void) | undefined;
  /** Ids of the events delivered last, in order: a redelivery is not handled twice. */
  readonly #seen: Set<string> = new Set();
  /** Those that handlers are at work on, by event id. */
  readonly #handling: Map<string, Handling> = new Map();
  /** No more events are sent. */
  #stopped: CrucibleError | undefined;

  /** `maxMessageBytes` is what the peer takes. */
  constructor(clock: Clock, maxMessageBytes: number) {
    this.#clock = clock;
    this.#maxMessageBytes = maxMessageBytes;
    this.#unacknowledged = new Unacknowledged(clock);
  }

  /** Adds a handler; returns what removes it. An event that nobody handles is dropped. */
  subscribe(handler: EventHandler): () => void {
    if (typeof handler !== "function")
      throw optionInvalid(`subscribe takes a function, and was given ${shown(handler)}`);
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  // ---- sending

  /**
   * Sends an event. With `acknowledge` the promise resolves once the handlers of the peer have succeeded; without, once
   * the event is on its way. While the session has no connection it waits. Rejects with OPTION_INVALID for a bad subject,
   * TOO_MANY_CALLS when the peer does not keep up, DEADLINE_EXCEEDED when no Ack came in 30 s, and what ended the session.
   */
  publish<Init>(subject: string, codec: Codec<unknown, Init>, message: Init, acknowledge = false): Promise<void> {
    try {
      if (this.#stopped !== undefined) throw this.#stopped;
      if (typeof subject !== "string" || subject.length > 255 || !subjectPattern.test(subject)) {
        throw optionInvalid(`event subject ${shown(subject)} must be segments of A-Za-z0-9_- joined by dots`);
      }
      if (this.#queuedBytes() > maxQueuedBytes || (acknowledge && this.#unacknowledged.full)) {
        throw new CrucibleError("TOO_MANY_CALLS", "the peer does not keep up with events; publish fewer or wait", {
          retryable: true,
        });
      }
      const sequence = (this.#sequences.get(subject) ?? 0n) + 1n;
      const head = encodeEvent({ eventId: createEventId(this.#clock.unixMs()), subject, sequence });
      const bytes = this.#encode(head, codec as Codec, message, acknowledge);
      this.#sequences.set(subject, sequence);
      return new Promise((resolve, reject) => {
        this.#send(acknowledge ? this.#unacknowledged.add(bytes, resolve, reject) : this.#once(bytes, resolve, reject));
      });
    } catch (error) {
      return Promise.reject(CrucibleError.from(error, "ENCODE_INVALID"));
    }
  }

  /** The connection on which events leave from now on, first of all those that have waited. */
  leaveBy(lane: EventLane): void {
    if (this.#lane === lane) return;
    const waiting = this.#takeWaiting();
    this.#lane = lane;
    for (const event of waiting) this.#send(event);
  }

  /** A connection has ended: what it did not see through leaves again, before what has not left yet. */
  lose(lane: EventLane): void {
    const lost = [...this.#unacknowledged.lostWith(lane), ...lane.takeWaiting()];
    lane.close();
    if (this.#lane === lane) this.#lane = undefined;
    // Events of a later connection stay behind: they were published later.
    const later = this.#takeWaiting();
    for (const event of [...lost, ...later]) this.#send(event);
  }

  onAck({ messageIds }: { readonly messageIds: readonly bigint[] }): void {
    for (const messageId of messageIds) this.#unacknowledged.acknowledged(Number(messageId));
  }

  /** Sends no more events: a side that has sent or received Shutdown opens no ids. Those that have begun go on. */
  stop(error: CrucibleError): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = error;
    for (const { fail } of this.#takeWaiting()) fail(error);
  }

  /** The session has ended. */
  close(error: CrucibleError): void {
    this.stop(error);
    this.#unacknowledged.close(error);
    for (const fail of this.#publishers) fail(error);
  }

  #queuedBytes(): number {
    let bytes = this.#lane?.queuedBytes ?? 0;
    for (const waiting of this.#waiting) bytes += waiting.bytes.length;
    return bytes;
  }

  /** The envelope of an event; what may have to be sent again lies in memory of its own. */
  #encode(head: Uint8Array, codec: Codec, message: unknown, keep: boolean): Uint8Array {
    const room = new Uint8Array(head.length + usualBytes);
    const needed = writeEnvelope(room, 0, head, head.length, codec, message);
    if (needed <= room.length) return keep ? room.slice(0, needed) : room.subarray(0, needed);
    const bytes = encodeApart(needed, this.#maxMessageBytes, head, head.length, codec, message);
    if (!keep) return bytes;
    const own = bytes.slice();
    giveScratch(bytes);
    return own;
  }

  /** An event that nobody acknowledges: its publisher is done once it has begun to leave. */
  #once(bytes: Uint8Array, resolve: () => void, reject: (error: CrucibleError) => void): LeavingEvent {
    const fail = (error: CrucibleError): void => {
      this.#publishers.delete(fail);
      reject(error);
    };
    const onId = (): void => {
      this.#publishers.delete(fail);
      resolve();
    };
    this.#publishers.add(fail);
    return { bytes, flags: 0, kept: false, onId, fail };
  }

  #send(event: LeavingEvent): void {
    if (this.#stopped !== undefined) event.fail(this.#stopped);
    else if (this.#lane === undefined) this.#waiting.push(event);
    else this.#lane.send(event);
  }

  /** What has not begun to leave. */
  #takeWaiting(): LeavingEvent[] {
    const waiting = [...(this.#lane?.takeWaiting() ?? []), ...this.#waiting];
    this.#waiting = [];
    return waiting;
  }

  // ---- receiving

  /** A whole event has come on `lane`. */
  readonly onEvent = (lane: EventLane, flags: number, id: number, envelope: Uint8Array, cost: number): void => {
    const event = readEvent(envelope);
    // What is no event is dropped: nobody answers an Event with an Error.
    if (event === undefined) {
      lane.consumed(cost);
      return;
    }
    this.onArrival?.(event.subject);
    const { eventId } = event;
    const wantsAck = (flags & Flag.AckRequired) !== 0;
    if (this.#seen.has(eventId)) {
      if (wantsAck) lane.acknowledge(id);
      lane.consumed(cost);
      return;
    }
    // A redelivery of what a handler is at work on: the Ack of the first one will do, where its sender still listens.
    const before = this.#handling.get(eventId);
    if (before !== undefined) {
      if (before.lane !== lane) {
        before.lane = lane;
        before.id = id;
      }
      lane.consumed(cost);
      return;
    }
    // Nobody to handle it: it is dropped, and its sender is not told otherwise.
    const handlers = [...this.#handlers];
    if (handlers.length === 0) {
      lane.consumed(cost);
      return;
    }
    const handling: Handling = { lane, id, wantsAck };
    const done = (): void => {
      this.#remember(eventId);
      if (handling.wantsAck) handling.lane.acknowledge(handling.id);
    };
    this.#handling.set(eventId, handling);
    // A handler that failed has not taken the event: no Ack, and its sender may deliver it again.
    void Promise.all(handlers.map(async (handler) => handler(event)))
      .then(done, () => {})
      .finally(() => {
        this.#handling.delete(eventId);
        lane.consumed(cost);
      });
  };

  #remember(eventId: string): void {
    this.#seen.add(eventId);
    if (this.#seen.size <= rememberedEvents) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
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
