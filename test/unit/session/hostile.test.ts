import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import {
  decodeResponse,
  encodeCredit,
  encodeRequest,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { decodeHeartbeat, encodeHeartbeat } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { Echo } from "../../suites/peers.js";
import {
  cancel,
  credit,
  event,
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
  shutdown,
  streamed,
  turns,
} from "../../suites/raw-end.js";

// Frames that break rules of PROTOCOL.md, thrown at a live session. Sections 5 to 7: frames, ids, fragments.

/** Frames as a test sends them, and the reason that must end the connection. */
type Row = readonly [what: string, frames: readonly (RawFrame | Uint8Array)[], reason: string];

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const control = (type: number, id: number, payload = bytes()): RawFrame => ({ type, id, payload });
const eventId = new Uint8Array(16).fill(7);
/** The first fragment of a Request, and a later one. */
const begun = (id: number): RawFrame => ({
  type: FrameType.Request,
  flags: Flag.More,
  id,
  payload: encodeRequest({ methodId: methodId("unary") }),
});
const fragment = (type: number, id: number, flags: number = Flag.More, payload = bytes(1)): RawFrame => ({
  type,
  flags,
  id,
  payload,
});

interface Vector {
  readonly name: string;
  readonly layer: string;
  readonly hex: string;
  readonly reason: string;
  readonly receiver: {
    readonly side: "daemon" | "plugin";
    readonly phase: string;
    readonly highestOwn: string;
    readonly highestPeer: string;
  };
}
const { valid, invalid } = JSON.parse(
  readFileSync(new URL("../../../golden/vectors/frames.json", import.meta.url), "utf8"),
) as { readonly valid: readonly Vector[]; readonly invalid: readonly Vector[] };

/** A session that has opened and seen the ids that the vector supposes. */
async function receiverOf({ receiver }: Vector): Promise<RawEnd> {
  const raw = new RawEnd({ side: receiver.side });
  const last = Number(receiver.highestPeer);
  await raw.exchange(request(last));
  // The only ids that a session draws by itself, without leaving something that waits for the raw end.
  const parity = receiver.side === "plugin" ? 1 : 2;
  for (let id = parity; id <= Number(receiver.highestOwn); id += 2) {
    const answer = raw.peer.client(Echo).unary({ key: "k", value: "v" });
    await turns(2);
    await raw.exchange(response(id, pair()));
    await answer;
  }
  return raw;
}

describe("vectors that a session refuses", () => {
  test.each(invalid.filter(({ receiver }) => receiver.phase === "OPEN"))("$name: $reason", async (vector) => {
    const raw = await receiverOf(vector);
    expect(raw.closed).toBeUndefined();
    await raw.exchange(new Uint8Array(Buffer.from(vector.hex, "hex")));
    expectEnd(raw, vector.reason);
  });

  // Compressed, handed off and sealed bodies need features, or keys that the vectors do not have.
  test.each(valid.filter(({ receiver, name }) => receiver.phase === "OPEN" && !/sealed|encrypted/i.test(name)))(
    "a frame that is lawful does not end the connection: $name",
    async (vector) => {
      const raw = await receiverOf(vector);
      await raw.exchange(new Uint8Array(Buffer.from(vector.hex, "hex")));
      const told = raw.errors(0)[0]?.reason;
      // Error 0 and Shutdown end a session without calls: that is what they are for.
      expect([undefined, raw.closed === undefined ? "alive" : raw.closed.reason]).toContain(told);
      expect(told).toBeUndefined();
    },
  );
});

describe("checks on receipt", () => {
  test.each<Row>([
    ["a version of another protocol", [{ ...request(1), faults: { version: 2 } }], "BAD_VERSION"],
    ["reserved bytes", [{ ...request(1), faults: { reserved: 1 } }], "BAD_RESERVED"],
    ["a type that does not exist", [{ type: 0x30, id: 1 }], "BAD_TYPE"],
    ["type 0", [{ type: 0, id: 1 }], "BAD_TYPE"],
    ["Sealed, which was not agreed on", [{ type: FrameType.Sealed, flags: Flag.Encrypted }], "BAD_TYPE"],
    ["the reserved critical flag", [{ ...request(1), flags: 0x88 }], "BAD_FLAGS"],
    ["COMPRESSED, which was not agreed on", [{ ...request(1), flags: 9 }], "BAD_FLAGS"],
    ["HANDOFF, which was not agreed on", [{ ...request(1), flags: 0x18 }], "BAD_FLAGS"],
    ["MORE with END_STREAM", [{ ...request(1), flags: 0x0c }], "BAD_FLAGS"],
    ["a Response without either", [{ ...response(2), flags: 0 }], "BAD_FLAGS"],
    ["an Error without END_STREAM", [{ ...failure(2, "X"), flags: 0 }], "BAD_FLAGS"],
    ["a Credit with MORE", [{ ...credit(1, 1), flags: Flag.More }], "BAD_FLAGS"],
    ["a Handshake", [{ type: FrameType.Handshake }], "BAD_PHASE"],
    ["a PluginRegister", [{ type: FrameType.PluginRegister, sealed: true }], "BAD_PHASE"],
    ["a payload above max_frame_bytes", [{ ...request(1), faults: { length: 1_048_577 } }], "FRAME_TOO_LARGE"],
    ["a control payload above 65,536", [{ ...credit(0, 1), faults: { length: 65_537 } }], "FRAME_TOO_LARGE"],
    ["an Error above 65,536", [{ ...failure(2, "X"), faults: { length: 65_537 } }], "FRAME_TOO_LARGE"],
    ["a checksum that differs", [{ ...request(1), faults: { checksumXor: 1n } }], "BAD_CHECKSUM"],
    ["another session id", [{ ...request(1), session: 1n }], "BAD_SESSION"],
    ["session id 0", [{ ...request(1), session: 0n }], "BAD_SESSION"],
    ["session id 0 in an Error of a call", [request(1), { ...failure(2, "X"), session: 0n }], "BAD_SESSION"],
    ["a Credit that is no protobuf", [request(1), { ...credit(1, 1), payload: bytes(0xff) }], "late"],
    ["a Credit of events that is no protobuf", [{ ...credit(0, 1), payload: bytes(0xff) }], "BAD_ENVELOPE"],
    ["an Ack that is no protobuf", [{ type: FrameType.Ack, payload: bytes(0xff) }], "BAD_ENVELOPE"],
    ["a Shutdown that is no protobuf", [{ type: FrameType.Shutdown, payload: bytes(0xff) }], "BAD_ENVELOPE"],
    ["MetricsReport that is no protobuf", [{ type: FrameType.MetricsReport, payload: bytes(0xff) }], "BAD_ENVELOPE"],
    ["a Cancel that is no protobuf", [opening(1), { ...cancel(1), payload: bytes(0xff) }], "BAD_ENVELOPE"],
    ["a Cancel whose text is not UTF-8", [opening(1), { ...cancel(1), payload: bytes(0x0a, 1, 0xff) }], "BAD_ENVELOPE"],
  ])("%s", async (_what, frames, reason) => {
    const raw = new RawEnd();
    await raw.exchange(...frames);
    if (reason === "late") await expectAlive(raw, 3);
    else expectEnd(raw, reason);
  });

  test("flags of the high byte that nobody knows are ignored", async () => {
    const raw = new RawEnd();
    await raw.exchange({ ...request(1), flags: Flag.EndStream | 0xfc00 });
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
    await expectAlive(raw, 3);
  });

  test.each([
    ["CapabilityQuery", FrameType.CapabilityQuery, 2],
    ["ResourceRequest", FrameType.ResourceRequest, 2],
    ["PluginUnregister", FrameType.PluginUnregister, 2],
    ["MetricsReport", FrameType.MetricsReport, 0],
  ] as const)("%s towards a plugin", async (_what, type, id) => {
    const raw = new RawEnd({ side: "plugin" });
    await raw.exchange(control(type, id));
    expectEnd(raw, "BAD_PHASE");
  });

  test("whatever ends the connection fails every live call, once", async () => {
    const raw = new RawEnd();
    const answer = raw.peer.client(Echo).unary({ key: "k", value: "v" });
    const caught = answer.catch((error: unknown) => error);
    await raw.exchange(opening(1), { type: 0x30, id: 3 });
    expectEnd(raw, "BAD_TYPE");
    expect(await caught).toMatchObject({ reason: "SESSION_CLOSED", started: true });
    expect(raw.peer.session.liveCalls).toBe(0);
  });

  test("what follows a fault in one write is not looked at", async () => {
    const raw = new RawEnd();
    await raw.exchange({ type: 0x30, id: 1 }, request(3), request(5));
    expectEnd(raw, "BAD_TYPE");
    expect(raw.of(FrameType.Response)).toHaveLength(0);
    expect(raw.of(FrameType.Error)).toHaveLength(1);
  });

  test("a fault behind lawful frames leaves their answers", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1), { type: 0x30, id: 3 });
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
    expectEnd(raw, "BAD_TYPE");
  });

  test("an Error with message id 0 closes, with the session id or without", async () => {
    for (const session of [0n, 0x0123456789ab8defn]) {
      const raw = new RawEnd();
      await raw.exchange({ ...failure(0, "BAD_CREDIT"), session });
      expect(raw.closed?.reason).toBe("BAD_CREDIT");
      expect(raw.of(FrameType.Error)).toHaveLength(0);
      expect(raw.over).toBe(true);
    }
  });

  test("an Error with message id 0 that does not decode closes all the same", async () => {
    const raw = new RawEnd();
    await raw.exchange({ ...failure(0, "X"), payload: bytes(0xff, 0xff) });
    expect(raw.closed?.reason).toBe("BAD_ENVELOPE");
  });
});

