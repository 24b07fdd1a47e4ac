import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { Echo } from "../../../suites/peers.js";
import {
  cancel,
  control,
  credit,
  type EndingRow,
  expectAlive,
  expectEnd,
  failure,
  opening,
  pair,
  RawEnd,
  request,
  response,
  turns,
} from "../../../suites/raw-end.js";
import { bytes } from "../../../suites/shorthand.js";

// Frames that break rules of PROTOCOL.md, section 5, thrown at a live session.

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
  readFileSync(new URL("../../../../golden/vectors/frames.json", import.meta.url), "utf8"),
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
  test.each<EndingRow>([
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
