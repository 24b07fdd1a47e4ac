import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import {
  decodeCredit,
  decodeRequest,
  decodeResponse,
  encodeStream,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { ManualClock } from "../../suites/manual-clock.js";
import { Echo } from "../../suites/peers.js";
import {
  cancel,
  credit,
  expectAlive,
  expectEnd,
  failure,
  halfClose,
  methodId,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  streamed,
  turns,
} from "../../suites/raw-end.js";

// PROTOCOL.md, sections 8 to 11 and 14.3, against a live session: envelopes, calls, credit, errors, sealing.

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const text = (size: number): string => "x".repeat(size);
const never = (): Promise<never> => new Promise(() => {});
const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: { reason: string }) => error.reason,
  );

/** Fields 1 to 15 of a Request, by hand. */
const method = (): Uint8Array => {
  const id = methodId("unary");
  return bytes(0x0d, id & 255, (id >>> 8) & 255, (id >>> 16) & 255, id >>> 24);
};
const field = (tag: number, value: Uint8Array): Uint8Array =>
  value.length < 128
    ? join(bytes(tag, value.length), value)
    : join(bytes(tag, (value.length & 127) | 128, value.length >>> 7), value);
const body = (): Uint8Array => field(0x7a, pair());
const entry = (key: string, value = "v"): Uint8Array => {
  const encoder = new TextEncoder();
  return field(0x1a, join(field(0x0a, encoder.encode(key)), field(0x12, encoder.encode(value))));
};

describe("envelopes", () => {
  test.each<readonly [string, Uint8Array]>([
    ["no protobuf", bytes(0xff, 0xff)],
    ["a truncated field", bytes(0x7a, 200)],
    ["method_id twice", join(method(), method(), body())],
    ["timeout_us twice", join(method(), bytes(0x10, 1, 0x10, 1), body())],
    ["traceparent twice", join(method(), field(0x22, bytes(65)), field(0x22, bytes(65)), body())],
    ["body twice", join(method(), body(), body())],
    ["an unknown field below 16 twice", join(method(), bytes(0x38, 1, 0x38, 1), body())],
    ["a key of metadata twice", join(method(), field(0x1a, bytes(0x0a, 1, 97, 0x0a, 1, 97)), body())],
    ["a value of metadata twice", join(method(), field(0x1a, bytes(0x0a, 1, 97, 0x12, 1, 97, 0x12, 1, 97)), body())],
    ["text that is not UTF-8", join(method(), field(0x2a, bytes(0xff)), body())],
    ["an idempotency key of 15 bytes", join(method(), field(0x32, new Uint8Array(15)), body())],
    ["an upper-case metadata key", join(method(), entry("Key"), body())],
    ["an empty metadata key", join(method(), entry(""), body())],
    ["a metadata key of 129 characters", join(method(), entry("k".repeat(129)), body())],
    ["method_id with another wire type", join(bytes(0x08, 1), body())],
    ["body with another wire type", join(method(), bytes(0x78, 1))],
    ["a head above 16,384 bytes", join(method(), entry("k", text(16_300)), entry("k", text(200)), body())],
  ])("%s: BAD_ENVELOPE of the call", async (_what, payload) => {
    const raw = new RawEnd();
    await raw.exchange({ ...request(1), payload });
    expect(raw.reasons(1)).toEqual(["BAD_ENVELOPE"]);
    expect(raw.errors(1)[0]!.started).toBe(false);
    await expectAlive(raw, 3);
  });

  test.each<readonly [string, Uint8Array]>([
    ["fields in any order", join(body(), bytes(0x10, 0x80, 0x80, 4), method())],
    ["unknown fields", join(method(), bytes(0x38, 1, 0x80, 0x08, 1), body())],
    ["reserved metadata", join(method(), entry("crucible-x"), body())],
    ["a key that repeats", join(method(), entry("a"), entry("a"), body())],
    ["malformed trace context", join(method(), field(0x22, bytes(65, 66)), field(0x2a, bytes(67)), body())],
    ["an idempotency key", join(method(), field(0x32, new Uint8Array(16)), body())],
    ["a head of 16,384 bytes", join(method(), entry("k", text(16_384 - 5 - 10)), body())],
  ])("%s: lawful", async (_what, payload) => {
    const raw = new RawEnd();
    await raw.exchange({ ...request(1), payload });
    expect(raw.of(FrameType.Error)).toHaveLength(0);
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
  });

  test("a body that is no message of its type: DECODE_INVALID", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "unary", { body: bytes(0x0a, 200) }));
    expect(raw.reasons(1)).toEqual(["DECODE_INVALID"]);
    await expectAlive(raw, 3);
  });

  test("a body of length 0 is an empty message", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "unary", { body: bytes() }));
    expect(decodeResponse(raw.of(FrameType.Response, 1)[0]!.payload).body).toEqual(bytes());
  });

  test("a message that breaks its schema: VALIDATION_FAILED, with details", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "unary", { body: pair("invalid") }));
    expect(raw.reasons(1)).toEqual(["VALIDATION_FAILED"]);
    expect(raw.errors(1)[0]!.details[0]!.typeName).toBe("crucible.ipc.v1.Violations");
  });

  test("a bad Stream fails its call", async () => {
    for (const payload of [bytes(0x7a, 99), join(body(), body()), bytes(), encodeStream({ body: bytes(0x0a, 99) })]) {
      const raw = new RawEnd();
      await raw.exchange(opening(1), { type: FrameType.Stream, id: 1, payload }, streamed(1), halfClose(1));
      expect(["BAD_ENVELOPE", "DECODE_INVALID"]).toContain(raw.reasons(1)[0]);
      expect(raw.reasons(1)).toHaveLength(1);
      await expectAlive(raw, 3);
      expect(raw.peer.session.liveCalls).toBe(0);
    }
  });
});

