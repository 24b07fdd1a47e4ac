// Calls of `crucible.conformance.v1.Conformance`, frame by frame.
import { wireId } from "../model/wire-id.js";
import { bodyOf, Nonconformance, type ToldError, type Track } from "./wire/connection.js";
import { Flag, fragmentBytes, FrameType, overheadBytes } from "./wire/frame.js";
import { decode, field, type Fields, textOf } from "./wire/protobuf.js";
import type { Session } from "./wire/session.js";

/** The full name of the service. */
export const serviceName = "crucible.conformance.v1.Conformance";

/** Its methods with their kinds: 1 unary, 2 server stream, 3 client stream, 4 bidi stream. */
export const methods = {
  Echo: { kind: 1, sensitive: false },
  Count: { kind: 2, sensitive: false },
  Sum: { kind: 3, sensitive: false },
  Talk: { kind: 4, sensitive: false },
  Whisper: { kind: 1, sensitive: true },
  Fail: { kind: 1, sensitive: false },
  Wait: { kind: 1, sensitive: false },
  Observe: { kind: 1, sensitive: false },
} as const;
/** The name of one of them. */
export type MethodName = keyof typeof methods;

/** The wire id of a method. */
export function methodId(name: string): number {
  return wireId(`${serviceName}/${name}`);
}

/** How a call has ended. */
export interface Outcome {
  /** Bodies of its messages, in order. */
  readonly bodies: readonly Buffer[];
  readonly error: ToldError | undefined;
}

/** What a Request says beside its body. */
export interface Head {
  readonly timeoutUs?: bigint;
  readonly metadata?: readonly (readonly [key: string, value: string])[];
  /** Fields that the envelope does not have. */
  readonly unknown?: Buffer;
  readonly sealed?: boolean;
  /** Sent in place of the method's own. */
  readonly methodId?: number;
}

/** The envelope of a Request without its body. */
export function requestHead(name: string, head: Head): Buffer {
  const metadata = (head.metadata ?? []).map(([key, value]) =>
    field(3, Buffer.concat([field(1, key), field(2, value)])),
  );
  return Buffer.concat([
    field(1, head.methodId ?? methodId(name)),
    ...(head.timeoutUs === undefined ? [] : [field(2, head.timeoutUs)]),
    ...metadata,
    head.unknown ?? Buffer.alloc(0),
  ]);
}

/** One call. */
export class Call {
  readonly id: number;
  readonly track: Track;
  readonly #session: Session;
  readonly #name: string;
  readonly #seal: number;

  private constructor(session: Session, name: string, sealed: boolean) {
    this.#session = session;
    this.#name = name;
    this.#seal = sealed ? Flag.Encrypted : 0;
    this.id = session.nextId();
    this.track = session.connection.track(this.id);
  }

  /** Opens a call; with a body, one that sends no stream. */
  static async open(session: Session, name: string, head: Head = {}, body?: Buffer): Promise<Call> {
    const { sensitive } = methods[name as MethodName] ?? { sensitive: false };
    const call = new Call(session, name, head.sealed ?? sensitive);
    const envelope = requestHead(name, head);
    if (body === undefined) await call.#message(FrameType.Request, envelope, false);
    else await call.#message(FrameType.Request, Buffer.concat([envelope, field(15, body)]), true);
    return call;
  }

  /** Opens a call by one frame whose payload is made by hand. */
  static openRaw(session: Session, name: string, flags: number, payload: Buffer): Call {
    const call = new Call(session, name, false);
    call.frame(FrameType.Request, flags, payload);
    return call;
  }

  /** Sends a message of a stream. */
  send(body: Buffer, end = false): Promise<void> {
    return this.#message(FrameType.Stream, field(15, body), end);
  }

  /** Says that nothing more is sent. */
  halfClose(): void {
    this.frame(FrameType.Stream, Flag.EndStream, Buffer.alloc(0));
  }

  /** Sends one frame of this call, charged but not waited for. */
  frame(type: number, flags: number, payload: Buffer): void {
    this.track.window -= overheadBytes + payload.length;
    this.#session.connection.send({ type, flags: flags | this.#seal, id: this.id, payload });
  }

  cancel(): void {
    const payload = field(1, "CANCELLED");
    this.#session.connection.send({ type: FrameType.Cancel, flags: this.#seal, id: this.id, payload });
  }

