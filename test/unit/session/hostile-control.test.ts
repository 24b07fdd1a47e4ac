import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import {
  decodeCapabilityReport,
  decodeHealthReport,
  decodeHeartbeat,
  decodeShutdown,
  encodeCapabilityQuery,
  encodeHealthCheck,
  encodeHeartbeat,
  encodeShutdown,
  HealthStatus,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import {
  decodeAck,
  decodeCredit,
  decodeEvent,
  decodeResponse,
  encodeAck,
  encodeResponse,
  MetadataCodec as PairCodec,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import type { ReceivedEvent } from "../../../runtime/typescript/src/session/events.js";
import { ManualClock } from "../../suites/manual-clock.js";
import { Echo } from "../../suites/peers.js";
import {
  cancel,
  credit,
  event,
  expectAlive,
  expectEnd,
  failure,
  frameBytes,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  shutdown,
  streamed,
  turns,
} from "../../suites/raw-end.js";

// PROTOCOL.md, sections 15 to 17, and what takes time: control requests, floods, silence, Shutdown, events.

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const text = (size: number): string => "x".repeat(size);
const never = (): Promise<never> => new Promise(() => {});
const call = { key: "k", value: "v" };
const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: { reason: string }) => error.reason,
  );
const control = (type: number, id: number, payload = bytes()): RawFrame => ({ type, id, payload });
const heartbeat = (id: number, nonce = 1n): RawFrame => control(FrameType.Heartbeat, id, encodeHeartbeat({ nonce }));
const answerOf = (raw: RawEnd, id: number): Uint8Array =>
  decodeResponse(raw.of(FrameType.Response, id)[0]!.payload).body!;

describe("control requests", () => {
  test("a Heartbeat is answered with its nonce", async () => {
    const raw = new RawEnd();
    await raw.exchange(heartbeat(1, 2n ** 63n));
    expect(decodeHeartbeat(answerOf(raw, 1)).nonce).toBe(2n ** 63n);
    expect(raw.of(FrameType.Response, 1)[0]!.flags).toBe(Flag.EndStream);
  });

  test.each<readonly [string, RawFrame]>([
    ["a Heartbeat", control(FrameType.Heartbeat, 1, bytes(0xff))],
    ["a HealthCheck", control(FrameType.HealthCheck, 1, bytes(0xff))],
    ["a CapabilityQuery", control(FrameType.CapabilityQuery, 1, bytes(0x0a, 1, 0xff))],
  ])("%s that does not decode fails alone", async (_what, frame) => {
    const raw = new RawEnd();
    await raw.exchange(frame);
    expect(["BAD_ENVELOPE", "DECODE_INVALID"]).toContain(raw.reasons(1)[0]);
    await expectAlive(raw, 3);
  });

  test("what is large in a request does not come back in its answer", async () => {
    const raw = new RawEnd({ capabilities: ["a"] });
    // An unknown field of 65,000 bytes, and one capability asked for thousands of times.
    const padding = new Uint8Array(65_000);
    padding.set([0x7a, 0xe4, 0xfb, 0x03]);
    await raw.exchange(
      control(FrameType.Heartbeat, 1, padding),
      control(
        FrameType.CapabilityQuery,
        3,
        encodeCapabilityQuery({ capabilities: Array(20_000).fill("a") as string[] }),
      ),
    );
    expect(answerOf(raw, 1).length).toBeLessThan(20);
    expect(decodeCapabilityReport(answerOf(raw, 3)).granted).toEqual(["a"]);
  });

  test("those that are not supported: METHOD_UNKNOWN", async () => {
    const raw = new RawEnd();
    await raw.exchange(control(FrameType.ResourceRequest, 1), control(FrameType.PluginUnregister, 3));
    expect([raw.reasons(1), raw.reasons(3)]).toEqual([["METHOD_UNKNOWN"], ["METHOD_UNKNOWN"]]);
    await expectAlive(raw, 5);
  });

  test("HealthCheck knows what is hosted", async () => {
    const raw = new RawEnd();
    const services = ["", "test.v1.Echo", "test.v1.Other"];
    await raw.exchange(
      ...services.map((service, i) => control(FrameType.HealthCheck, 2 * i + 1, encodeHealthCheck({ service }))),
    );
    const status = services.map((_, i) => decodeHealthReport(answerOf(raw, 2 * i + 1)).status);
    expect(status).toEqual([HealthStatus.SERVING, HealthStatus.SERVING, HealthStatus.SERVICE_UNKNOWN]);
  });

  test("a MetricsReport is read and dropped, an Ack of unknown ids ignored", async () => {
    const raw = new RawEnd();
    await raw.exchange(
      { type: FrameType.MetricsReport },
      { type: FrameType.Ack, payload: encodeAck({ messageIds: [1n, 2n, 2n ** 64n - 1n] }) },
    );
    expect(raw.seen).toHaveLength(0);
    await expectAlive(raw, 1);
  });

  test("a side has one Heartbeat unanswered, however often it is asked", async () => {
    const raw = new RawEnd();
    const rounds = Array.from({ length: 50 }, () => raw.peer.session.ping());
    await raw.exchange();
    const sent = raw.of(FrameType.Heartbeat);
    expect(sent).toHaveLength(1);
    const body = sent[0]!.payload;
    await raw.exchange({ ...response(sent[0]!.id), payload: encodeResponse({ body }) });
    expect((await Promise.all(rounds)).every((ms) => ms >= 0)).toBe(true);
    const another = raw.peer.session.ping();
    await raw.exchange();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(2);
    raw.close();
    expect(await reasonOf(another)).toBe("PEER_LOST");
    expect(await reasonOf(raw.peer.session.ping())).toBe("PEER_LOST");
  });

  test("an answer with another nonce, an Error, or no answer at all", async () => {
    const raw = new RawEnd();
    for (const [i, frame] of [
      response(0, encodeHeartbeat({ nonce: 99n })),
      failure(0, "X"),
      response(0, bytes(0xff)),
    ].entries()) {
      const round = reasonOf(raw.peer.session.ping());
      await raw.exchange();
      await raw.exchange({ ...frame, id: raw.of(FrameType.Heartbeat)[i]!.id });
      expect(await round).toBe(["DECODE_INVALID", "X", "DECODE_INVALID"][i]);
    }
    await expectAlive(raw, 1);
  });
});