describe("calls", () => {
  test("an unknown method: METHOD_UNKNOWN", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "unary", { methodId: 1 }), { ...request(3, "unary", { methodId: 1 }), sealed: true });
    expect(raw.reasons(1)).toEqual(["METHOD_UNKNOWN"]);
    expect(raw.reasons(3)).toEqual(["METHOD_UNKNOWN"]);
    expect(raw.of(FrameType.Error, 3)[0]!.flags & Flag.Encrypted).toBe(Flag.Encrypted);
    await expectAlive(raw, 5);
  });

  test.each<readonly [string, RawFrame]>([
    ["a unary Request without body", request(1, "unary", { body: undefined as never })],
    ["a unary Request without END_STREAM", { ...request(1), flags: 0 }],
    ["a server stream without body", request(1, "down", { body: undefined as never })],
    ["a client stream with body", { ...request(1, "up"), flags: 0 }],
    ["a client stream with END_STREAM", { ...opening(1, "up"), flags: Flag.EndStream }],
    ["a bidi stream with body and END_STREAM", request(1, "both")],
  ])("%s: METHOD_MISMATCH", async (_what, frame) => {
    const raw = new RawEnd();
    await raw.exchange(frame, streamed(1), halfClose(1));
    expect(raw.reasons(1)).toEqual(["METHOD_MISMATCH"]);
    await expectAlive(raw, 3);
  });

  test("a capability that was not granted: CAPABILITY_MISSING", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "guarded"));
    expect(raw.reasons(1)).toEqual(["CAPABILITY_MISSING"]);
    const granted = new RawEnd({ capabilities: ["test.guarded"] });
    await granted.exchange(request(1, "guarded"));
    expect(granted.of(FrameType.Response, 1)).toHaveLength(1);
  });

  test.each<readonly [string, RawFrame[]]>([
    ["a Stream behind a half-close", [opening(1), halfClose(1), streamed(1)]],
    ["a second half-close", [opening(1), halfClose(1), halfClose(1)]],
    ["a Stream of a unary call", [request(1), streamed(1)]],
  ])("%s, while the call is live: BAD_PHASE of the connection", async (_what, frames) => {
    const raw = new RawEnd({ handlers: { unary: never, up: never } });
    await raw.exchange(...frames);
    expectEnd(raw, "BAD_PHASE");
  });

  test("METHOD_UNKNOWN before anything of a call is stopped early: its fragments are late", async () => {
    const raw = new RawEnd({ limits: { maxCalls: 1 }, handlers: { unary: never } });
    await raw.exchange(request(1));
    const whole = request(3).payload!;
    await raw.exchange({ type: FrameType.Request, id: 3, flags: Flag.More, payload: whole });
    expect(raw.reasons(3)).toEqual(["TOO_MANY_CALLS"]);
    expect(raw.errors(3)[0]).toMatchObject({ retryable: true, started: false });
    await raw.exchange({ type: FrameType.Request, id: 3, flags: Flag.EndStream, payload: whole });
    expect(raw.seen).toHaveLength(1);
    expect(raw.closed).toBeUndefined();
  });

  test("a cancelled call counts until its handler has settled", async () => {
    const settle: (() => void)[] = [];
    const unary = (): Promise<{ key: string }> => new Promise((resolve) => settle.push(() => resolve({ key: "k" })));
    const raw = new RawEnd({ limits: { maxCalls: 2 }, handlers: { unary } });
    await raw.exchange(request(1), request(3), cancel(1), cancel(3), request(5));
    expect(raw.reasons(1)).toEqual(["CANCELLED"]);
    expect(raw.reasons(5)).toEqual(["TOO_MANY_CALLS"]);
    settle[0]!();
    await raw.exchange(request(7));
    expect(raw.reasons(7)).toEqual([]);
    expect(settle).toHaveLength(3);
    // What the cancelled handlers answer is not sent.
    expect(raw.of(FrameType.Response)).toHaveLength(0);
  });

  test("answers that the caller lets wait for credit count as calls in flight", async () => {
    let started = 0;
    const unary = (): { key: string; value: string } => {
      started++;
      return { key: "k", value: text(100_000) };
    };
    const raw = new RawEnd({ limits: { maxCalls: 10 }, handlers: { unary } });
    for (let id = 1; id < 200; id += 2) await raw.exchange(request(id));
    expect(started).toBe(10);
    expect(raw.of(FrameType.Error).length).toBe(90);
    // With credit they leave, and make room.
    await raw.exchange(...Array.from({ length: 10 }, (_, i) => credit(2 * i + 1, 65_536)));
    await raw.exchange(request(1001));
    expect(started).toBe(11);
  });

  test("an answer that waits for credit ends with the deadline of its call", async () => {
    const raw = new RawEnd({ handlers: { unary: () => ({ key: "k", value: text(100_000) }) } });
    await raw.exchange(request(1, "unary", { timeoutUs: 30_000n }));
    expect(raw.of(FrameType.Response, 1).length).toBeGreaterThan(0);
    await new Promise((resolve) => {
      setTimeout(resolve, 60);
    });
    await turns();
    expect(raw.reasons(1)).toEqual(["DEADLINE_EXCEEDED"]);
    expect(raw.peer.session.liveCalls).toBe(0);
  });

  test("a deadline that has passed: the handler does not start", async () => {
    const raw = new RawEnd({ handlers: { unary: () => expect.unreachable() } });
    await raw.exchange(request(1, "unary", { timeoutUs: 0n }));
    expect(raw.reasons(1)).toEqual(["DEADLINE_EXCEEDED"]);
    expect(raw.errors(1)[0]!.started).toBe(false);
  });

  test("more than a day counts as a day", async () => {
    let left: number | undefined;
    const unary = (_: unknown, context: { timeLeftMs: number | undefined }): { key: string } => {
      left = context.timeLeftMs;
      return { key: "k" };
    };
    const raw = new RawEnd({ handlers: { unary } });
    await raw.exchange(request(1, "unary", { timeoutUs: 2n ** 64n - 1n }));
    expect(left).toBeLessThanOrEqual(86_400_000);
    expect(left).toBeGreaterThan(86_000_000);
  });

  test("what an opener sends to a call that was answered early is taken, and late after the last fragment", async () => {
    const raw = new RawEnd({ handlers: { up: async () => ({ key: "k", value: text(100_000) }) } });
    await raw.exchange(opening(1));
    // The answer waits for credit: the call is live, and what is streamed is consumed.
    const large = pair("k", text(20_000));
    for (let i = 0; i < 10; i++) await raw.exchange(streamed(1, large));
    const granted = raw.of(FrameType.Credit, 1).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
    expect(granted).toBeGreaterThan(150_000);
    await raw.exchange(credit(1, 65_536));
    expect(raw.of(FrameType.Response, 1).at(-1)!.flags & Flag.EndStream).toBe(Flag.EndStream);
    for (let i = 0; i < 10; i++) await raw.exchange(streamed(1, large));
    await expectAlive(raw, 3);
  });

  test("the reason of a Cancel is cut to 256 characters", async () => {
    let reason: Error | undefined;
    const unary = (_: unknown, context: { signal: AbortSignal }): Promise<never> => {
      context.signal.addEventListener("abort", () => (reason = context.signal.reason as Error));
      return never();
    };
    const raw = new RawEnd({ handlers: { unary } });
    await raw.exchange(request(1), cancel(1, text(10_000)));
    expect(reason!.message.length).toBeLessThan(400);
  });

  test("a flood of Cancels: CONTROL_FLOOD", async () => {
    const raw = new RawEnd({ limits: { maxCalls: 4, cancelsPerSecond: 1 } });
    await raw.exchange(request(1), ...Array.from({ length: 8 }, () => cancel(1)));
    expect(raw.closed).toBeUndefined();
    await raw.exchange(cancel(1));
    expectEnd(raw, "CONTROL_FLOOD");
  });
});

