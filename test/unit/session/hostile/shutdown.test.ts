import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import {
  decodeShutdown,
  encodeHeartbeat,
  encodeShutdown,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { MetadataCodec as PairCodec } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { ManualClock } from "../../../suites/manual-clock.js";
import { Echo } from "../../../suites/peers.js";
import {
  cancel,
  control,
  credit,
  event,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  shutdown,
  turns,
} from "../../../suites/raw-end.js";
import { bytes, never, reasonOf, text } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 17, against a live session.

const call = { key: "k", value: "v" };
const heartbeat = (id: number, nonce = 1n): RawFrame => control(FrameType.Heartbeat, id, encodeHeartbeat({ nonce }));

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

  test("a Shutdown whose grace is no number that a timer takes", async () => {
    const raw = new RawEnd({ handlers: { unary: never } });
    await raw.exchange(request(1), {
      type: FrameType.Shutdown,
      payload: encodeShutdown({ reason: "", graceMs: 2 ** 32 - 1, lastMessageId: 2n ** 64n - 1n }),
    });
    expect(raw.closed).toBeUndefined();
  });
});
