import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { Echo } from "../../../suites/peers.js";
import { leastBytes, pairUpSharing, wireBytes } from "../../../suites/handoff.js";
import { turns } from "../../../suites/raw-end.js";

const large = "x".repeat(300_000);
const free = { outgoing: 0, incoming: 0 };

/** Flags of the frames of a type that went over the wire; frames are whole in each chunk here. */
function flagsOf(chunks: readonly Uint8Array[], type: number): number[] {
  const flags: number[] = [];
  for (const chunk of chunks) {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    for (let at = 0; at < chunk.length; at += view.getUint32(at + 32) + 44) {
      if (chunk[at + 1] === type) flags.push(view.getUint16(at + 2));
    }
  }
  return flags;
}

describe("a session with shared memory", () => {
  test("large requests and responses go through it, small ones do not, and all of it is free again", async () => {
    const { daemon, plugin, wire } = pairUpSharing();
    const echo = daemon.client(Echo);
    expect(await echo.unary({ key: "k", value: large })).toMatchObject({ key: "k", value: large });
    expect(await echo.unary({ key: "k", value: "small" })).toMatchObject({ value: "small" });
    expect(flagsOf(wire.fromDaemon, FrameType.Request).map((flags) => flags & Flag.Handoff)).toEqual([Flag.Handoff, 0]);
    expect(flagsOf(wire.fromPlugin, FrameType.Response).map((flags) => flags & Flag.Handoff)).toEqual([
      Flag.Handoff,
      0,
    ]);
    expect(wireBytes([...wire.fromDaemon, ...wire.fromPlugin])).toBeLessThan(2_000);
    await turns();
    expect(daemon.session.sharing.regions).toEqual(free);
    expect(plugin.session.sharing.regions).toEqual(free);
  });

  test("both sides call each other by it, with what was sent intact, at and around the least size", async () => {
    const { daemon, plugin } = pairUpSharing();
    for (let i = 0; i < 12; i++) {
      const value = String.fromCharCode(97 + i).repeat(leastBytes - 20 + 4 * i);
      expect((await plugin.client(Echo).unary({ key: "k", value })).value).toBe(value);
      expect((await daemon.client(Echo).unary({ key: "k", value })).value).toBe(value);
    }
    await turns();
    expect([daemon.session.sharing.regions, plugin.session.sharing.regions]).toEqual([free, free]);
  });

  test("many calls at once: what does not fit the memory goes over the connection", async () => {
    const { daemon, plugin, wire } = pairUpSharing({ arenaBytes: 1_048_576 });
    const echo = daemon.client(Echo);
    const values = Array.from({ length: 40 }, (_, i) => `${i} `.repeat(80_000));
    const answers = await Promise.all(values.map((value) => echo.unary({ key: "k", value })));
    expect(answers.map(({ value }) => value)).toEqual(values);
    const handedOff = flagsOf(wire.fromDaemon, FrameType.Request).filter((flags) => (flags & Flag.Handoff) !== 0);
    expect(handedOff.length).toBeGreaterThan(0);
    expect(handedOff.length).toBeLessThan(40);
    await turns();
    expect([daemon.session.sharing.regions, plugin.session.sharing.regions]).toEqual([free, free]);
  });

  test("sizes that change from message to message are met", async () => {
    const { daemon, wire } = pairUpSharing();
    const sizes = [100_000, 300_000, 80_000, 300_000, 70_000, 900_000, 100_000, 300_000];
    for (const size of sizes) {
      const value = "z".repeat(size);
      expect((await daemon.client(Echo).unary({ key: "k", value })).value).toBe(value);
    }
    const requests = flagsOf(wire.fromDaemon, FrameType.Request);
    expect(requests.filter((flags) => (flags & Flag.Handoff) !== 0)).toHaveLength(sizes.length);
  });

  test("a message larger than the memory goes over the connection", async () => {
    const { daemon } = pairUpSharing({ arenaBytes: 1_048_576 });
    const value = "y".repeat(3_000_000);
    expect((await daemon.client(Echo).unary({ key: "k", value })).value).toBe(value);
  });

  test("streams both ways: in order, and each region is free once its message was taken", async () => {
    const { daemon, plugin } = pairUpSharing();
    const sent = Array.from({ length: 50 }, (_, i) => ({ key: String(i), value: String(i).repeat(60_000 + i) }));
    const got: string[] = [];
    for await (const { key, value } of daemon.client(Echo).both(sent)) {
      expect(value).toBe(sent[Number(key)]!.value);
      got.push(key);
    }
    expect(got).toEqual(sent.map(({ key }) => key));
    await turns();
    expect([daemon.session.sharing.regions, plugin.session.sharing.regions]).toEqual([free, free]);
  });

  test("a stream that is not read takes 4 MiB of the memory, and others have the rest", async () => {
    const { daemon } = pairUpSharing({
      arenaBytes: 67_108_864,
      plugin: {
        handlers: {
          async *down() {
            for (let i = 0; i < 200; i++) yield { key: String(i), value: large };
          },
        },
      },
    });
    const echo = daemon.client(Echo);
    const stream = echo.down({ key: "k", value: "" })[Symbol.asyncIterator]();
    const keys: unknown[] = [(await stream.next()).value.key];
    await turns(40);
    const { incoming } = daemon.session.sharing.regions!;
    expect(incoming * large.length).toBeGreaterThan(4_000_000);
    expect(incoming * large.length).toBeLessThan(4_800_000);
    const [unary] = await Promise.all([echo.unary({ key: "k", value: large }), turns(40)]);
    expect(unary.value).toBe(large);
    // What was read again may be handed off again, and all of it comes in order.
    for await (const { key } of { [Symbol.asyncIterator]: () => stream }) keys.push(key);
    expect(keys).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    await turns();
    expect(daemon.session.sharing.regions).toEqual(free);
  });

  test("a consumer that does not take its messages holds so much memory and no more", async () => {
    let produced = 0;
    const { daemon, plugin } = pairUpSharing({
      arenaBytes: 1_048_576,
      plugin: {
        handlers: {
          async *down() {
            for (; produced < 200; produced++) yield { key: "k", value: large };
          },
        },
      },
    });
    const stream = daemon.client(Echo).down({ key: "k", value: "" })[Symbol.asyncIterator]();
    expect((await stream.next()).value).toMatchObject({ value: large });
    await turns(40);
    expect(daemon.session.sharing.regions!.incoming).toBeGreaterThan(0);
    expect(daemon.session.sharing.regions!.incoming).toBeLessThanOrEqual(3);
    const stalled = produced;
    await turns(40);
    expect(produced).toBe(stalled);
    // What found no room went over the connection, as far as the window let it.
    expect(stalled).toBeLessThan(20);
    // It leaves: what waits for it is dropped, and free.
    await stream.return!();
    await turns();
    expect(daemon.session.sharing.regions).toEqual(free);
    expect(plugin.session.sharing.regions).toEqual(free);
  });

  test("a sensitive call is sealed, and none of it is handed off", async () => {
    const { daemon, wire, arenas } = pairUpSharing();
    expect((await daemon.client(Echo).secret({ key: "k", value: large })).value).toBe(large);
    const requests = flagsOf(wire.fromDaemon, FrameType.Request);
    expect(requests.every((flags) => (flags & Flag.Encrypted) !== 0 && (flags & Flag.Handoff) === 0)).toBe(true);
    expect(arenas.every(({ outgoing }) => outgoing.map()!.every((byte) => byte === 0))).toBe(true);
  });

  test("calls that are refused, cancelled or late leave nothing behind", async () => {
    const { daemon, plugin, closed } = pairUpSharing({
      plugin: { handlers: { unary: ({ key }) => (key === "slow" ? new Promise(() => {}) : { key, value: large }) } },
      daemon: {},
    });
    await expect(plugin.client(Echo).guarded({ key: "k", value: large })).rejects.toMatchObject({
      reason: "CAPABILITY_MISSING",
    });
    await expect(daemon.client(Echo).unary({ key: "invalid", value: large })).rejects.toMatchObject({
      reason: "VALIDATION_FAILED",
    });
    const abort = new AbortController();
    const slow = daemon.client(Echo).unary({ key: "slow", value: large }, { signal: abort.signal });
    // Before its answer has come: that is late then.
    const late = daemon.client(Echo).unary({ key: "k", value: "" }, { signal: abort.signal });
    abort.abort();
    await expect(slow).rejects.toMatchObject({ reason: "CANCELLED" });
    await expect(late).rejects.toMatchObject({ reason: "CANCELLED" });
    await turns(20);
    expect(closed).toEqual({});
    expect([daemon.session.sharing.regions, plugin.session.sharing.regions]).toEqual([free, free]);
  });

  test("a message above maxMessageBytes fails its call as it does in frames", async () => {
    const { daemon } = pairUpSharing({ plugin: { limits: { maxMessageBytes: 200_000 } } });
    const sent = daemon.client(Echo).unary({ key: "k", value: large });
    await expect(sent).rejects.toMatchObject({ reason: "MESSAGE_TOO_LARGE" });
    expect((await daemon.client(Echo).unary({ key: "k", value: "fine" })).value).toBe("fine");
    await turns();
    expect(daemon.session.sharing.regions).toEqual(free);
  });

  test("a message that cannot be encoded leaves no region behind", async () => {
    const { daemon } = pairUpSharing();
    const echo = daemon.client(Echo);
    await echo.unary({ key: "k", value: large });
    const bad = { key: large, value: 5 as unknown as string };
    await expect(echo.unary(bad)).rejects.toMatchObject({ reason: "ENCODE_INVALID" });
    await turns();
    expect(daemon.session.sharing.regions).toEqual(free);
  });

  test("with the session the memory goes, on both sides", async () => {
    const { daemon, plugin, arenas } = pairUpSharing({
      plugin: { handlers: { unary: () => new Promise(() => {}) } },
    });
    const calls = [1, 2, 3].map(() =>
      daemon
        .client(Echo)
        .unary({ key: "k", value: large })
        .catch(() => {}),
    );
    await turns();
    await daemon.session.drain(0, "DAEMON_STOPPING");
    await Promise.all(calls);
    await turns();
    expect(plugin.session.closedError).toBeDefined();
    for (const { outgoing, incoming } of arenas) {
      expect(outgoing.map()).toBeUndefined();
      expect(incoming.view(0, 1, () => {})).toBeUndefined();
    }
  });

  test("memory that was used and is not any more is given back when the session rests", async () => {
    const { daemon, arenas } = pairUpSharing({ daemon: { limits: { heartbeatIntervalMs: 30 } } });
    await daemon.client(Echo).unary({ key: "k", value: large });
    expect(
      arenas[0]!.outgoing
        .map()!
        .subarray(0, 4_096)
        .some((byte) => byte !== 0),
    ).toBe(true);
    const given = async (): Promise<void> => {
      while (
        arenas[0]!.outgoing
          .map()!
          .subarray(0, 300_100)
          .some((byte) => byte !== 0)
      ) {
        await new Promise((resolve) => {
          setTimeout(resolve, 10);
        });
      }
    };
    await given();
    expect((await daemon.client(Echo).unary({ key: "k", value: large })).value).toBe(large);
  });

  test("views: what arrives is the memory itself, until it is released", async () => {
    const { daemon, plugin } = pairUpSharing({ views: ["test.v1.Echo/Unary"] });
    // Texts are copies in any case; the region is the view's until somebody releases it.
    expect((await daemon.client(Echo).unary({ key: "k", value: large })).value).toBe(large);
    await turns();
    expect(daemon.session.sharing.regions).toEqual({ outgoing: 1, incoming: 1 });
    expect(plugin.session.sharing.releaseView(new Uint8Array(10))).toBe(false);
  });
});