describe("answers to calls of this side", () => {
  const call = { key: "k", value: "v" };

  test.each<readonly [string, RawFrame, string]>([
    ["a Stream to a unary call", streamed(2), "STREAM_MISUSE"],
    ["a Response without body", response(2), "BAD_ENVELOPE"],
    ["a Response that is no protobuf", { ...response(2), payload: bytes(0xff) }, "BAD_ENVELOPE"],
    ["a body that is no message", response(2, bytes(0x0a, 9)), "DECODE_INVALID"],
    ["a body that breaks its schema", response(2, pair("invalid answer")), "VALIDATION_FAILED"],
    ["a half-close of the callee", { ...streamed(2), flags: Flag.EndStream }, "STREAM_MISUSE"],
    ["an Error", failure(2, "CUSTOM_REASON"), "CUSTOM_REASON"],
    ["an Error that does not decode", { ...failure(2, "X"), payload: bytes(0xff) }, "BAD_ENVELOPE"],
    ["an Error with a reason that is no name", failure(2, "no name"), "UNKNOWN"],
  ])("unary: %s", async (_what, frame, reason) => {
    const raw = new RawEnd();
    const answer = reasonOf(raw.peer.client(Echo).unary(call));
    await raw.exchange();
    await raw.exchange(frame);
    expect(await answer).toBe(reason);
    expect(raw.of(FrameType.Cancel, 2)).toHaveLength(frame.type === FrameType.Stream ? 1 : 0);
    await expectAlive(raw, 1);
    expect(raw.peer.session.liveCalls).toBe(0);
  });

  test.each<readonly [string, RawFrame, string]>([
    ["a Stream without body", { type: FrameType.Stream, id: 2 }, "BAD_ENVELOPE"],
    ["a Stream that is no protobuf", { ...streamed(2), payload: bytes(0xff) }, "BAD_ENVELOPE"],
    ["a Response with body", response(2, pair()), "BAD_ENVELOPE"],
    ["a half-close of the callee", halfClose(2), "STREAM_MISUSE"],
    ["a message that breaks its schema", streamed(2, pair("invalid answer")), "VALIDATION_FAILED"],
  ])("server stream: %s", async (_what, frame, reason) => {
    const raw = new RawEnd();
    const iterator = raw.peer.client(Echo).down(call)[Symbol.asyncIterator]();
    const first = reasonOf(iterator.next());
    await raw.exchange();
    await raw.exchange(frame);
    expect(await first).toBe(reason);
    expect((await iterator.next()).done).toBe(true);
    expect(raw.of(FrameType.Cancel, 2)).toHaveLength(frame.type === FrameType.Stream ? 1 : 0);
    await expectAlive(raw, 1);
  });

  test("a message above max_message_bytes cancels the call: MESSAGE_TOO_LARGE", async () => {
    const raw = new RawEnd({ limits: { maxMessageBytes: 65_536 } });
    const answer = reasonOf(raw.peer.client(Echo).unary(call));
    await raw.exchange();
    const fragment = { ...response(2), flags: Flag.More, payload: new Uint8Array(40_000) };
    await raw.exchange(fragment, { ...fragment, flags: Flag.EndStream });
    expect(await answer).toBe("MESSAGE_TOO_LARGE");
    expect(raw.of(FrameType.Cancel, 2)).toHaveLength(1);
    await expectAlive(raw, 1);
  });

  test("a cancelled call counts against the peer's limit until it is answered", async () => {
    const raw = new RawEnd({ peerLimits: { maxCalls: 2 } });
    const echo = raw.peer.client(Echo);
    const controller = new AbortController();
    const calls = [1, 2].map(() => reasonOf(echo.unary(call, { signal: controller.signal })));
    await raw.exchange();
    controller.abort();
    expect(await Promise.all(calls)).toEqual(["CANCELLED", "CANCELLED"]);
    expect(await reasonOf(echo.unary(call))).toBe("TOO_MANY_CALLS");
    // Either kind of end makes room.
    await raw.exchange(failure(2, "CANCELLED"), response(4, pair()));
    const more = [echo.unary(call), echo.unary(call)];
    await raw.exchange();
    const ids = raw.of(FrameType.Request).map(({ id }) => id);
    expect(ids).toHaveLength(4);
    await raw.exchange(...ids.slice(2).map((id) => response(id, pair())));
    await Promise.all(more);
  });

  test("cancels are paced, so that a peer does not take them for a flood", async () => {
    const peerLimits = { maxCalls: 50 };
    // In no time at all.
    const raw = new RawEnd({ peerLimits, clock: new ManualClock() });
    const echo = raw.peer.client(Echo);
    let answered = 0;
    for (let round = 0; round < 6; round++) {
      const controller = new AbortController();
      const calls = Array.from({ length: 25 }, () => reasonOf(echo.unary(call, { signal: controller.signal })));
      await raw.exchange();
      controller.abort();
      await Promise.all(calls);
      await turns(4);
      // The peer answers all at once, those that were not cancelled yet too.
      const open = raw.of(FrameType.Request).slice(answered);
      answered += open.length;
      await raw.exchange(...open.map(({ id }) => failure(id, "CANCELLED")));
    }
    expect(raw.of(FrameType.Request).length).toBe(150);
    // 50 at once, and 900 a second; those that were answered never leave.
    expect(raw.of(FrameType.Cancel).length).toBe(50);
  });

  test("the timeout travels, the request is written once", async () => {
    const raw = new RawEnd();
    const answer = raw.peer.client(Echo).unary(call, { timeoutMs: 1_000 });
    await raw.exchange();
    const sent = decodeRequest(raw.of(FrameType.Request)[0]!.payload);
    // Rounded up, from a clock that counts in fractions.
    expect(Number(sent.timeoutUs)).toBeLessThanOrEqual(1_000_001);
    expect(Number(sent.timeoutUs)).toBeGreaterThan(500_000);
    await raw.exchange(response(2, pair()));
    await answer;
  });
});

