import { expect } from "vitest";
import { type Clock, systemClock } from "../../runtime/typescript/src/clock/clock.js";
import { writeChecksum } from "../../runtime/typescript/src/checksum/xxh64.js";
import type { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import { Flag, FrameType } from "../../runtime/typescript/src/frame/frame.js";
import {
  encodeCancel,
  encodeCredit,
  encodeEvent,
  encodeRequest,
  encodeResponse,
  encodeStream,
  MetadataCodec as PairCodec,
  type MetadataInit as PairInit,
  type RequestInit,
} from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { decodeError, encodeError } from "../../runtime/typescript/src/gen/crucible/ipc/v1/error_codec.js";
import { encodeShutdown } from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import type { Error as ErrorMessage } from "../../runtime/typescript/src/gen/crucible/ipc/v1/error_pb.js";
import { describeMethods, Peer } from "../../runtime/typescript/src/rpc/peer.js";
import { Registry } from "../../runtime/typescript/src/rpc/registry.js";
import type { Method } from "../../runtime/typescript/src/rpc/service.js";
import { defaultLimits, type SessionLimits } from "../../runtime/typescript/src/session/limits.js";
import { createMemoryPair, type MemoryOptions } from "../../runtime/typescript/src/transport/memory.js";
import type { Connection } from "../../runtime/typescript/src/transport/transport.js";
import { encodeFrameTwin, type TwinFaults } from "../twin/frame-twin.js";
import { type Agreed, echoHandlers, echoService, openLink, type SideOptions, toyCipher } from "./peers.js";

export const sessionId = 0x0123_4567_89ab_8defn;

/** A frame as a test writes it. */
export interface RawFrame {
  readonly type: number;
  readonly flags?: number;
  readonly id?: number | bigint;
  readonly payload?: Uint8Array;
  readonly session?: bigint;
  readonly sealed?: boolean;
  readonly faults?: TwinFaults;
}

/** A frame as the raw end received it; opened if it was sealed. */
export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

export interface RawEndOptions extends SideOptions {
  /** Which side the real peer is. */
  readonly side?: "daemon" | "plugin";
  readonly clock?: Clock;
  readonly peerLimits?: Partial<SessionLimits>;
  readonly memory?: MemoryOptions;
  /** The raw end does not read until `read` is called. */
  readonly deaf?: boolean;
  /** What the real peer supposes that both have agreed on. */
  readonly agreed?: Agreed;
  readonly onDraining?: (reason: string) => void;
  readonly onHandlerFailure?: (failure: { readonly error: unknown }) => void;
}

const nothing = new Uint8Array(0);
/** Above this many bytes the readable encoder takes too long. */
const twinBytes = 2_048;

/** The bytes of a frame. */
export function frameBytes(frame: RawFrame): Uint8Array {
  let payload = frame.payload ?? nothing;
  let flags = frame.flags ?? 0;
  if (frame.sealed === true) {
    const sealed = new Uint8Array(payload.length + 16);
    sealed.set(payload);
    toyCipher.seal(sealed, 0, 0, payload.length);
    payload = sealed;
    flags |= Flag.Encrypted;
  }
  const short = payload.length > twinBytes ? nothing : payload;
  const twin = {
    type: frame.type,
    flags,
    messageId: BigInt(frame.id ?? 0),
    sessionId: frame.session ?? sessionId,
    timestamp: 0n,
  };
  const bytes = encodeFrameTwin({ ...twin, payload: short }, { length: payload.length, ...frame.faults });
  if (short === payload) return bytes;
  const whole = new Uint8Array(bytes.length + payload.length);
  whole.set(bytes.subarray(0, 36));
  whole.set(payload, 36);
  writeChecksum(whole, 0, 36 + payload.length);
  return whole;
}

/** `count` turns of the event loop: enough for what was sent to be answered. */
export async function turns(count = 8): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** A live peer whose other end is a test that writes frames by hand. */
export class RawEnd {
  readonly peer: Peer;
  /** What has arrived, in order. */
  readonly seen: SeenFrame[] = [];
  /** Why the real end has closed. */
  closed: CrucibleError | undefined;
  /** The connection has ended at this end. */
  over = false;
  readonly failures: unknown[] = [];
  readonly #connection: Connection;
  #rest: Uint8Array = nothing;

  constructor(options: RawEndOptions = {}) {
    const side = options.side ?? "daemon";
    const clock = options.clock ?? systemClock;
    const [own, raw] = createMemoryPair(options.memory ?? {});
    this.#connection = raw;
    const link = openLink(own, clock, options.agreed);
    const registry = new Registry([echoHandlers(options.handlers)]);
    this.peer = new Peer({
      link,
      clock,
      side,
      peer: { id: side === "daemon" ? "plugin" : "daemon" },
      limits: { ...defaultLimits, ...options.limits },
      peerLimits: { ...defaultLimits, ...options.peerLimits },
      registry,
      peerMethods: describeMethods(registry) as Method[],
      capabilities: new Set(options.capabilities),
      interceptors: options.interceptors ?? [],
      validation: options.validation ?? {},
      handoff: options.handoff,
      onHandlerFailure: options.onHandlerFailure ?? (({ error }) => void this.failures.push(error)),
      onClosed: (error) => {
        this.closed = error;
      },
      ...(options.onDraining === undefined ? {} : { onDraining: options.onDraining }),
    });
    link.start();
    if (options.deaf !== true) this.read();
  }

  /** Begins to read. */
  read(): void {
    this.#connection.start({
      onBytes: (chunk) => this.#take(chunk),
      onDrain: () => {},
      onClose: () => {
        this.over = true;
      },
    });
  }

  /** Sends frames, or bytes as they are, in one write. */
  send(...frames: readonly (RawFrame | Uint8Array)[]): void {
    const all = frames.map((frame) => (frame instanceof Uint8Array ? frame : frameBytes(frame)));
    const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const one of all) {
      bytes.set(one, offset);
      offset += one.length;
    }
    if (bytes.length > 0) this.#connection.write(bytes);
  }

  /** Ends the connection from this end. */
  close(): void {
    this.#connection.close();
  }

  /** Sends frames and lets the other end answer. */
  async exchange(...frames: readonly (RawFrame | Uint8Array)[]): Promise<void> {
    this.send(...frames);
    await turns();
  }

  /** What has arrived of a type, for an id when one is given. */
  of(type: number, id?: number): SeenFrame[] {
    return this.seen.filter((frame) => frame.type === type && (id === undefined || frame.id === id));
  }

  /** The Errors that have arrived, for an id when one is given. */
  errors(id?: number): ErrorMessage[] {
    return this.of(FrameType.Error, id).map(({ payload }) => decodeError(payload));
  }

  /** Reasons of the Errors that have arrived for an id. */
  reasons(id: number): string[] {
    return this.errors(id).map(({ reason }) => reason);
  }

  #take(chunk: Uint8Array): void {
    let bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    for (;;) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const size = bytes.length < 36 ? Infinity : view.getUint32(32) + 44;
      if (size > bytes.length) break;
      const flags = view.getUint16(2);
      const body = bytes.slice(36, size - 8);
      const end = (flags & Flag.Encrypted) === 0 ? body.length : toyCipher.open(body, 0, 0, body.length);
      this.seen.push({ type: bytes[1]!, flags, id: Number(view.getBigUint64(8)), payload: body.slice(0, end) });
      bytes = bytes.subarray(size);
    }
    this.#rest = bytes;
  }
}