describe("a peer that does not read", () => {
  const memory = { highWaterMarkBytes: 16_384 };

  test("provokes answers to control requests: CONTROL_FLOOD", async () => {
    const raw = new RawEnd({ deaf: true, memory });
    for (let id = 1; id < 20_000 && raw.closed === undefined; id += 100) {
      await raw.exchange(...Array.from({ length: 50 }, (_, i) => heartbeat(id + 2 * i)));
    }
    expect(raw.closed?.reason).toBe("CONTROL_FLOOD");
  });

  test("provokes Errors: CONTROL_FLOOD", async () => {
    const raw = new RawEnd({ deaf: true, memory });
    for (let id = 1; id < 20_000 && raw.closed === undefined; id += 100) {
      await raw.exchange(...Array.from({ length: 50 }, (_, i) => request(id + 2 * i, "unary", { methodId: 1 })));
    }
    expect(raw.closed?.reason).toBe("CONTROL_FLOOD");
  });

  test("provokes Acks: CONTROL_FLOOD", async () => {
    const raw = new RawEnd({ deaf: true, memory });
    raw.peer.subscribe(() => {});
    const eventId = new Uint8Array(16);
    for (let id = 1; id < 60_000 && raw.closed === undefined; id += 200) {
      await raw.exchange(...Array.from({ length: 100 }, (_, i) => event(id + 2 * i, "a", eventId, Flag.AckRequired)));
    }
    expect(raw.closed?.reason).toBe("CONTROL_FLOOD");
  });

  test("does not make answers pile up: they wait with their calls, which are limited", async () => {
    const unary = (): { key: string; value: string } => ({ key: "k", value: text(60_000) });
    const raw = new RawEnd({ deaf: true, memory, limits: { maxCalls: 64 }, handlers: { unary } });
    const before = process.memoryUsage().arrayBuffers;
    let id = 1;
    for (let round = 0; round < 100 && raw.closed === undefined; round++) {
      await raw.exchange(...Array.from({ length: 20 }, () => request((id += 2))));
    }
    // 2,000 answers would take 120 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    // Meanwhile those beyond the limit were refused, and it reads none of that either.
    expect(raw.peer.session.liveCalls).toBeLessThanOrEqual(64);
    expect([undefined, "CONTROL_FLOOD"]).toContain(raw.closed?.reason);
  });

  test("gets everything in order once it reads", async () => {
    const unary = ({ key }: { key: string }): { key: string; value: string } => ({ key, value: text(60_000) });
    const raw = new RawEnd({ deaf: true, memory, handlers: { unary } });
    const ids = Array.from({ length: 400 }, (_, i) => 2 * i + 1);
    for (const id of ids) raw.send(request(id, "unary", { body: pair(`key ${id}`) }));
    await turns(20);
    expect(raw.peer.session.liveCalls).toBeGreaterThan(0);
    raw.read();
    for (let i = 0; i < 200 && raw.peer.session.liveCalls > 0; i++) await turns();
    expect(raw.peer.session.liveCalls).toBe(0);
    expect(raw.of(FrameType.Response).map(({ id }) => id)).toEqual(ids);
    await expectAlive(raw, 1001);
  });

  test("does not stop Credit, Cancel and Error from being handled", async () => {
    const raw = new RawEnd({ deaf: true, memory, handlers: { up: never } });
    const iterator = raw.peer.client(Echo).down(call)[Symbol.asyncIterator]();
    const first = reasonOf(iterator.next());
    await raw.exchange(...Array.from({ length: 400 }, (_, i) => heartbeat(2 * i + 1)));
    await raw.exchange(opening(1001), cancel(1001), failure(2, "X"));
    expect(await first).toBe("X");
    expect(raw.peer.session.liveCalls).toBe(1);
    expect(raw.closed).toBeUndefined();
  });
});

