// One connection to the plugin under test, seen from the daemon: frames out as a case wants them, frames in watched for
// every rule that holds always.
import type { Socket } from "node:net";
import { bytesOf, decode, field, numberOf, textOf } from "./protobuf.js";
import {
  encodeHeader,
  finishFrame,
  Flag,
  type Frame,
  type FrameFaults,
  FrameSplitter,
  FrameType,
  overheadBytes,
  type ReceivedFrame,
  windowBytes,
} from "./frame.js";
import type { Cipher } from "./noise.js";

/** What a case found wrong: one line, the fact. */
export class Nonconformance extends Error {}

/** What an Error frame says. */
export interface ToldError {
  readonly reason: string;
  readonly message: string;
  readonly started: boolean;
}

/** What is kept of a call, or of anything else with an id. */
export interface Track {
  /** What may still be sent to the plugin, in bytes. */
  window: number;
  /** What the plugin may still send. */
  granted: number;
  /** Costs of frames that came. */
  readonly costs: number[];
  readonly parts: Buffer[];
  /** Envelopes that came whole: Stream and Response. */
  readonly messages: { readonly type: number; readonly bytes: Buffer }[];
  error: ToldError | undefined;
  ended: boolean;
}

/** A frame to send; what is not said is as usual. */
export interface Sending {
  readonly type: number;
  readonly flags?: number;
  readonly id?: number;
  readonly payload?: Buffer;
  readonly session?: bigint;
  readonly faults?: FrameFaults;
}

/** A connection, from its first byte on. */
export class Connection {
  /** Frames that nothing here has taken: handshake, registration, control. */
  readonly frames: Frame[] = [];
  readonly tracks: Map<number, Track> = new Map();
  /** Of the session, once it is assigned. */
  session = 0n;
  /** Whether what arrives is granted again at once. */
  granting = true;
  /** Whether Heartbeats of the plugin are answered. */
  answering = true;
  /** Heartbeats that the plugin has sent. */
  heartbeats = 0;
  /** Why the connection ended, in the words of the plugin's Error with message id 0. */
  lastWords: ToldError | undefined;
  closed = false;
  readonly #socket: Socket;
  readonly #waiters: Set<() => void> = new Set();
  #keys: { readonly incoming: Cipher; readonly outgoing: Cipher } | undefined;
  readonly #patienceMs: number;
  #fault: string | undefined;
  /** Sealed frames that came right behind message 3, before there were keys. */
  readonly #held: ReceivedFrame[] = [];

