import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import {
  decodeAck,
  decodeCredit,
  decodeEvent,
  encodeAck,
  MetadataCodec as PairCodec,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import type { ReceivedEvent } from "../../../../runtime/typescript/src/session/events.js";
import { ManualClock } from "../../../suites/manual-clock.js";
import { Echo } from "../../../suites/peers.js";
import {
  credit,
  event,
  expectAlive,
  expectEnd,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  streamed,
  turns,
} from "../../../suites/raw-end.js";
import { bytes, never, reasonOf, text } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 15, against a live session.

const call = { key: "k", value: "v" };

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
});