describe("silence", () => {
  const silent = (clock = new ManualClock()): { raw: RawEnd; clock: ManualClock } => ({
    raw: new RawEnd({ clock, limits: { heartbeatIntervalMs: 1_000 } }),
    clock,
  });

  test("one Heartbeat after an interval, PEER_LOST after three", async () => {
    const { raw, clock } = silent();
    clock.advance(999);
    await turns();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(0);
    clock.advance(1);
    await turns();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(1);
    clock.advance(1_999);
    await turns();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(1);
    expect(raw.closed).toBeUndefined();
    clock.advance(1);
    expect(raw.closed?.reason).toBe("PEER_LOST");
    expect(clock.pending).toBe(0);
  });

  test("any byte counts as life, and no Heartbeat is sent while data arrives", async () => {
    const { raw, clock } = silent();
    for (let id = 1; id < 40; id += 2) {
      clock.advance(900);
      await raw.exchange(request(id));
    }
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(0);
    // A 64th of the interval late at most.
    clock.advance(1_016);
    await turns();
    const [first] = raw.of(FrameType.Heartbeat);
    await raw.exchange({ ...response(first!.id), payload: encodeResponse({ body: first!.payload }) });
    clock.advance(2_900);
    await turns();
    expect(raw.closed).toBeUndefined();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(2);
  });

  test("a process that was stopped does not take its peer for dead", async () => {
    const { raw, clock } = silent();
    clock.jump(60_000);
    await turns();
    expect(raw.closed).toBeUndefined();
    const [asked] = raw.of(FrameType.Heartbeat);
    await raw.exchange({ ...response(asked!.id), payload: encodeResponse({ body: asked!.payload }) });
    clock.advance(2_900);
    expect(raw.closed).toBeUndefined();
  });

  test("a frame that stands still: FRAME_TIMEOUT", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock });
    const whole = frameBytes(request(1));
    await raw.exchange(whole.subarray(0, 40));
    clock.advance(9_999);
    expect(raw.closed).toBeUndefined();
    clock.advance(1);
    await turns();
    expectEnd(raw, "FRAME_TIMEOUT");
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  test("a frame that comes slowly, but comes", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock });
    for (const byte of frameBytes(request(1))) {
      clock.advance(9_000);
      await raw.exchange(bytes(byte));
    }
    expect(raw.closed).toBeUndefined();
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
    clock.advance(10_000);
    expect(raw.closed).toBeUndefined();
  });

  test("Cancels are refilled with time, no faster and no higher", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock, limits: { maxCalls: 2, cancelsPerSecond: 10 } });
    const cancels = (count: number): RawFrame[] => Array.from({ length: count }, () => cancel(1));
    clock.advance(10_000);
    await raw.exchange(request(1), ...cancels(4));
    clock.advance(200);
    await raw.exchange(...cancels(2));
    clock.advance(5_000);
    await raw.exchange(...cancels(4));
    expect(raw.closed).toBeUndefined();
    await raw.exchange(...cancels(1));
    expectEnd(raw, "CONTROL_FLOOD");
  });
});

