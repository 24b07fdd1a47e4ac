import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { encodeHeartbeat } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { Echo } from "../../../suites/peers.js";
import {
  cancel,
  control,
  event,
  expectAlive,
  failure,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  turns,
} from "../../../suites/raw-end.js";
import { never, reasonOf, text } from "../../../suites/shorthand.js";

// A peer that makes a live session answer, and does not read the answers.

const call = { key: "k", value: "v" };
const heartbeat = (id: number, nonce = 1n): RawFrame => control(FrameType.Heartbeat, id, encodeHeartbeat({ nonce }));

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
