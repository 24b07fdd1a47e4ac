import { expect, test } from "vitest";
import { compressBlock } from "../../runtime/typescript/src/compress/lz4.js";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import { Flag, FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { encodeHeartbeat } from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import {
  encodeAck,
  MetadataCodec as PairCodec,
} from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { describeMethods, Peer } from "../../runtime/typescript/src/rpc/peer.js";
import { Registry } from "../../runtime/typescript/src/rpc/registry.js";
import type { Method } from "../../runtime/typescript/src/rpc/service.js";
import type { SessionCompression } from "../../runtime/typescript/src/session/compression.js";
import type { Encryption } from "../../runtime/typescript/src/session/encryption.js";
import { defaultLimits } from "../../runtime/typescript/src/session/limits.js";
import type { Connection, Receiver } from "../../runtime/typescript/src/transport/transport.js";
import { ManualClock } from "../suites/manual-clock.js";
import { Echo, echoHandlers, openLink } from "../suites/peers.js";
import {
  cancel,
  credit,
  event,
  failure,
  frameBytes,
  halfClose,
  opening,
  pair,
  type RawFrame,
  request,
  response,
  shutdown,
  streamed,
  turns,
} from "../suites/raw-end.js";
import { chop, mutateStream, sealed, split, unsealed } from "./frames.js";
import { fuzzIterations, fuzzSeed, Random } from "./random.js";

/** The end of a connection that bytes are pushed into; it keeps what comes out. */
class Outlet implements Connection {
  readonly peer = "fuzz";
  readonly binding: Uint8Array = new Uint8Array(0);
  readonly protection = "local";
  readonly unsentBytes = 0;
  readonly written: Uint8Array[] = [];
  receiver!: Receiver;
  #over = false;

  start(receiver: Receiver): void {
    this.receiver = receiver;
  }
  write(bytes: Uint8Array): boolean {
    if (!this.#over) this.written.push(bytes.slice());
    return !this.#over;
  }
  close(): void {
    this.abort();
  }
  abort(error?: Error): void {
    if (this.#over) return;
    this.#over = true;
    setImmediate(() => this.receiver.onClose(error));
  }
}

const frames = (...list: readonly RawFrame[]): readonly Uint8Array[] => list.map((frame) => frameBytes(frame));
const long = pair("long", "x".repeat(300));
const eventId = new Uint8Array(16).fill(3);
const part = (frame: RawFrame, from: number, to: number, flags: number = Flag.More): RawFrame => ({
  ...frame,
  flags,
  payload: frame.payload!.slice(from, to),
});
const twenty = request(1, "unary", { body: long });

/** A data frame whose payload is COMPRESSED. */
const squeezed = (frame: RawFrame): RawFrame => {
  const { payload = new Uint8Array(0), flags = 0 } = frame;
  const room = new Uint8Array(payload.length + 100);
  new DataView(room.buffer).setUint32(0, payload.length);
  const end = compressBlock(payload, 0, payload.length, room, 4, room.length);
  return { ...frame, flags: flags | Flag.Compressed, payload: room.slice(0, end) };
};

/** Lawful traffic towards a daemon that has opened calls 2 (unary), 4 (down), 6 (up) and 8 (both). */
const corpus: readonly (readonly Uint8Array[])[] = [
  frames(
    request(1),
    request(3, "down", { body: pair("k", "5") }),
    request(5, "guarded"),
    cancel(3),
    request(7, "secret"),
  ),
  frames(opening(1), streamed(1), streamed(1, long), halfClose(1), opening(3, "both"), streamed(3), cancel(3)),
  frames(
    part(twenty, 0, 100),
    part(twenty, 100, 200),
    request(3),
    part(twenty, 200, 999, Flag.EndStream),
    credit(3, 5),
  ),
  frames(
    response(2, pair()),
    streamed(4),
    streamed(4, long),
    response(4),
    response(6, pair()),
    streamed(8),
    response(8),
  ),
  frames(credit(6, 70_000), credit(8, 1), failure(2, "X"), failure(4, "Y"), streamed(8), failure(8, "Z")),
  frames({ ...request(1, "secret"), sealed: true }, { ...failure(2, "X"), flags: Flag.EndStream }, credit(0, 9)),
  frames(
    event(1, "a.b", eventId, Flag.AckRequired),
    event(3, "a", eventId),
    part(event(5, "c", eventId), 0, 9),
    request(7),
  ),
  frames(
    { type: FrameType.Heartbeat, id: 1, payload: encodeHeartbeat({ nonce: 5n }) },
    { type: FrameType.HealthCheck, id: 3 },
    { type: FrameType.CapabilityQuery, id: 5 },
    { type: FrameType.MetricsReport },
    { type: FrameType.Ack, payload: encodeAck({ messageIds: [10n] }) },
    shutdown(6),
  ),
  frames(opening(1, "up", { timeoutUs: 5_000n }), streamed(1, long), streamed(4, long), part(response(2, long), 0, 50)),
  frames(squeezed(twenty), squeezed(request(3)), opening(5), squeezed(streamed(5, long)), halfClose(5)),
  frames(squeezed(part(twenty, 0, 100)), part(twenty, 100, 200), squeezed(part(twenty, 200, 999, Flag.EndStream))),
  frames(
    squeezed(event(1, "a.b", eventId, Flag.AckRequired)),
    squeezed(response(2, long)),
    squeezed(streamed(4, long)),
  ),
  frames(request(1, "unary", { metadata: [{ key: "a", value: "b" }], traceparent: "x", timeoutUs: 1_000_000n })),
];

interface Subject {
  readonly outlet: Outlet;
  readonly peer: Peer;
  readonly clock: ManualClock;
  readonly input: Uint8Array;
  readonly encryption: Encryption;
  closed: CrucibleError | undefined;
  /** Calls opened here that have not settled. */
  open: number;
}

const registry = new Registry([echoHandlers()]);
const methods = describeMethods(registry) as Method[];

function subject(input: Uint8Array, encryption: Encryption, compression: SessionCompression): Subject {
  const outlet = new Outlet();
  const clock = new ManualClock();
  const link = openLink(outlet, clock, { encryption, compression });
  const made: Subject = { outlet, clock, input, encryption, closed: undefined, open: 0, peer: undefined as never };
  const peer = new Peer({
    link,
    clock,
    side: "daemon",
    peer: { id: "fuzz" },
    limits: { ...defaultLimits, maxIncompleteBytes: 100_000, maxMessageBytes: 65_536, maxCalls: 8 },
    peerLimits: defaultLimits,
    registry,
    peerMethods: methods,
    capabilities: new Set(),
    onHandlerFailure: ({ error }) => {
      throw error;
    },
    onClosed: (error) => {
      expect(made.closed).toBeUndefined();
      made.closed = error;
    },
  });
  link.start();
  const echo = peer.client(Echo);
  const track = (work: Promise<unknown>): void => {
    made.open++;
    const settled = (): void => void made.open--;
    work.then(settled, settled);
  };
  const all = async (stream: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of stream);
  };
  track(echo.unary({ key: "k", value: "v" }));
  track(all(echo.down({ key: "k", value: "v" })));
  track(echo.up([{ key: "k", value: "v" }]));
  track(all(echo.both([{ key: "k", value: "v" }])));
  track(peer.publish("a", PairCodec, { key: "k", value: "v" }, { acknowledge: true }));
  peer.subscribe(() => {});
  return Object.assign(made, { peer });
}

/** Reasons for which a session may end because a frame told it to. */
const told = (one: Subject): boolean =>
  one.closed!.reason === "SHUTTING_DOWN" || split(one.input).some((frame) => frame[1] === FrameType.Error);
const heartbeat = frameBytes({ type: FrameType.Heartbeat, id: 2 ** 53 - 1, payload: encodeHeartbeat({ nonce: 9n }) });

const written = ({ outlet }: Subject): Uint8Array[] => outlet.written.flatMap((bytes) => unsealed(split(bytes)));
const onWire = (bytes: Uint8Array, { encryption }: Subject, random: Random): Uint8Array =>
  encryption === "everything" ? sealed(split(bytes), random) : bytes.slice();

/** Looks at a session that has been given its input; counts how it went. */
async function judge(batch: readonly Subject[], count: (outcome: string) => void): Promise<void> {
  await turns(3);
  for (const one of batch)
    if (one.closed === undefined) one.outlet.receiver.onBytes(onWire(heartbeat, one, new Random(1)));
  await turns(2);
  for (const one of batch) {
    const alive = one.closed === undefined;
    if (alive) {
      const answered = written(one).some((frame) => frame[1] === FrameType.Response && frame[15] === 0xff);
      // One that does not answer waits for the rest of a frame, and not for ever.
      if (!answered) one.clock.advance(10_000);
      if (answered) one.peer.session.abort(new CrucibleError("SESSION_CLOSED", "the test is over"));
      count(answered ? "survived" : one.closed === undefined ? "hangs" : "FRAME_TIMEOUT");
    } else {
      const last = written(one).at(-1)!;
      const isError = last[1] === FrameType.Error && last.subarray(8, 16).every((byte) => byte === 0);
      count(isError || told(one) ? one.closed!.reason : "silently");
    }
  }
  await turns(4);
}

test("mutated traffic ends a session with an Error, or not at all", { timeout: 0 }, async () => {
  const seed = fuzzSeed();
  const random = new Random(seed);
  const outcomes = new Map<string, number>();
  for (let left = fuzzIterations(20_000); left > 0; left -= 100) {
    const batch: Subject[] = [];
    for (let i = 0; i < 100; i++) {
      const one = subject(
        mutateStream(random.pick(corpus), random),
        random.pick(["sensitive", "everything"]),
        random.pick(["off", "adaptive", "asked"]),
      );
      batch.push(one);
    }
    await turns(2);
    for (const one of batch)
      for (const chunk of chop(onWire(one.input, one, random), random)) one.outlet.receiver.onBytes(chunk);
    const of = new Map<Subject, string>();
    let index = 0;
    await judge(batch, (outcome) => {
      of.set(batch[index++]!, outcome);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    });
    for (const one of batch) {
      const what = `seed ${seed}, ${of.get(one)}, ${one.encryption}, stream ${Buffer.from(one.input).toString("hex")}`;
      expect(["hangs", "silently"], what).not.toContain(of.get(one));
      // Whatever the end, every call has settled, nobody is counted, and no timer is left.
      expect({ open: one.open, live: one.peer.session.liveCalls, timers: one.clock.pending }, what).toEqual({
        open: 0,
        live: 0,
        timers: 0,
      });
    }
  }
  for (const outcome of [
    "survived",
    "FRAME_TIMEOUT",
    "BAD_FLAGS",
    "BAD_MESSAGE_ID",
    "BAD_FRAGMENT",
    "BAD_ENVELOPE",
    "SEAL_REQUIRED",
    "BAD_PHASE",
    "BAD_COMPRESSION",
    "FRAME_TOO_LARGE",
  ]) {
    expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(5);
  }
});
