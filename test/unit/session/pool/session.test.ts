import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { MetadataCodec as PairCodec } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { joinUp, settle } from "../../../suites/joined.js";
import { openLink } from "../../../suites/peers.js";
import { turns } from "../../../suites/raw-end.js";
import { never } from "../../../suites/shorthand.js";
import { createMemoryPair } from "../../../../runtime/typescript/src/transport/memory.js";

const small = { key: "k", value: "v" };
const large = { key: "k", value: "x".repeat(300_000) };
const errorOf = (promise: Promise<unknown>): Promise<CrucibleError> =>
  promise.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => error as CrucibleError,
  );

interface Seen {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly session: bigint;
}

/** The frames of what was written to a connection. */
function framesOf(chunks: readonly Uint8Array[]): Seen[] {
  const bytes = Buffer.concat(chunks);
  const frames: Seen[] = [];
  for (let at = 0; at + 44 <= bytes.length; at += 44 + bytes.readUInt32BE(at + 32)) {
    frames.push({
      type: bytes[at + 1]!,
      flags: bytes.readUInt16BE(at + 2),
      id: Number(bytes.readBigUInt64BE(at + 8)),
      session: bytes.readBigUInt64BE(at + 16),
    });
  }
  return frames;
}
const idsOf = (chunks: readonly Uint8Array[], type: number): number[] =>
  framesOf(chunks).flatMap((frame) => (frame.type === type ? [frame.id] : []));

