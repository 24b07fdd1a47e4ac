import { describe, expect, test } from "vitest";
import { createMemoryArenas } from "../../../../runtime/typescript/src/arena/memory-arena.js";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import {
  decodeAck,
  encodeAck,
  encodeRegion,
  type RegionInit,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { setup } from "../../../suites/handoff.js";
import {
  expectAlive,
  expectEnd,
  halfClose,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  streamed,
} from "../../../suites/raw-end.js";

// A plugin that shares memory with a daemon and does not keep to the rules.

const arenaBytes = 1_048_576;
const toDaemon = 2;
const body = pair("key", "v".repeat(70_000));

interface Hostile {
  readonly raw: RawEnd;
  /** What the plugin may write to. */
  readonly memory: Uint8Array;
}

function hostile(options: ConstructorParameters<typeof RawEnd>[0] = {}): Hostile {
  const [daemon, plugin] = createMemoryArenas(arenaBytes);
  const memory = plugin.outgoing.map()!;
  memory.set(body);
  return {
    raw: new RawEnd({ ...options, agreed: { handoff: true, ...options.agreed }, handoff: setup(daemon) }),
    memory,
  };
}

const region = (init: RegionInit = {}): Uint8Array =>
  encodeRegion({ arena: toDaemon, offset: 0n, length: body.length, ...init });
const handed = (frame: RawFrame, flags = 0): RawFrame => ({
  ...frame,
  flags: (frame.flags ?? 0) | Flag.Handoff | flags,
});
const call = (id: number, init: RegionInit = {}): RawFrame => handed(request(id, "unary", { body: region(init) }));
/** Offsets of the regions that were acknowledged. */
const acknowledged = (raw: RawEnd): number[] =>
  raw.of(FrameType.Ack).flatMap(({ payload }) => decodeAck(payload).regions.map(Number));

describe("a region that cannot be ends the connection", () => {
  const cases: readonly (readonly [what: string, frames: readonly RawFrame[], reason: string])[] = [
    ["beyond the arena", [call(1, { offset: BigInt(arenaBytes - body.length + 1) })], "BAD_HANDOFF"],
    ["from its end on", [call(1, { offset: BigInt(arenaBytes), length: 1 })], "BAD_HANDOFF"],
    ["at an offset of 2^64-1, where sums wrap", [call(1, { offset: 2n ** 64n - 1n })], "BAD_HANDOFF"],
    ["at an offset beyond what a number holds", [call(1, { offset: 2n ** 53n + 1n })], "BAD_HANDOFF"],
    ["of 4 GiB", [call(1, { length: 0xffff_ffff })], "BAD_HANDOFF"],
    ["empty", [call(1, { length: 0 })], "BAD_HANDOFF"],
    ["in the arena of the other direction", [call(1, { arena: 1 })], "BAD_HANDOFF"],
    ["in no arena", [call(1, { arena: 0 })], "BAD_HANDOFF"],
    ["in an arena that there is not", [call(1, { arena: 3 })], "BAD_HANDOFF"],
    ["a frame without a body", [handed(opening(1, "up"))], "BAD_HANDOFF"],
    ["a body that is no region", [handed(request(1, "unary", { body: Uint8Array.of(0xff, 0xff) }))], "BAD_HANDOFF"],
    [
      "an envelope that does not decode",
      [handed({ type: FrameType.Request, flags: Flag.EndStream, id: 1, payload: Uint8Array.of(0x7a, 0x20, 1) })],
      "BAD_HANDOFF",
    ],
    ["with MORE", [handed({ ...request(1), flags: 0 }, Flag.More)], "BAD_FLAGS"],
    ["sealed", [{ ...handed(request(1, "secret", { body: region() })), sealed: true }], "BAD_FLAGS"],
    ["a sensitive call in clear", [handed(request(1, "secret", { body: region() }))], "SEAL_REQUIRED"],
    ["an Event", [{ type: FrameType.Event, flags: Flag.Handoff, id: 1 }], "BAD_FLAGS"],
    ["the last fragment of a message", [{ ...request(1, "unary"), flags: Flag.More }, call(1)], "BAD_HANDOFF"],
    ["of an id that was never opened", [handed(response(2, region()))], "BAD_MESSAGE_ID"],
  ];
  test.each(cases)("%s", async (_, frames, reason) => {
    const { raw } = hostile();
    await raw.exchange(...frames);
    expectEnd(raw, reason);
  });

  test.each([
    ["the same", { offset: 4_096n }],
    ["one within it", { offset: 5_000n, length: 10 }],
    ["one around it", { offset: 0n, length: 200_000 }],
    ["one that ends in it", { offset: 0n, length: 4_097 }],
    ["one that begins in it", { offset: 74_095n, length: 10 }],
  ])("live and announced again: %s", async (_, init) => {
    const { raw, memory } = hostile({ handlers: { up: () => new Promise(() => {}) } });
    memory.set(body, 4_096);
    await raw.exchange(opening(1, "up"), handed(streamed(1, region({ offset: 4_096n }))));
    // Nobody has taken it.
    expect(acknowledged(raw)).toEqual([]);
    await raw.exchange(handed(streamed(1, region(init))));
    expectEnd(raw, "BAD_HANDOFF");
  });

  test("more regions than may be live", async () => {
    const { raw, memory } = hostile({ handlers: { up: () => new Promise(() => {}) } });
    const small = pair("k", "v");
    for (let i = 0; i < 1_025; i++) memory.set(small, 64 * i);
    await raw.exchange(opening(1, "up"));
    for (let i = 0; i < 1_025; i++) {
      raw.send(handed(streamed(1, region({ offset: BigInt(64 * i), length: small.length }))));
    }
    await raw.exchange();
    expectEnd(raw, "BAD_HANDOFF");
  });

  test("acknowledged without having been announced, or twice", async () => {
    const { raw } = hostile();
    const ack = (...regions: bigint[]): RawFrame => ({ type: FrameType.Ack, payload: encodeAck({ regions }) });
    await raw.exchange(ack(0n));
    expectEnd(raw, "BAD_HANDOFF");

    const { raw: other } = hostile({ handlers: { unary: () => ({ key: "k", value: "w".repeat(100_000) }) } });
    await other.exchange(request(1));
    expect(other.of(FrameType.Response, 1)[0]!.flags & Flag.Handoff).toBe(Flag.Handoff);
    await other.exchange(ack(0n));
    await expectAlive(other, 3);
    await other.exchange(ack(0n, 0n));
    expectEnd(other, "BAD_HANDOFF");
  });

  test("acknowledged where no memory is shared", async () => {
    const raw = new RawEnd();
    await raw.exchange({ type: FrameType.Ack, payload: encodeAck({ regions: [0n] }) });
    expectEnd(raw, "BAD_HANDOFF");
  });
});

describe("a region is acknowledged exactly once, whatever becomes of its message", () => {
  test.each<readonly [string, (raw: RawEnd) => Promise<void>]>([
    ["taken", (raw) => raw.exchange(call(1))],
    ["of an unknown method", (raw) => raw.exchange(handed(request(1, "unary", { methodId: 7, body: region() })))],
    ["of a call that may not be made", (raw) => raw.exchange(handed(request(1, "guarded", { body: region() })))],
    ["of another kind of call", (raw) => raw.exchange(handed(request(1, "up", { body: region() })))],
    [
      "late",
      async (raw) => {
        await raw.exchange(request(3));
        await raw.exchange(handed(streamed(3, region())));
      },
    ],
    ["that does not decode", (raw) => raw.exchange(call(1, { offset: 1n, length: 69_000 }))],
  ])("%s", async (_, send) => {
    const { raw } = hostile();
    await send(raw);
    expect(acknowledged(raw)).toHaveLength(1);
    // It may be announced again then.
    await raw.exchange(call(11));
    expect(acknowledged(raw)).toHaveLength(2);
    await expectAlive(raw, 13);
  });

  test("of a stream: when the handler has taken the message", async () => {
    let next: (() => void) | undefined;
    const { raw } = hostile({
      handlers: {
        async up(requests) {
          let count = 0;
          for await (const _ of requests) {
            count++;
            await new Promise<void>((resolve) => {
              next = resolve;
            });
          }
          return { key: String(count), value: "" };
        },
      },
    });
    await raw.exchange(opening(1, "up"), handed(streamed(1, region())));
    expect(acknowledged(raw)).toEqual([0]);
    await raw.exchange(handed(streamed(1, region())));
    expect(acknowledged(raw)).toEqual([0]);
    next!();
    await raw.exchange(halfClose(1));
    expect(acknowledged(raw)).toEqual([0, 0]);
    next!();
    await raw.exchange();
    await expectAlive(raw, 3);
  });

  test("what is changed behind it does not reach whoever has the message", async () => {
    let seen: string | undefined;
    let answer: (() => void) | undefined;
    const { raw, memory } = hostile({
      handlers: {
        unary: async (given) => {
          await new Promise<void>((resolve) => {
            answer = resolve;
          });
          seen = given.value;
          return given;
        },
      },
    });
    await raw.exchange(call(1));
    memory.fill(0x41);
    answer!();
    await raw.exchange();
    expect(seen).toBe("v".repeat(70_000));
  });
});