  /** @param patienceMs how long a plugin may take for anything that it has to do at once. */
  constructor(socket: Socket, patienceMs: number) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    const splitter = new FrameSplitter();
    socket.on("data", (chunk) => {
      try {
        for (const frame of splitter.push(chunk as Buffer)) this.#arrive(frame);
      } catch (error) {
        this.#fault ??= error instanceof Error ? error.message : String(error);
      }
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** From now on frames can be sealed. */
  useKeys(keys: { readonly incoming: Cipher; readonly outgoing: Cipher }): void {
    this.#keys = keys;
    try {
      for (const frame of this.#held.splice(0)) this.#arrive(frame);
    } catch (error) {
      this.#fault ??= error instanceof Error ? error.message : String(error);
    }
  }

  /** Sends a frame; with the flag Encrypted, sealed. */
  send({ type, flags = 0, id = 0, payload = Buffer.alloc(0), session = this.session, faults = {} }: Sending): void {
    this.sendBytes(this.encode({ type, flags, id, payload, session, faults }));
  }

  /** The bytes of a frame, sealed if its flags say so. */
  encode({ type, flags = 0, id = 0, payload = Buffer.alloc(0), session = this.session, faults = {} }: Sending): Buffer {
    const sealed = (flags & Flag.Encrypted) !== 0 && this.#keys !== undefined;
    const header = encodeHeader({ type, flags, id, session }, payload.length + (sealed ? 16 : 0), faults);
    return finishFrame(header, sealed ? this.#keys!.outgoing.seal(header, payload) : payload, faults);
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Buffer): void {
    if (!this.closed) this.#socket.write(bytes);
  }

  /** Closes the connection without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** What is known of an id; begun when it is not known. */
  track(id: number): Track {
    let track = this.tracks.get(id);
    if (track === undefined) {
      track = {
        window: windowBytes,
        granted: windowBytes,
        costs: [],
        parts: [],
        messages: [],
        error: undefined,
        ended: false,
      };
      this.tracks.set(id, track);
    }
    return track;
  }

  /**
   * Waits until something holds.
   *
   * @param what says what is waited for, for the line that tells its absence.
   * @throws Nonconformance when it does not come in time, the plugin has broken a rule, or has closed the connection.
   */
  async until<T>(what: string, look: () => T | undefined, ms: number = this.#patienceMs): Promise<T> {
    const started = performance.now();
    for (;;) {
      const found = look();
      if (this.#fault !== undefined) throw new Nonconformance(this.#fault);
      if (found !== undefined) return found;
      if (this.closed) throw new Nonconformance(`${what} did not come: ${this.#whyClosed()}`);
      const left = ms - (performance.now() - started);
      if (left <= 0) throw new Nonconformance(`${what} did not come within ${ms} ms`);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiters.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#waiters.add(done);
      });
    }
  }

  /** Waits for a frame that nothing else takes, and takes it. */
  take(what: string, type: number, id: number): Promise<Frame> {
    return this.until(what, () => {
      const at = this.frames.findIndex((frame) => frame.type === type && frame.id === id);
      return at < 0 ? undefined : this.frames.splice(at, 1)[0];
    });
  }

  /** Waits until the plugin ends the connection with that reason. */
  async untilRefused(reason: string): Promise<void> {
    const words = await this.until(`the end of the connection with ${reason}`, () => this.lastWords);
    if (words.reason !== reason) {
      throw new Nonconformance(`it ended the connection with ${words.reason}, not ${reason}`);
    }
    await this.untilClosed();
  }

  /** Waits until the plugin has closed. */
  async untilClosed(ms?: number): Promise<void> {
    await this.until("the end of the connection", () => (this.closed ? true : undefined), ms);
  }

  #whyClosed(): string {
    const { lastWords } = this;
    return lastWords === undefined ? "it closed the connection" : `it ended the connection with ${lastWords.reason}`;
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
  }

  #arrive(received: ReceivedFrame): void {
    const sealed = (received.flags & Flag.Encrypted) !== 0;
    if (sealed && this.#keys === undefined) {
      if (received.type !== FrameType.PluginRegister || this.#held.length > 16) {
        throw new Error("BAD_FLAGS: it sealed a frame before there were keys");
      }
      this.#held.push(received);
      return;
    }
    const payload = sealed ? this.#keys!.incoming.open(received.header, received.payload) : received.payload;
    const frame: Frame = { ...received, payload };
    const { type, flags, id } = frame;
    if ((flags & 0x91) !== 0) throw new Error("BAD_FLAGS: it set a critical flag that was not agreed on");
    if (type === FrameType.Error && (flags & Flag.EndStream) === 0)
      throw new Error("BAD_FLAGS: its Error lacks END_STREAM");
    if (type === FrameType.Error && id === 0) {
      this.lastWords = toldError(payload);
      return;
    }
    if (frame.session !== this.session)
      throw new Error("BAD_SESSION: it sent another session id than the assigned one");
    const opens: readonly number[] = [FrameType.Heartbeat, FrameType.Request, FrameType.Event];
    if (opens.includes(type) && id % 2 !== 1)
      throw new Error(`BAD_MESSAGE_ID: it opened the id ${id}: its own are odd`);
    if (type === FrameType.Heartbeat) this.#heartbeat(frame);
    else if (type === FrameType.Credit) this.#credit(frame);
    else if (id !== 0 && this.tracks.has(id)) this.#data(frame);
    else this.frames.push(frame);
  }

  #heartbeat({ id, payload }: Frame): void {
    this.heartbeats++;
    if (!this.answering) return;
    this.send({ type: FrameType.Response, flags: Flag.EndStream, id, payload: field(15, payload) });
  }

  #credit({ id, payload }: Frame): void {
    const bytes = numberOf(decode(payload), 1);
    if (bytes === 0) throw new Error("BAD_CREDIT: it granted 0 bytes");
    if (id !== 0) this.track(id).window += bytes;
  }

  #data({ type, flags, id, payload }: Frame): void {
    const track = this.track(id);
    if (type === FrameType.Error) {
      track.error = toldError(payload);
      track.ended = true;
      return;
    }
    if (type !== FrameType.Response && type !== FrameType.Stream)
      throw new Error(`BAD_TYPE: it sent 0x${type.toString(16)} for ${id}`);
    if (track.ended) throw new Error(`BAD_PHASE: it sent more for the call ${id}, which it had ended`);
    const last = (flags & Flag.More) === 0;
    if (type === FrameType.Stream && (flags & Flag.EndStream) !== 0) {
      throw new Error("STREAM_MISUSE: it set END_STREAM on a Stream, though it was called");
    }
    if (type === FrameType.Response && last === ((flags & Flag.EndStream) === 0)) {
      throw new Error("BAD_FLAGS: its Response carries neither MORE nor END_STREAM, or both");
    }
    const cost = overheadBytes + payload.length;
    track.costs.push(cost);
    track.granted -= cost;
    if (track.granted < 0) throw new Error(`CREDIT_EXCEEDED: it sent ${-track.granted} bytes beyond its window`);
    track.parts.push(payload);
    if (last) track.messages.push({ type, bytes: Buffer.concat(track.parts.splice(0)) });
    if (type === FrameType.Response && last) track.ended = true;
    else if (this.granting) this.grant(id, cost);
  }

  /** Grants bytes for what the plugin sends on a call. */
  grant(id: number, bytes: number): void {
    this.track(id).granted += bytes;
    this.send({ type: FrameType.Credit, id, payload: field(1, bytes) });
  }
}

/** The payload of an Error. */
export function toldError(payload: Buffer): ToldError {
  const fields = decode(payload);
  return { reason: textOf(fields, 3), message: textOf(fields, 4), started: numberOf(fields, 7) === 1 };
}

/** The body of an envelope; undefined when it has none. */
export function bodyOf(envelope: Buffer): Buffer | undefined {
  return bytesOf(decode(envelope), 15).at(-1);
}