describe("a session of several connections", () => {
  test("small calls travel by the first, large ones by another, and each by one alone", async () => {
    const { toPlugin, join, wire, dialler, daemon } = joinUp();
    await join();
    expect(daemon.session.lanes).toHaveLength(2);
    expect(await toPlugin.unary(small)).toMatchObject(small);
    expect((await toPlugin.guarded(large)).value).toHaveLength(300_000);
    expect(await toPlugin.down({ key: "k", value: "0" })[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    const [second] = dialler.wires;
    const first = [...new Set(idsOf(wire.fromDaemon, FrameType.Request))];
    const other = [...new Set(idsOf(second!.fromDaemon, FrameType.Request))];
    expect(first).toEqual([2, 6]);
    expect(other).toEqual([4]);
    expect([...new Set(idsOf(second!.fromPlugin, FrameType.Response))]).toEqual([4]);
    expect(idsOf(wire.fromPlugin, FrameType.Response)).toEqual([2, 6]);
    // All frames of one session.
    expect(
      new Set([...framesOf(wire.fromDaemon), ...framesOf(second!.fromDaemon)].map(({ session }) => session)).size,
    ).toBe(1);
  });

  test("a method whose answers are large is kept apart from then on, and no longer than it is", async () => {
    const handlers = { guarded: () => large };
    const { toPlugin, join, daemon } = joinUp({ plugin: { handlers } });
    await join();
    const [one, two] = daemon.session.lanes;
    await toPlugin.guarded(small);
    expect([one!.opened, two!.opened]).toEqual([1, 0]);
    await toPlugin.guarded(small);
    await toPlugin.unary(small);
    expect([one!.opened, two!.opened]).toEqual([2, 1]);
    expect([one!.large, two!.large]).toEqual([0, 0]);
  });

  test("a small call takes the connection on which nothing large is under way", async () => {
    const { toPlugin, join, daemon } = joinUp({ plugin: { handlers: { guarded: never } } });
    // Large before there is another connection.
    void toPlugin.guarded(large).catch(() => {});
    await settle(() => daemon.session.lanes[0]!.large === 1, "the large call");
    await join();
    await toPlugin.unary(small);
    expect(daemon.session.lanes.map(({ opened }) => opened)).toEqual([1, 1]);
  });

  test("large calls go where the least is moved", async () => {
    const { toPlugin, join, daemon } = joinUp({ plugin: { handlers: { guarded: never } } });
    await join();
    await join();
    for (let i = 0; i < 4; i++) void toPlugin.guarded(large).catch(() => {});
    await turns();
    expect(daemon.session.lanes.map(({ large: count }) => count)).toEqual([0, 2, 2]);
  });

  test("limits are those of the session, however many connections there are", async () => {
    const { toPlugin, join, plugin } = joinUp({
      daemon: {},
      plugin: { handlers: { guarded: never }, limits: { maxCalls: 4 } },
    });
    await join();
    const open = Array.from({ length: 4 }, (_, i) => toPlugin.guarded(i % 2 === 0 ? small : large).catch(() => {}));
    await turns();
    expect(plugin.session.liveCalls).toBe(4);
    expect((await errorOf(toPlugin.unary(small))).reason).toBe("TOO_MANY_CALLS");
    expect((await errorOf(toPlugin.unary(large))).reason).toBe("TOO_MANY_CALLS");
    expect(open).toHaveLength(4);
  });

  test("calls of both are live at once", async () => {
    const handlers = { guarded: never, unary: never };
    const { plugin, toPlugin, join } = joinUp({ plugin: { handlers, limits: { maxCalls: 2 } } });
    await join();
    const ends = [toPlugin.guarded(large), toPlugin.unary(small)].map((call) => call.catch(() => {}));
    await turns();
    expect(plugin.session.lanes.map(({ liveCalls }) => liveCalls)).toEqual([1, 1]);
    expect(ends).toHaveLength(2);
  });

  test("unfinished messages are bounded over all of them", async () => {
    const { toDaemon, join, daemon } = joinUp({
      daemon: { limits: { maxIncompleteBytes: 200_000 }, handlers: { up: never } },
    });
    await join();
    async function* source(): AsyncGenerator<{ key: string; value: string }> {
      yield large;
    }
    const both = await Promise.allSettled([toDaemon.unary(large), toDaemon.up(source())]);
    expect(both.map(({ status }) => status)).toContain("rejected");
    expect(daemon.session.closedError).toBeUndefined();
  });

  test("what is lost with one connection fails, and nothing else does", async () => {
    const handlers = { guarded: never, secret: never };
    const { toPlugin, join, daemon, plugin, dialler, endings, closed } = joinUp({ plugin: { handlers } });
    await join();
    const lost = errorOf(toPlugin.guarded(large));
    const stays = toPlugin.secret(small).catch((error: CrucibleError) => error.reason);
    await turns();
    dialler.connections[0]![0].abort();
    const error = await lost;
    expect([error.reason, error.retryable, error.started]).toEqual(["PEER_LOST", true, true]);
    expect(await toPlugin.unary(small)).toMatchObject(small);
    expect(await toPlugin.unary(large)).toMatchObject({ key: "k" });
    expect([daemon.session.lanes.length, plugin.session.lanes.length]).toEqual([1, 1]);
    expect(endings).toEqual({ daemon: 1, plugin: 1 });
    expect(closed).toEqual({});
    daemon.session.abort(new CrucibleError("SESSION_CLOSED", "over"));
    expect(await stays).toBe("SESSION_CLOSED");
  });

  test("a rule that is broken on one ends all", async () => {
    const { join, daemon, plugin, dialler, closed } = joinUp();
    await join();
    dialler.connections[0]![0].write(new Uint8Array(64).fill(9));
    await settle(() => closed.daemon !== undefined && closed.plugin !== undefined, "both ends");
    expect(closed.daemon!.reason).toBe("BAD_VERSION");
    expect([daemon.session.lanes.length, plugin.session.lanes.length]).toEqual([0, 0]);
    expect((await errorOf(daemon.session.ping())).reason).toBe("SESSION_CLOSED");
  });

  test("one that has agreed on other things does not fit, and one of another session neither", () => {
    const { daemon } = joinUp();
    const other = openLink(createMemoryPair()[0], undefined, { encryption: "everything" });
    expect(() => daemon.session.attach(other)).toThrow(expect.objectContaining({ reason: "HANDSHAKE_FAILED" }));
    const stranger = openLink(createMemoryPair()[0]);
    stranger.setSession(1, 0x8000);
    expect(() => daemon.session.attach(stranger)).toThrow(expect.objectContaining({ reason: "BAD_SESSION" }));
    expect(() => daemon.session.resume(stranger)).toThrow(expect.objectContaining({ reason: "BAD_SESSION" }));
    expect(daemon.session.lanes).toHaveLength(1);
  });

  test("one is retired without a call being lost", async () => {
    let release!: () => void;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const handlers = {
      guarded: async () => {
        await gate;
        return small;
      },
    };
    const { toPlugin, join, daemon, plugin, closed } = joinUp({ plugin: { handlers } });
    const old = plugin.session.lanes[0]!;
    const live = toPlugin.guarded(small);
    await turns();
    await join();
    const retired = plugin.session.retire(old, 60_000, "REPLACED");
    await turns();
    expect([daemon.session.usable.length, plugin.session.usable.length]).toEqual([1, 1]);
    expect(daemon.session.lanes).toHaveLength(2);
    expect(await toPlugin.unary(small)).toMatchObject(small);
    expect(daemon.session.lanes[1]!.opened).toBe(1);
    release();
    expect(await live).toMatchObject(small);
    await retired;
    await settle(() => daemon.session.lanes.length === 1, "the end of the old one");
    expect(closed).toEqual({});
    expect(await toPlugin.unary(small)).toMatchObject(small);
  });

  test("Shutdown of the session drains all of them", async () => {
    const handlers = {
      guarded: async () => {
        await turns(20);
        return small;
      },
    };
    const { toPlugin, toDaemon, join, daemon, closed } = joinUp({ plugin: { handlers } });
    await join();
    const live = [toPlugin.guarded(small), toPlugin.guarded(large)];
    await turns();
    const drained = daemon.session.drain(60_000, "TEST");
    expect((await errorOf(toPlugin.unary(small))).reason).toBe("SHUTTING_DOWN");
    expect(await Promise.all(live)).toHaveLength(2);
    await drained;
    await settle(() => closed.plugin !== undefined, "the end of the plugin's side");
    expect([closed.daemon!.reason, closed.plugin!.reason]).toEqual(["SHUTTING_DOWN", "SHUTTING_DOWN"]);
    expect((await errorOf(toDaemon.unary(small))).reason).toBe("SHUTTING_DOWN");
  });
});

describe("a session that has lost its connections", () => {
  test("fails calls at once, as ones that may be tried again, and goes on once it is resumed", async () => {
    const { toPlugin, toDaemon, first, resume, closed, daemon, plugin } = joinUp({
      plugin: { handlers: { guarded: never } },
    });
    const { id } = daemon.session;
    const live = errorOf(toPlugin.guarded(small));
    await turns();
    first[0].abort();
    expect((await live).started).toBe(true);
    await turns();
    for (const stub of [toPlugin, toDaemon]) {
      const error = await errorOf(stub.unary(small));
      expect([error.reason, error.retryable, error.started]).toEqual(["PEER_LOST", true, false]);
    }
    expect((await errorOf(daemon.session.ping())).reason).toBe("PEER_LOST");
    await resume();
    expect(await toPlugin.unary(small)).toMatchObject(small);
    expect(await toDaemon.unary(small)).toMatchObject(small);
    expect([daemon.session.id, plugin.session.id]).toEqual([id, id]);
    expect(closed).toEqual({});
  });

  test("counts its ids on, so that none is used twice", async () => {
    const { toPlugin, toDaemon, first, resume, wire, dialler } = joinUp();
    for (let i = 0; i < 3; i++) {
      await toPlugin.unary(small);
      await toDaemon.unary(small);
    }
    first[0].abort();
    await turns();
    await resume();
    await toPlugin.unary(small);
    await toDaemon.unary(small);
    const after = dialler.wires[0]!;
    expect(idsOf(wire.fromDaemon, FrameType.Request)).toEqual([2, 4, 6]);
    expect(idsOf(after.fromDaemon, FrameType.Request)).toEqual([8]);
    expect(idsOf(after.fromPlugin, FrameType.Request)).toEqual([7]);
  });

  test("resumes in place of connections that still seem to live", async () => {
    const { toPlugin, resume, join, daemon, plugin, endings } = joinUp({ plugin: { handlers: { guarded: never } } });
    await join();
    const live = [errorOf(toPlugin.guarded(small)), errorOf(toPlugin.guarded(large))];
    await turns();
    await resume();
    expect((await Promise.all(live)).map(({ reason }) => reason)).toEqual(["PEER_LOST", "PEER_LOST"]);
    expect([daemon.session.lanes.length, plugin.session.lanes.length]).toEqual([1, 1]);
    expect(endings.daemon).toBe(2);
    expect(await toPlugin.unary(small)).toMatchObject(small);
  });

  test("does not forget handlers that still run: they count until they have settled", async () => {
    let release!: () => void;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const guarded = async (): Promise<typeof small> => {
      await gate;
      return small;
    };
    const { toPlugin, first, resume } = joinUp({ plugin: { handlers: { guarded }, limits: { maxCalls: 2 } } });
    const lost = [toPlugin.guarded(small), toPlugin.guarded(small)].map(errorOf);
    await turns();
    first[1].abort();
    await Promise.all(lost);
    await turns();
    await resume();
    const refused = await errorOf(toPlugin.unary(small));
    expect([refused.reason, refused.started]).toEqual(["TOO_MANY_CALLS", false]);
    release();
    await turns();
    expect(await toPlugin.unary(small)).toMatchObject(small);
  });

  test("ends when it is aborted, and says what it was lost by", async () => {
    const { first, daemon, closed, toPlugin } = joinUp();
    first[0].abort();
    await turns();
    expect(closed.daemon).toBeUndefined();
    daemon.session.abort(new CrucibleError("PLUGIN_EXITED", "its process was killed"));
    expect([closed.daemon!.reason, closed.daemon!.message]).toEqual(["PEER_LOST", "its process was killed"]);
    const error = await errorOf(toPlugin.unary(small));
    expect([error.reason, error.message]).toEqual(["PEER_LOST", "its process was killed"]);
  });

  test("ends in order when it is drained", async () => {
    const { first, daemon, closed } = joinUp();
    first[0].abort();
    await turns();
    await daemon.session.drain(1_000, "TEST");
    expect(closed.daemon!.reason).toBe("SHUTTING_DOWN");
    await daemon.session.drain(1_000, "TEST");
  });

  test("that is not resumable ends with its last connection, and not before", async () => {
    const { first, join, dialler, closed } = joinUp({ daemon: { resumable: false }, plugin: { resumable: false } });
    await join();
    first[0].abort();
    await turns();
    expect(closed).toEqual({});
    dialler.connections[0]![0].abort();
    await turns();
    expect([closed.daemon!.reason, closed.plugin!.reason]).toEqual(["PEER_LOST", "PEER_LOST"]);
  });
});

describe("events", () => {
  const publish = (joined: ReturnType<typeof joinUp>, value: string): Promise<void> =>
    joined.daemon.publish("a.b", PairCodec, { key: "k", value }, { acknowledge: true });
  const valueOf = (body: Uint8Array): string => PairCodec.read(body, 0, body.length).value;

  test("that were not acknowledged leave again: the same event, another id, RETRY; a handler sees it once", async () => {
    const joined = joinUp();
    let release!: () => void;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: string[] = [];
    joined.plugin.subscribe(async ({ body }) => {
      seen.push(valueOf(body));
      await gate;
    });
    const published = [publish(joined, "one"), publish(joined, "two")];
    await turns();
    expect(seen).toEqual(["one", "two"]);
    joined.first[0].abort();
    await turns();
    await joined.resume();
    await turns();
    release();
    await Promise.all(published);
    expect(seen).toEqual(["one", "two"]);
    const [again] = joined.dialler.wires;
    const events = framesOf(again!.fromDaemon).filter(({ type }) => type === FrameType.Event);
    expect(events.map(({ id }) => id)).toEqual([6, 8]);
    expect(events.map(({ flags }) => flags & (Flag.Retry | Flag.AckRequired))).toEqual([0x60, 0x60]);
  });

  test("whose Ack was lost are acknowledged when they come again, without being handled again", async () => {
    const joined = joinUp();
    let handled = 0;
    joined.plugin.subscribe(() => {
      handled++;
      // Cut before the Ack leaves.
      if (handled === 1) joined.first[1].abort();
    });
    const published = publish(joined, "one");
    await turns();
    expect(handled).toBe(1);
    await joined.resume();
    await published;
    expect(handled).toBe(1);
  });

  test("wait while there is no connection, and keep their order", async () => {
    const joined = joinUp();
    const seen: string[] = [];
    joined.plugin.subscribe(({ body }) => void seen.push(valueOf(body)));
    joined.first[0].abort();
    await turns();
    const published = ["one", "two", "three"].map((value) =>
      joined.daemon.publish("a.b", PairCodec, { key: "k", value }, { acknowledge: value !== "two" }),
    );
    await turns();
    await joined.resume();
    await Promise.all(published);
    await turns();
    expect(seen).toEqual(["one", "two", "three"]);
  });

  test("that waited for credit when their connection was lost leave by the next one", async () => {
    const joined = joinUp();
    const seen: number[] = [];
    let release!: () => void;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    joined.plugin.subscribe(async ({ body }) => {
      seen.push(valueOf(body).length);
      await gate;
    });
    const sizes = Array.from({ length: 12 }, (_, i) => 20_000 + i);
    const published = sizes.map((size) => publish(joined, "x".repeat(size)));
    await turns();
    expect(seen.length).toBeLessThan(12);
    joined.first[1].abort();
    await turns();
    await joined.resume();
    release();
    await Promise.all(published);
    expect(seen).toEqual(sizes);
  });

  test("leave by a connection that stays when theirs is retired", async () => {
    const joined = joinUp();
    const seen: string[] = [];
    joined.plugin.subscribe(({ body }) => void seen.push(valueOf(body)));
    await publish(joined, "one");
    await joined.join();
    await joined.plugin.session.retire(joined.plugin.session.lanes[0]!, 1_000, "REPLACED");
    await publish(joined, "two");
    expect(seen).toEqual(["one", "two"]);
    expect(idsOf(joined.dialler.wires[0]!.fromDaemon, FrameType.Event)).toHaveLength(1);
  });

  test("fail with the session", async () => {
    const joined = joinUp();
    joined.plugin.subscribe(never);
    const sent = errorOf(publish(joined, "one"));
    await turns();
    joined.first[0].abort();
    await turns();
    const waits = errorOf(publish(joined, "two"));
    const once = errorOf(joined.daemon.publish("a.b", PairCodec, small));
    joined.daemon.session.abort(new CrucibleError("PEER_LOST", "nobody came"));
    expect((await Promise.all([sent, waits, once])).map(({ reason }) => reason)).toEqual(
      Array.from({ length: 3 }, () => "PEER_LOST"),
    );
  });
});
