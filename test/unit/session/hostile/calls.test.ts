import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { decodeCredit } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import {
  cancel,
  credit,
  expectAlive,
  expectEnd,
  halfClose,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  streamed,
  turns,
} from "../../../suites/raw-end.js";
import { never, text } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 9, against a live session: calls of the peer.

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