// ---- frames by their names

const encodePair = (pair: PairInit): Uint8Array => {
  const bytes = new Uint8Array(pair.key!.length * 3 + pair.value!.length * 3 + 16);
  return bytes.slice(0, PairCodec.write(pair, bytes, 0));
};

/** The encoded message of the echo service. */
export const pair = (key = "k", value = "v"): Uint8Array => encodePair({ key, value });

type EchoMethod = keyof typeof echoService.methods;

/** Wire id of a method of the echo service. */
export const methodId = (name: EchoMethod): number => echoService.methods[name].id;

/** A whole unary or server-stream Request. */
export function request(id: number, method: EchoMethod = "unary", init: RequestInit = {}): RawFrame {
  const payload = encodeRequest({ methodId: methodId(method), body: pair(), ...init });
  return { type: FrameType.Request, flags: Flag.EndStream, id, payload };
}

/** A Request that opens a stream of requests. */
export function opening(id: number, method: EchoMethod = "up", init: RequestInit = {}): RawFrame {
  return { type: FrameType.Request, id, payload: encodeRequest({ methodId: methodId(method), ...init }) };
}

/** The first fragment of a Request. */
export const begun = (id: number): RawFrame => ({ ...opening(id, "unary"), flags: Flag.More });

/** A later one, or that of another message. */
export const fragment = (
  type: number,
  id: number,
  flags: number = Flag.More,
  payload: Uint8Array = Uint8Array.of(1),
): RawFrame => ({ type, flags, id, payload });