describe("credit", () => {
  // A call whose handler takes nothing: what is sent stays.
  const deaf = (): RawEnd => new RawEnd({ handlers: { up: never, unary: never } });
  const cost = ({ payload }: RawFrame): number => 44 + payload!.length;
  const sized = (id: number, wanted: number): RawFrame => {
    const frame = streamed(id, pair("k", text(wanted - 100)));
    return streamed(id, pair("k", text(wanted - 100 + wanted - cost(frame))));
  };

  test("the window may be used to its last byte", async () => {
    const raw = deaf();
    const open = opening(1);
    await raw.exchange(open, sized(1, 40_000), sized(1, 65_536 - 40_000 - cost(open)));
    expect(raw.closed).toBeUndefined();
    await expectEndAfter(raw, { type: FrameType.Stream, id: 1 }, "CREDIT_EXCEEDED");
  });

  test("one byte more: CREDIT_EXCEEDED", async () => {
    const raw = deaf();
    const open = opening(1);
    await raw.exchange(open, sized(1, 40_000), sized(1, 65_536 - 40_000 - cost(open) + 1));
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test("a Request alone may exceed its window", async () => {
    const raw = deaf();
    await raw.exchange(request(1, "unary", { body: pair("k", text(65_600)) }));
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test("a Response may exceed its window too", async () => {
    const raw = new RawEnd();
    const answer = reasonOf(raw.peer.client(Echo).unary({ key: "k", value: "v" }));
    await raw.exchange();
    await raw.exchange(response(2, pair("k", text(65_600))));
    expectEnd(raw, "CREDIT_EXCEEDED");
    expect(await answer).toBe("SESSION_CLOSED");
  });

  test("events exceed the window that they share", async () => {
    const raw = new RawEnd();
    raw.peer.subscribe(never);
    const fragment = { type: FrameType.Event, payload: new Uint8Array(40_000) };
    await raw.exchange({ ...fragment, id: 1 }, { ...fragment, id: 3 });
    // No events at all, so they were dropped and their bytes granted again.
    expect(raw.closed).toBeUndefined();
    await raw.exchange({ ...fragment, id: 5, payload: new Uint8Array(65_600) });
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test.each<readonly [string, RawFrame[]]>([
    ["a grant of 0", [opening(1), credit(1, 0)]],
    ["a grant of 0 for events", [credit(0, 0)]],
    ["a window above 2^31-1", [opening(1), credit(1, 2 ** 31 - 65_536)]],
    ["in several steps", [opening(1), credit(1, 2 ** 31 - 65_537), credit(1, 1)]],
    ["of events", [credit(0, 2 ** 31 - 65_536)]],
    ["a grant above 32 bits", [opening(1), credit(1, 2 ** 32 - 1)]],
    ["of a Request that is not complete", [{ ...opening(1), flags: Flag.More }, credit(1, 0)]],
  ])("%s: BAD_CREDIT", async (_what, frames) => {
    const raw = deaf();
    await raw.exchange(...frames);
    expectEnd(raw, "BAD_CREDIT");
  });

  test("the largest window is lawful", async () => {
    const raw = deaf();
    await raw.exchange(opening(1), credit(1, 2 ** 31 - 65_537), credit(0, 2 ** 31 - 65_537));
    expect(raw.closed).toBeUndefined();
  });

  test("what the handler of a slow stream takes is granted at half a window, and adds up", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock });
    const open = opening(1);
    await raw.exchange(open);
    let sent = cost(open);
    const grants = (): number[] => raw.of(FrameType.Credit, 1).map(({ payload }) => decodeCredit(payload).bytes);
    for (let i = 0; i < 40; i++) {
      const frame = sized(1, 10_000);
      sent += cost(frame);
      clock.advance(10);
      await raw.exchange(frame);
      const granted = grants().reduce((sum, one) => sum + one, 0);
      expect(granted).toBeLessThanOrEqual(sent);
      expect(sent - granted).toBeLessThan(32_768 + 10_000);
    }
    for (const one of grants()) expect(one).toBeGreaterThanOrEqual(32_768);
    await raw.exchange(halfClose(1));
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
  });

  test("windows of fast streams double up to 1 MiB, as long as the pool of the session lasts, and give it back", async () => {
    const raw = new RawEnd({ clock: new ManualClock() });
    const grown = async (id: number): Promise<number> => {
      const open = opening(id);
      let sent = cost(open);
      await raw.exchange(open);
      for (let i = 0; i < 40; i++) {
        const frame = sized(id, 60_000);
        sent += cost(frame);
        await raw.exchange(frame);
      }
      const granted = raw.of(FrameType.Credit, id).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
      return 65_536 + granted - sent;
    };
    // What is not granted yet is less than half of the window.
    const windows = [];
    for (let id = 1; id < 2 * 18; id += 2) windows.push(await grown(id));
    for (const window of windows.slice(0, 16)) expect(window).toBeGreaterThan(524_288);
    for (const window of windows) expect(window).toBeLessThanOrEqual(1_048_576);
    expect(windows.reduce((sum, one) => sum + one - 65_536, 0)).toBeLessThanOrEqual(16_777_216);
    expect(windows.at(-1)).toBeLessThanOrEqual(524_288);
    await raw.exchange(halfClose(1));
    expect(await grown(37)).toBeGreaterThan(524_288);
  });

  test("small fragments of a Request leave its stream no larger window", async () => {
    const raw = new RawEnd({ handlers: { up: async () => never() } });
    const whole = opening(1).payload!;
    for (let i = 0; i < whole.length - 1; i++) {
      await raw.exchange({ ...opening(1), flags: Flag.More, payload: whole.slice(i, i + 1) });
    }
    await raw.exchange({ ...opening(1), payload: whole.slice(-1) });
    const granted = raw.of(FrameType.Credit, 1).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
    expect(granted).toBeLessThanOrEqual(45 * whole.length);
  });

  test("windows that moved while a Request came in are those of its call", async () => {
    const raw = new RawEnd({
      handlers: {
        both: async function* both() {
          yield { key: "k", value: text(300_000) };
        },
      },
    });
    const whole = opening(1, "both").payload!;
    // The opener makes room for a large answer before the Request is complete.
    await raw.exchange({ ...opening(1), flags: Flag.More, payload: whole.slice(0, 3) }, credit(1, 1_000_000));
    await raw.exchange({ ...opening(1), payload: whole.slice(3) });
    const sent = raw.of(FrameType.Stream, 1).reduce((sum, { payload }) => sum + payload.length, 0);
    expect(sent).toBeGreaterThan(300_000);
  });

  test("messages that a handler no longer wants are granted all the same", async () => {
    const raw = new RawEnd({
      handlers: {
        up: async (requests) => {
          for await (const _ of requests) break;
          return never();
        },
      },
    });
    await raw.exchange(opening(1), sized(1, 20_000), sized(1, 20_000), sized(1, 20_000));
    const granted = raw.of(FrameType.Credit, 1).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
    expect(granted).toBeGreaterThan(60_000);
    for (let i = 0; i < 10; i++) await raw.exchange(sized(1, 30_000));
    expect(raw.closed).toBeUndefined();
  });

  test("a sender stays within the window, and does not wait while more than 32,768 bytes remain", async () => {
    const raw = new RawEnd({
      handlers: {
        async *both() {
          yield { key: "k", value: text(20_000) };
          yield { key: "k", value: text(80_000) };
        },
      },
    });
    await raw.exchange(opening(1, "both"));
    const sent = (): number => raw.of(FrameType.Stream, 1).reduce((sum, frame) => sum + cost(frame), 0);
    // 45,000 remain for a message of 80,000: it is cut.
    expect(sent()).toBe(65_536);
    await raw.exchange(credit(1, 10));
    expect(sent()).toBe(65_536);
    await raw.exchange(credit(1, 40_000));
    expect(sent()).toBeGreaterThan(65_536 + 10 + 40_000 - 32_768);
    expect(sent()).toBeLessThanOrEqual(65_536 + 40_010);
  });
});

describe("sealed calls", () => {
  test.each<readonly [string, (RawFrame & { readonly sealed?: boolean })[]]>([
    ["a sensitive method in clear", [request(1, "secret")]],
    ["another method sealed", [{ ...request(1), sealed: true }]],
    ["a stream sealed", [{ ...opening(1), sealed: true }]],
    ["a sealed Stream of a clear call", [opening(1), { ...streamed(1), sealed: true }]],
    ["a sealed Cancel of a clear call", [opening(1), { ...cancel(1), sealed: true }]],
    ["a clear fragment of a sealed Request", [{ ...request(1, "secret"), flags: Flag.More, sealed: true }, request(1)]],
    [
      "a sealed fragment of a clear Request",
      [
        { ...request(1), flags: Flag.More },
        { ...request(1), sealed: true },
      ],
    ],
    ["a clear Cancel of a sealed Request", [{ ...request(1, "secret"), flags: Flag.More, sealed: true }, cancel(1)]],
  ])("%s: SEAL_REQUIRED", async (_what, frames) => {
    const raw = new RawEnd({ handlers: { up: never } });
    await raw.exchange(...frames);
    expectEnd(raw, "SEAL_REQUIRED");
  });

  test.each<readonly [string, RawFrame]>([
    ["a clear Response", response(2, pair())],
    ["a clear Error", failure(2, "X")],
    ["a clear Stream", streamed(2)],
    ["a clear half-close", halfClose(2)],
  ])("%s to a sensitive call of this side: SEAL_REQUIRED", async (_what, frame) => {
    const raw = new RawEnd();
    const answer = reasonOf(raw.peer.client(Echo).secret({ key: "k", value: "v" }));
    await raw.exchange();
    expect(raw.of(FrameType.Request)[0]!.flags & Flag.Encrypted).toBe(Flag.Encrypted);
    await raw.exchange(frame);
    expectEnd(raw, "SEAL_REQUIRED");
    expect(await answer).toBe("SESSION_CLOSED");
  });

  test("a sealed call is sealed throughout, its Credit in clear", async () => {
    const raw = new RawEnd({ handlers: { secret: () => ({ key: "k", value: text(100_000) }) } });
    await raw.exchange({ ...request(1, "secret"), sealed: true }, credit(1, 65_536));
    const answer = raw.of(FrameType.Response, 1);
    expect(answer.length).toBeGreaterThan(1);
    expect(answer.every(({ flags }) => (flags & Flag.Encrypted) !== 0)).toBe(true);
    // The cost of sealed frames is that of their clear payload.
    expect(answer.reduce((sum, { payload }) => sum + payload.length, 0)).toBeGreaterThan(100_000);
  });

  test("sealed control frames are taken", async () => {
    const raw = new RawEnd();
    await raw.exchange({ type: FrameType.Heartbeat, id: 1, sealed: true }, { ...credit(0, 1), sealed: true });
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
    await expectAlive(raw, 3);
  });
});

async function expectEndAfter(raw: RawEnd, frame: RawFrame, reason: string): Promise<void> {
  await raw.exchange(frame);
  expectEnd(raw, reason);
}
