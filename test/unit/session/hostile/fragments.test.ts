import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { decodeResponse } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import {
  decodeHeartbeat,
  encodeHeartbeat,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { Echo } from "../../../suites/peers.js";
import {
  begun,
  cancel,
  control,
  type EndingRow,
  event,
  expectAlive,
  expectEnd,
  fragment,
  halfClose,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  streamed,
} from "../../../suites/raw-end.js";
import { bytes } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 7, against a live session: messages in parts.

const eventId = new Uint8Array(16).fill(7);

describe("fragments", () => {
  test.each<EndingRow>([
    ["empty with MORE, first", [{ ...begun(1), payload: bytes() }], "BAD_FRAGMENT"],
    ["empty with MORE, later", [begun(1), { ...begun(1), payload: bytes() }], "BAD_FRAGMENT"],
    ["a Stream inside a Request", [begun(1), streamed(1)], "BAD_FRAGMENT"],
    ["a half-close inside a Request", [begun(1), halfClose(1)], "BAD_FRAGMENT"],
    ["an empty Stream with MORE", [opening(1), fragment(FrameType.Stream, 1, Flag.More, bytes())], "BAD_FRAGMENT"],
    ["an Event inside another", [fragment(FrameType.Event, 1), event(3, "a", eventId)], "BAD_FRAGMENT"],
    ["an Event with fragments inside another", [1, 3].map((id) => fragment(FrameType.Event, id)), "BAD_FRAGMENT"],
    ["an empty Event with MORE", [fragment(FrameType.Event, 1, Flag.More, bytes())], "BAD_FRAGMENT"],
    [
      "an empty Event with MORE, later",
      [fragment(FrameType.Event, 1), fragment(FrameType.Event, 1, Flag.More, bytes())],
      "BAD_FRAGMENT",
    ],
  ])("%s", async (_what, frames, reason) => {
    const raw = new RawEnd();
    await raw.exchange(...frames);
    expectEnd(raw, reason);
  });

  test("a Response inside a Stream", async () => {
    const raw = new RawEnd();
    const iterator = raw.peer.client(Echo).down({ key: "k", value: "1" })[Symbol.asyncIterator]();
    const next = iterator.next().catch(() => "failed");
    await raw.exchange();
    await raw.exchange(fragment(FrameType.Stream, 2), response(2));
    expectEnd(raw, "BAD_FRAGMENT");
    expect(await next).toBe("failed");
  });

  test("MORE on the answer to a control request", async () => {
    const raw = new RawEnd();
    const round = raw.peer.session.ping().catch(() => 0);
    await raw.exchange();
    const { id } = raw.of(FrameType.Heartbeat)[0]!;
    await raw.exchange(fragment(FrameType.Response, id));
    expectEnd(raw, "BAD_FRAGMENT");
    await round;
  });

  test("of different calls may interleave, one byte at a time", async () => {
    const raw = new RawEnd();
    const ids = [1, 3, 5];
    const messages = ids.map((id) => request(id, "unary", { body: pair("k", `value ${id}`) }).payload!);
    const frames: RawFrame[] = [];
    for (let at = 0; at < messages[0]!.length; at++) {
      for (const [i, id] of ids.entries()) {
        const message = messages[i]!;
        const last = at === message.length - 1;
        frames.push(fragment(FrameType.Request, id, last ? Flag.EndStream : Flag.More, message.slice(at, at + 1)));
      }
    }
    await raw.exchange(...frames);
    expect(raw.of(FrameType.Response).map(({ id }) => id)).toEqual(ids);
    expect(new TextDecoder().decode(raw.of(FrameType.Response, 3)[0]!.payload)).toContain("value 3");
    await expectAlive(raw, 7);
  });

  test("an empty last fragment is lawful", async () => {
    const raw = new RawEnd();
    const whole = request(1);
    await raw.exchange({ ...whole, flags: Flag.More }, { ...whole, payload: bytes() });
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
  });

  test("a Cancel between fragments ends what was begun", async () => {
    const raw = new RawEnd();
    await raw.exchange(begun(1), cancel(1), begun(1), { ...begun(1), flags: Flag.EndStream });
    expect(raw.reasons(1)).toEqual(["CANCELLED"]);
    expect(raw.peer.session.liveCalls).toBe(0);
    await expectAlive(raw, 3);
  });

  test("a message above max_message_bytes fails its call, and nothing else", async () => {
    const raw = new RawEnd({ limits: { maxMessageBytes: 65_536 } });
    const body = new Uint8Array(40_000);
    await raw.exchange(fragment(FrameType.Request, 1, Flag.More, body));
    await raw.exchange(fragment(FrameType.Request, 1, Flag.More, body));
    expect(raw.reasons(1)).toEqual(["MESSAGE_TOO_LARGE"]);
    expect(raw.errors(1)[0]!.retryable).toBe(false);
    await raw.exchange(fragment(FrameType.Request, 1, Flag.EndStream, body));
    await expectAlive(raw, 3);
  });

  test("a message of exactly max_message_bytes is taken", async () => {
    const raw = new RawEnd({ limits: { maxMessageBytes: 65_536 } });
    const head = request(1, "unary", { body: pair("k", "x".repeat(65_500)) }).payload!;
    const whole = request(1, "unary", { body: pair("k", "x".repeat(65_500 + 65_536 - head.length)) }).payload!;
    expect(whole.length).toBe(65_536);
    await raw.exchange(fragment(FrameType.Request, 1, Flag.More, whole.slice(0, 40_000)));
    await raw.exchange(fragment(FrameType.Request, 1, Flag.EndStream, whole.slice(40_000)));
    expect(raw.of(FrameType.Error)).toHaveLength(0);
    expect(raw.of(FrameType.Response, 1).length).toBeGreaterThan(0);
  });

  test("too many unfinished bytes fail the youngest message, which may be tried again", async () => {
    const raw = new RawEnd({ limits: { maxIncompleteBytes: 100_000 } });
    const body = new Uint8Array(40_000);
    for (const id of [1, 3]) await raw.exchange(fragment(FrameType.Request, id, Flag.More, body));
    expect(raw.of(FrameType.Error)).toHaveLength(0);
    // The eldest grows beyond the limit, and the youngest goes.
    await raw.exchange(fragment(FrameType.Request, 1, Flag.More, body));
    expect(raw.reasons(1)).toEqual([]);
    expect(raw.reasons(3)).toEqual(["MESSAGE_TOO_LARGE"]);
    expect(raw.errors(3)[0]!.retryable).toBe(true);
    await expectAlive(raw, 5);
  });

  test("unfinished bytes of calls that ended are counted no more", async () => {
    const raw = new RawEnd({ limits: { maxIncompleteBytes: 100_000 } });
    const body = new Uint8Array(40_000);
    for (let id = 1; id < 60; id += 2) await raw.exchange(fragment(FrameType.Request, id, Flag.More, body), cancel(id));
    expect(new Set(raw.of(FrameType.Error).map(({ id }) => raw.reasons(id)[0]))).toEqual(new Set(["CANCELLED"]));
    await expectAlive(raw, 101);
  });

  test("room for a message grows with what arrives, not ahead of it", async () => {
    const raw = new RawEnd({ limits: { maxCalls: 4_096 } });
    const before = process.memoryUsage().arrayBuffers;
    await raw.exchange(...Array.from({ length: 4_000 }, (_, i) => begun(2 * i + 1)));
    // 4,000 buffers of the size of a window would take 262 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
    await expectAlive(raw, 10_001);
  });

  test("RETRY and priority of any fragment change nothing", async () => {
    const raw = new RawEnd();
    const whole = request(1).payload!;
    await raw.exchange(
      fragment(FrameType.Request, 1, Flag.More | Flag.Retry, whole.slice(0, 3)),
      fragment(FrameType.Request, 1, Flag.EndStream | 0x0300, whole.slice(3)),
    );
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
  });

  test("a Heartbeat between fragments is answered", async () => {
    const raw = new RawEnd();
    await raw.exchange(begun(1), control(FrameType.Heartbeat, 3, encodeHeartbeat({ nonce: 42n })));
    const [answer] = raw.of(FrameType.Response, 3);
    expect(decodeHeartbeat(decodeResponse(answer!.payload).body!).nonce).toBe(42n);
  });
});