describe("Shutdown", () => {
  test("received: calls above the last id fail at once as never started, live ones go on, no more are opened", async () => {
    const draining: string[] = [];
    const raw = new RawEnd({ onDraining: (reason) => draining.push(reason), handlers: { unary: never } });
    const echo = raw.peer.client(Echo);
    const [first, second] = [echo.unary(call), echo.unary(call).catch((error: unknown) => error)];
    await raw.exchange(request(1));
    await raw.exchange(shutdown(2, "RESTART"));
    expect(await second).toMatchObject({ reason: "SHUTTING_DOWN", retryable: true, started: false });
    expect(draining).toEqual(["RESTART"]);
    expect(await reasonOf(echo.unary(call))).toBe("SHUTTING_DOWN");
    expect(await reasonOf(raw.peer.publish("a", PairCodec, call))).toBe("SHUTTING_DOWN");
    const before = raw.of(FrameType.Request).length;
    await raw.exchange(response(2, pair("late", "but live")));
    expect(await first).toMatchObject({ key: "late" });
    expect(raw.of(FrameType.Request)).toHaveLength(before);
    // The peer's own call is live: it is answered before the end.
    expect(raw.closed).toBeUndefined();
    await raw.exchange(heartbeat(3), cancel(1));
    expect(raw.of(FrameType.Response, 3)).toHaveLength(1);
    expect(raw.closed).toBeUndefined();
  });

  test("received without live calls: this side closes", async () => {
    const raw = new RawEnd();
    await raw.exchange(shutdown(0));
    expect(raw.closed?.reason).toBe("SHUTTING_DOWN");
    expect(raw.over).toBe(true);
    expect(raw.of(FrameType.Error)).toHaveLength(0);
  });

  test("the last call that it fails is told so, not that the session has ended", async () => {
    const raw = new RawEnd();
    const calls = [1, 2].map(() =>
      raw.peer
        .client(Echo)
        .unary(call)
        .catch((error: unknown) => error),
    );
    await raw.exchange();
    await raw.exchange(shutdown(0));
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ reason: "SHUTTING_DOWN", started: false });
    }
    expect(raw.closed?.reason).toBe("SHUTTING_DOWN");
  });

  test("received twice, and with an id above all: nothing more happens", async () => {
    const draining: string[] = [];
    const raw = new RawEnd({ onDraining: (reason) => draining.push(reason), handlers: { unary: never } });
    await raw.exchange(request(1), shutdown(2 ** 50), shutdown(0, "AGAIN"));
    expect(draining).toEqual(["PLUGIN_STOPPING"]);
    expect(raw.closed).toBeUndefined();
  });

  test("sent: higher ids are dropped silently, what is live ends, then the connection closes", async () => {
    const release: (() => void)[] = [];
    const unary = (): Promise<typeof call> => new Promise((resolve) => release.push(() => resolve(call)));
    const raw = new RawEnd({ handlers: { unary } });
    await raw.exchange(request(1), { ...request(3), flags: Flag.More });
    const drained = raw.peer.session.drain(5_000, "DAEMON_STOPPING");
    await turns();
    const sent = decodeShutdown(raw.of(FrameType.Shutdown)[0]!.payload);
    expect(sent).toMatchObject({ reason: "DAEMON_STOPPING", graceMs: 5_000, lastMessageId: 3n });
    const late = { ...request(7), flags: Flag.More };
    await raw.exchange(request(5), late, late, event(9, "a", new Uint8Array(16)), heartbeat(11));
    expect(raw.of(FrameType.Response).map(({ id }) => id)).toEqual([11]);
    expect(await reasonOf(raw.peer.client(Echo).unary(call))).toBe("SHUTTING_DOWN");
    // The Request that was half in is still served.
    await raw.exchange({ ...request(3), payload: bytes() });
    expect(release).toHaveLength(2);
    for (const one of release) one();
    await drained;
    await turns();
    expect(raw.of(FrameType.Response).map(({ id }) => id)).toEqual([11, 1, 3]);
    expect(raw.closed?.reason).toBe("SHUTTING_DOWN");
    expect(raw.over).toBe(true);
  });

  test("sent, and the grace is over: what is left fails, both ways, and both sides know why", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock, handlers: { unary: never } });
    const answer = raw.peer
      .client(Echo)
      .unary(call)
      .catch((error: unknown) => error);
    await raw.exchange(request(1), { ...request(3), flags: Flag.More });
    const drained = raw.peer.session.drain(1_000, "DAEMON_STOPPING");
    await turns();
    clock.advance(1_000);
    await drained;
    await turns();
    expect(raw.errors(1)[0]).toMatchObject({ reason: "SHUTTING_DOWN", started: true });
    expect(raw.errors(3)[0]).toMatchObject({ reason: "SHUTTING_DOWN", started: false });
    expect(await answer).toMatchObject({ reason: "SHUTTING_DOWN", started: true });
    expect(raw.over).toBe(true);
  });

  test("sent by both: each calls the other's end an end in order", async () => {
    const raw = new RawEnd();
    const drained = raw.peer.session.drain(5_000, "DAEMON_STOPPING");
    await raw.exchange(shutdown(0));
    await drained;
    expect(raw.closed?.reason).toBe("SHUTTING_DOWN");
  });

  test("an answer that waits for credit leaves before the connection closes", async () => {
    const raw = new RawEnd({ handlers: { unary: () => ({ key: "k", value: text(100_000) }) } });
    await raw.exchange(request(1));
    const drained = raw.peer.session.drain(5_000, "DAEMON_STOPPING");
    await turns();
    expect(raw.closed).toBeUndefined();
    await raw.exchange(credit(1, 65_536));
    await drained;
    await turns();
    const sent = raw.of(FrameType.Response, 1);
    expect(sent.at(-1)!.flags & Flag.EndStream).toBe(Flag.EndStream);
  });

  test("events that wait for credit are not sent, and their publishers hear of it", async () => {
    const raw = new RawEnd();
    const large = { key: "k", value: text(50_000) };
    const published = [1, 2, 3].map(() => reasonOf(raw.peer.publish("a", PairCodec, large)));
    await turns();
    void raw.peer.session.drain(5_000, "DAEMON_STOPPING");
    await raw.exchange(shutdown(0));
    expect(await Promise.all(published)).toEqual(["none", "SHUTTING_DOWN", "SHUTTING_DOWN"]);
  });

  test("a stream that ends without Shutdown: PEER_LOST, possibly started", async () => {
    const raw = new RawEnd();
    const answer = raw.peer
      .client(Echo)
      .unary(call)
      .catch((error: unknown) => error);
    await raw.exchange();
    raw.close();
    expect(await answer).toMatchObject({ reason: "PEER_LOST", started: true });
    expect(await reasonOf(raw.peer.client(Echo).unary(call))).toBe("PEER_LOST");
  });
});