  /** The body of its message of that number, counted from 0. */
  async message(number: number): Promise<Fields> {
    const found = await this.#session.connection.until(`message ${number + 1} of ${this.#name}`, () => {
      const bytes = this.track.messages[number]?.bytes;
      return bytes ?? (this.track.ended ? Buffer.alloc(0) : undefined);
    });
    const body = bodyOf(found);
    if (body === undefined)
      throw new Nonconformance(`message ${number + 1} of ${this.#name} did not come: ${this.told}`);
    return decode(body);
  }

  /** Waits for the end. */
  async finish(ms?: number): Promise<Outcome> {
    const { track } = this;
    const what = `the end of ${this.#name}`;
    await this.#session.connection.until(what, () => (track.ended ? true : undefined), ms);
    return { bodies: track.messages.flatMap(({ bytes }) => bodyOf(bytes) ?? []), error: track.error };
  }

  /** Waits for an end without an error; the bodies of its messages. */
  async succeed(): Promise<Fields[]> {
    const { bodies, error } = await this.finish();
    if (error !== undefined) throw new Nonconformance(`${this.#name} failed: ${this.told}`);
    return bodies.map(decode);
  }

  /** Waits for a failure with that reason. */
  async fail(reason: string, ms?: number): Promise<ToldError> {
    const { error } = await this.finish(ms);
    if (error?.reason !== reason) throw new Nonconformance(`${this.#name} ended ${this.told}, not with ${reason}`);
    return error;
  }

  /** How it ended, for a line. */
  get told(): string {
    const { error } = this.track;
    return error === undefined ? "without an error" : `with ${error.reason} (${error.message})`;
  }

  async #message(type: number, bytes: Buffer, end: boolean): Promise<void> {
    for (let at = 0; ;) {
      const rest = bytes.length - at;
      const { track } = this;
      // A sender that has room for more than half of a window never waits (§10).
      const wanted = Math.min(rest, fragmentBytes) + overheadBytes;
      const room = await this.#session.connection.until(`credit for ${this.#name}`, () =>
        track.ended
          ? wanted
          : track.window >= wanted || track.window > 32_768
            ? Math.min(track.window, wanted)
            : undefined,
      );
      if (track.ended) return;
      const size = room - overheadBytes;
      const last = size === rest;
      this.frame(type, last ? (end ? Flag.EndStream : 0) : Flag.More, bytes.subarray(at, at + size));
      at += size;
      if (last) return;
    }
  }
}

/** Calls a unary method; the fields of its response. */
export async function call(session: Session, name: MethodName, body: Buffer, head: Head = {}): Promise<Fields> {
  const [response] = await (await Call.open(session, name, head, body)).succeed();
  if (response === undefined) throw new Nonconformance(`${name} was answered without a body`);
  return response;
}

/** Says what differs. */
export function expectEqual(what: string, got: unknown, wanted: unknown): void {
  if (got === wanted) return;
  const show = (value: unknown): string => {
    const text = typeof value === "string" ? JSON.stringify(value) : String(value);
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
  };
  throw new Nonconformance(`${what} is ${show(got)}, not ${show(wanted)}`);
}

/** An EchoRequest. */
export function echoRequest(text: string, payload: Buffer = Buffer.alloc(0), key = ""): Buffer {
  return Buffer.concat([field(1, text), field(2, payload), field(3, key)]);
}

/** Sees that the session still works, with one call. */
export async function expectAlive(session: Session): Promise<void> {
  expectEqual("the text of the Echo behind it", textOf(await call(session, "Echo", echoRequest("alive")), 1), "alive");
}

/** What became of a Wait. */
export async function observe(session: Session, key: string): Promise<string> {
  return textOf(await call(session, "Observe", field(1, key)), 1);
}

/** Waits until a Wait is in that state, asking again and again. */
export async function untilObserved(session: Session, key: string, state: string): Promise<void> {
  let seen = "";
  for (const end = performance.now() + 5_000; performance.now() < end;) {
    seen = await observe(session, key);
    if (seen === state) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Nonconformance(`the handler of Wait is ${seen}, not ${state}`);
}

/** A value that a protobuf int64 field has, negative ones too. */
export function signedOf(fields: Fields, number: number): bigint {
  const value = fields.get(number)?.at(-1);
  return typeof value === "bigint" ? BigInt.asIntN(64, value) : 0n;
}