describe("message ids", () => {
  test.each<Row>([
    ["an id above 2^53-1", [{ ...request(1), id: 2n ** 53n + 1n }], "BAD_MESSAGE_ID"],
    ["0 that opens", [{ ...request(1), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Heartbeat", [control(FrameType.Heartbeat, 0)], "BAD_MESSAGE_ID"],
    ["0 in an Event", [{ ...event(1, "a", eventId), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Stream", [{ ...streamed(1), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Cancel", [{ ...cancel(1), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Response", [{ ...response(2), id: 0 }], "BAD_MESSAGE_ID"],
    ["an id in a Shutdown", [{ ...shutdown(0), id: 1 }], "BAD_MESSAGE_ID"],
    ["an id in an Ack", [{ type: FrameType.Ack, id: 1 }], "BAD_MESSAGE_ID"],
    ["an id in a MetricsReport", [{ type: FrameType.MetricsReport, id: 1 }], "BAD_MESSAGE_ID"],
    ["a Request with the receiver's parity", [request(2)], "BAD_MESSAGE_ID"],
    ["an Event with the receiver's parity", [event(2, "a", eventId)], "BAD_MESSAGE_ID"],
    ["a Heartbeat with the receiver's parity", [control(FrameType.Heartbeat, 2)], "BAD_MESSAGE_ID"],
    ["a Response of the opener", [opening(1), response(1, pair())], "BAD_MESSAGE_ID"],
    ["an Error of the opener", [opening(1), failure(1, "X")], "BAD_MESSAGE_ID"],
    ["a Cancel of the callee", [cancel(2)], "BAD_MESSAGE_ID"],
    ["a Response to what was never opened", [response(2, pair())], "BAD_MESSAGE_ID"],
    ["an Error of what was never opened", [failure(2, "X")], "BAD_MESSAGE_ID"],
    ["a Stream of what was never opened", [streamed(1)], "BAD_MESSAGE_ID"],
    ["a Cancel of what was never opened", [cancel(1)], "BAD_MESSAGE_ID"],
    ["a Credit of what was never opened", [credit(1, 1)], "BAD_MESSAGE_ID"],
    ["a Credit of the other side's future", [credit(2, 1)], "BAD_MESSAGE_ID"],
    ["an undecodable Cancel of what was never opened", [{ ...cancel(1), payload: bytes(0xff) }], "BAD_MESSAGE_ID"],
    ["an empty Credit of what was never opened", [credit(1, 0)], "BAD_MESSAGE_ID"],
    ["a second Request of a live id", [opening(1), opening(1)], "BAD_MESSAGE_ID"],
    ["an Event of a live id", [opening(1), event(1, "a", eventId)], "BAD_MESSAGE_ID"],
    ["a Heartbeat of a live id", [opening(1), control(FrameType.Heartbeat, 1)], "BAD_MESSAGE_ID"],
    ["a Heartbeat of an ended id", [request(1), control(FrameType.Heartbeat, 1)], "BAD_MESSAGE_ID"],
    ["a Heartbeat below the highest", [request(5), control(FrameType.Heartbeat, 3)], "BAD_MESSAGE_ID"],
    ["a Stream of a live event", [fragment(FrameType.Event, 1), streamed(1)], "BAD_MESSAGE_ID"],
    ["a Credit of a live event", [fragment(FrameType.Event, 1), credit(1, 1)], "BAD_MESSAGE_ID"],
    ["a Cancel of a live event", [fragment(FrameType.Event, 1), cancel(1)], "BAD_MESSAGE_ID"],
    ["a Request of a live event", [fragment(FrameType.Event, 1), request(1)], "BAD_MESSAGE_ID"],
  ])("%s", async (_what, frames, reason) => {
    const raw = new RawEnd();
    await raw.exchange(...frames);
    expectEnd(raw, reason);
  });

  test.each([FrameType.Stream, FrameType.Credit] as const)("type %i of a live control request", async (type) => {
    const raw = new RawEnd();
    const round = raw.peer.session.ping().catch(() => 0);
    await turns();
    const { id } = raw.of(FrameType.Heartbeat)[0]!;
    await raw.exchange({ type, id, payload: type === FrameType.Credit ? encodeCredit({ bytes: 1 }) : bytes() });
    expectEnd(raw, "BAD_MESSAGE_ID");
    await round;
  });

  test("gaps are lawful", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1), request(1001), request(2 ** 53 - 1));
    expect(raw.of(FrameType.Response).map(({ id }) => id)).toEqual([1, 1001, 2 ** 53 - 1]);
  });

  test("late frames are dropped silently and cost nothing", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(9));
    const large = new Uint8Array(60_000);
    const late: RawFrame[] = [
      request(1),
      request(9),
      begun(3),
      { ...begun(3), flags: 0 },
      streamed(9),
      { ...streamed(9), payload: large },
      { ...streamed(9), payload: large },
      { ...streamed(9), payload: large },
      { ...streamed(9), sealed: true },
      halfClose(9),
      credit(9, 10),
      credit(9, 0),
      credit(7, 2 ** 31 - 1),
      credit(7, 2 ** 31 - 1),
      cancel(9),
      { ...cancel(9), payload: bytes(0xff) },
      event(5, "a", eventId),
      { ...event(5, "a", eventId), flags: Flag.More },
    ];
    await raw.exchange(...late);
    expect(raw.seen).toHaveLength(1);
    await expectAlive(raw, 11);
  });

  test("late answers to a call of this side are dropped silently", async () => {
    const raw = new RawEnd();
    const answer = raw.peer.client(Echo).unary({ key: "k", value: "v" });
    await raw.exchange();
    await raw.exchange(response(2, pair("a", "b")), response(2, pair("c", "d")), failure(2, "X"), streamed(2));
    await raw.exchange({ ...response(2, pair()), flags: Flag.More }, { ...response(2), sealed: true });
    expect(await answer).toMatchObject({ key: "a", value: "b" });
    await expectAlive(raw, 1);
  });
});

describe("fragments", () => {
  test.each<Row>([
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