describe("events", () => {
  const eventId = (n: number): Uint8Array => new Uint8Array(16).fill(n);
  const acks = (raw: RawEnd): number[] =>
    raw.of(FrameType.Ack).flatMap(({ payload }) => decodeAck(payload).messageIds.map(Number));
  const listening = (handler: (event: ReceivedEvent) => void | Promise<void> = () => {}) => {
    const raw = new RawEnd();
    const seen: ReceivedEvent[] = [];
    raw.peer.subscribe((one) => {
      seen.push(one);
      return handler(one);
    });
    return { raw, seen };
  };

  test("are delivered, and acknowledged when asked for", async () => {
    const { raw, seen } = listening();
    await raw.exchange(event(1, "a.b", eventId(1), Flag.AckRequired), event(3, "a.b", eventId(2)));
    expect(seen.map(({ subject }) => subject)).toEqual(["a.b", "a.b"]);
    expect(acks(raw)).toEqual([1]);
  });

  test.each<readonly [string, RawFrame]>([
    ["no protobuf", { ...event(1, "a", eventId(1), Flag.AckRequired), payload: bytes(0xff) }],
    ["an id that is not 16 bytes", event(1, "a", bytes(1), Flag.AckRequired)],
    ["no subject", event(1, "", eventId(1), Flag.AckRequired)],
    ["a subject of 256 characters", event(1, text(256), eventId(1), Flag.AckRequired)],
    ["a subject with an empty segment", event(1, "a..b", eventId(1), Flag.AckRequired)],
    ["a subject with a space", event(1, "a b", eventId(1), Flag.AckRequired)],
  ])("%s: dropped, not acknowledged, no Error", async (_what, frame) => {
    const { raw, seen } = listening();
    await raw.exchange(frame);
    expect(seen).toHaveLength(0);
    expect(raw.seen).toHaveLength(0);
    await expectAlive(raw, 3);
  });

  test("what is dropped counts as consumed", async () => {
    const raw = new RawEnd();
    const large = pair("k", text(10_000));
    for (let id = 1; id < 60; id += 2) await raw.exchange(event(id, "a", eventId(1), 0, large));
    const granted = raw.of(FrameType.Credit, 0).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
    expect(granted).toBeGreaterThan(250_000);
    await expectAlive(raw, 101);
  });

  test("a duplicate is not handled again, but acknowledged", async () => {
    const { raw, seen } = listening();
    const flags = Flag.AckRequired | Flag.Retry;
    await raw.exchange(event(1, "a", eventId(1), Flag.AckRequired));
    await raw.exchange(event(3, "a", eventId(1), flags), event(5, "a", eventId(1), flags));
    expect(seen).toHaveLength(1);
    expect(acks(raw)).toEqual([1, 3, 5]);
  });

  test("a duplicate of what a handler is at work on is not handled twice", async () => {
    let done!: () => void;
    const { raw, seen } = listening(() => new Promise((resolve) => (done = resolve)));
    await raw.exchange(event(1, "a", eventId(1), Flag.AckRequired), event(3, "a", eventId(1), Flag.AckRequired));
    expect(seen).toHaveLength(1);
    expect(acks(raw)).toEqual([]);
    done();
    await turns();
    expect(acks(raw)).toEqual([1]);
    await raw.exchange(event(5, "a", eventId(1), Flag.AckRequired));
    expect(acks(raw)).toEqual([1, 5]);
  });

  test("a handler that fails has not taken the event: no Ack, and a redelivery is handled", async () => {
    let times = 0;
    const { raw, seen } = listening(() => {
      if (times++ === 0) throw new Error("not yet");
    });
    await raw.exchange(event(1, "a", eventId(1), Flag.AckRequired));
    expect(acks(raw)).toEqual([]);
    await raw.exchange(event(3, "a", eventId(1), Flag.AckRequired | Flag.Retry));
    expect(seen).toHaveLength(2);
    expect(acks(raw)).toEqual([3]);
  });

  test("4,096 ids are remembered, and no more", async () => {
    const { raw, seen } = listening();
    const idOf = (n: number): Uint8Array => {
      const id = new Uint8Array(16);
      new DataView(id.buffer).setUint32(0, n);
      return id;
    };
    let id = 1;
    for (let n = 0; n < 4_097; n += 241) {
      await raw.exchange(...Array.from({ length: 241 }, (_, i) => event((id += 2), "a", idOf(n + i))));
    }
    expect(seen).toHaveLength(4_097);
    await raw.exchange(event((id += 2), "a", idOf(1)));
    expect(seen).toHaveLength(4_097);
    await raw.exchange(event((id += 2), "a", idOf(0)));
    expect(seen).toHaveLength(4_098);
  });

  test("one above max_message_bytes is dropped, its memory with it", async () => {
    const raw = new RawEnd({ limits: { maxMessageBytes: 65_536 } });
    let seen = 0;
    raw.peer.subscribe(() => void seen++);
    const fragment = { type: FrameType.Event, id: 1, flags: Flag.More, payload: new Uint8Array(30_000) };
    for (let i = 0; i < 10; i++) await raw.exchange(fragment);
    await raw.exchange({ ...fragment, flags: 0 }, event(3, "a", eventId(1)));
    expect(seen).toBe(1);
    expect(raw.closed).toBeUndefined();
  });

  test("in fragments: the flags of the first count", async () => {
    const { raw, seen } = listening();
    const whole = event(1, "a", eventId(1)).payload!;
    await raw.exchange(
      { type: FrameType.Event, id: 1, flags: Flag.More | Flag.AckRequired, payload: whole.slice(0, 10) },
      request(3),
      { type: FrameType.Event, id: 1, payload: whole.slice(10) },
    );
    expect(seen).toHaveLength(1);
    expect(acks(raw)).toEqual([1]);
    expect(raw.of(FrameType.Response, 3)).toHaveLength(1);
  });

  test("a handler that never settles holds its bytes, not the connection", async () => {
    const { raw } = listening(never);
    const large = pair("k", text(30_000));
    await raw.exchange(event(1, "a", eventId(1), 0, large), event(3, "a", eventId(2), 0, large));
    expect(raw.of(FrameType.Credit)).toHaveLength(0);
    await expectAlive(raw, 5);
    await raw.exchange(event(7, "a", eventId(3), 0, large));
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test("sent: the id is drawn as the first fragment leaves, subjects count from 1", async () => {
    const raw = new RawEnd();
    const large = { key: "k", value: text(60_000) };
    const published = [raw.peer.publish("a", PairCodec, large), raw.peer.publish("a", PairCodec, large)];
    const answer = raw.peer.client(Echo).unary(call);
    await raw.exchange();
    await raw.exchange(credit(0, 65_536));
    await Promise.all(published);
    const sent = raw.of(FrameType.Event).map(({ id }) => id);
    const opened = [...sent, ...raw.of(FrameType.Request).map(({ id }) => id)];
    expect(
      raw.seen.filter(({ type }) => type === FrameType.Event || type === FrameType.Request).map(({ id }) => id),
    ).toEqual(opened.toSorted((a, b) => a - b));
    expect(decodeEvent(raw.of(FrameType.Event)[0]!.payload).sequence).toBe(1n);
    await raw.exchange(response(raw.of(FrameType.Request)[0]!.id, pair()));
    await answer;
  });

  test("a live event of this side is no call", async () => {
    const raw = new RawEnd();
    void raw.peer.publish("a", PairCodec, { key: "k", value: text(100_000) }).catch(() => {});
    await raw.exchange();
    await raw.exchange(streamed(2));
    expectEnd(raw, "BAD_MESSAGE_ID");
  });

  test("that nobody acknowledges fail in time, and others go on", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock, limits: { heartbeatIntervalMs: 3_600_000 } });
    const acknowledged = { acknowledge: true };
    const waiting = Array.from({ length: 1_024 }, () => reasonOf(raw.peer.publish("a", PairCodec, call, acknowledged)));
    for (let i = 0; i < 5; i++) await raw.exchange(credit(0, 65_536));
    expect(await reasonOf(raw.peer.publish("a", PairCodec, call, acknowledged))).toBe("TOO_MANY_CALLS");
    expect(await reasonOf(raw.peer.publish("b", PairCodec, call))).toBe("none");
    clock.advance(15_000);
    await raw.exchange({ type: FrameType.Ack, payload: encodeAck({ messageIds: [2n, 4n] }) });
    const later = reasonOf(raw.peer.publish("a", PairCodec, call, acknowledged));
    await turns();
    clock.advance(15_000);
    expect((await Promise.all(waiting)).toSorted()).toEqual([
      ...Array(1_022).fill("DEADLINE_EXCEEDED"),
      "none",
      "none",
    ]);
    clock.advance(15_000);
    expect(await later).toBe("DEADLINE_EXCEEDED");
    expect(raw.closed).toBeUndefined();
  });

  test("a Shutdown whose grace is no number that a timer takes", async () => {
    const raw = new RawEnd({ handlers: { unary: never } });
    await raw.exchange(request(1), {
      type: FrameType.Shutdown,
      payload: encodeShutdown({ reason: "", graceMs: 2 ** 32 - 1, lastMessageId: 2n ** 64n - 1n }),
    });
    expect(raw.closed).toBeUndefined();
  });
});
