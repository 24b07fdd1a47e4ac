import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { decodeRequest } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { ManualClock } from "../../../suites/manual-clock.js";
import { Echo } from "../../../suites/peers.js";
import {
  expectAlive,
  failure,
  halfClose,
  pair,
  RawEnd,
  type RawFrame,
  response,
  streamed,
  turns,
} from "../../../suites/raw-end.js";
import { bytes, reasonOf } from "../../../suites/shorthand.js";

// PROTOCOL.md, sections 8, 9 and 11, against a live session: what the peer answers.

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