export function streamed(id: number, body: Uint8Array | undefined = pair(), flags = 0): RawFrame {
  return { type: FrameType.Stream, flags, id, payload: encodeStream(body === undefined ? {} : { body }) };
}

/** A Stream without body that half-closes. */
export const halfClose = (id: number): RawFrame => ({ type: FrameType.Stream, flags: Flag.EndStream, id });

export function response(id: number, body?: Uint8Array): RawFrame {
  const payload = encodeResponse(body === undefined ? {} : { body });
  return { type: FrameType.Response, flags: Flag.EndStream, id, payload };
}

export function event(
  id: number,
  subject: string,
  eventId: Uint8Array,
  flags = 0,
  body: Uint8Array = pair(),
): RawFrame {
  return { type: FrameType.Event, flags, id, payload: encodeEvent({ eventId, subject, sequence: 1n, body }) };
}

export const control = (type: number, id: number, payload: Uint8Array = new Uint8Array()): RawFrame => ({
  type,
  id,
  payload,
});

export const credit = (id: number, bytes: number): RawFrame => ({
  type: FrameType.Credit,
  id,
  payload: encodeCredit({ bytes }),
});

export const cancel = (id: number, reason = ""): RawFrame => ({
  type: FrameType.Cancel,
  id,
  payload: encodeCancel({ reason }),
});

export const failure = (id: number, reason: string): RawFrame => ({
  type: FrameType.Error,
  flags: Flag.EndStream,
  id,
  payload: encodeError({ reason, category: 5, code: 13, message: `${reason}, says the test` }),
});

export const shutdown = (lastMessageId: number, reason = "PLUGIN_STOPPING"): RawFrame => ({
  type: FrameType.Shutdown,
  payload: encodeShutdown({ reason, graceMs: 5_000, lastMessageId: BigInt(lastMessageId) }),
});

// ---- what tests expect

/** What is wrong, frames as a test sends them, and the reason that must end the connection. */
export type EndingRow = readonly [what: string, frames: readonly (RawFrame | Uint8Array)[], reason: string];

/** The connection has ended: one Error with message id 0 and this reason, and the real end knows the same. */
export function expectEnd(raw: RawEnd, reason: string): void {
  expect({ told: raw.reasons(0), closed: raw.closed?.reason, over: raw.over }).toEqual({
    told: [reason],
    closed: reason,
    over: true,
  });
}

/** The session lives: it answers a call, opened as `id`. */
export async function expectAlive(raw: RawEnd, id: number): Promise<void> {
  await raw.exchange(request(id, "unary", { body: pair("alive", String(id)) }));
  expect(raw.closed).toBeUndefined();
  expect(raw.of(FrameType.Response, id)).toHaveLength(1);
}
