import { describe, expect, test } from "vitest";
import type { ArenaPair } from "../../../../runtime/typescript/src/arena/arena.js";
import { createMemoryArenas } from "../../../../runtime/typescript/src/arena/memory-arena.js";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { encodeAck } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { createMemoryPair } from "../../../../runtime/typescript/src/transport/memory.js";
import { setup, wireBytes } from "../../../suites/handoff.js";
import { type Joined, joinUp, settle } from "../../../suites/joined.js";
import { openLink, type SideOptions } from "../../../suites/peers.js";
import { turns } from "../../../suites/raw-end.js";
import { never } from "../../../suites/shorthand.js";

const large = { key: "k", value: "x".repeat(300_000) };
const free = { outgoing: 0, incoming: 0 };

interface Sharing extends Joined {
  readonly arenas: readonly [daemon: ArenaPair, plugin: ArenaPair];
}

/** A session that may have several connections and shares memory over the first. */
function shareUp(
  sides: { readonly daemon?: SideOptions; readonly plugin?: SideOptions } = {},
  views?: string[],
): Sharing {
  const arenas = createMemoryArenas(4_194_304);
  const joined = joinUp({
    daemon: { ...sides.daemon, handoff: setup(arenas[0], views) },
    plugin: { ...sides.plugin, handoff: setup(arenas[1], views) },
    agreed: { handoff: true },
  });
  return { ...joined, arenas };
}

const regions = ({ daemon, plugin }: Joined): unknown => [
  daemon.session.sharing.regions,
  plugin.session.sharing.regions,
];

/** Whether a side has let go of its memory. */
const closed = ({ outgoing, incoming }: ArenaPair): boolean[] => [
  outgoing.map() === undefined,
  incoming.view(0, 1, () => {}) === undefined,
];

describe("a session of several connections that shares memory", () => {
  test("hands large bodies off by the first, whatever else is there", async () => {
    const sharing = shareUp();
    const { toPlugin, toDaemon, join, dialler, wire } = sharing;
    await join();
    for (let i = 0; i < 5; i++) {
      expect((await toPlugin.unary(large)).value).toBe(large.value);
      expect((await toDaemon.unary(large)).value).toBe(large.value);
    }
    expect(wireBytes([...wire.fromDaemon, ...wire.fromPlugin])).toBeLessThan(10_000);
    expect(wireBytes([...dialler.wires[0]!.fromDaemon, ...dialler.wires[0]!.fromPlugin])).toBe(0);
    await turns();
    expect(regions(sharing)).toEqual([free, free]);
  });

  test("sends by another what moves much and is not handed off", async () => {
    const { toPlugin, join, dialler, wire } = shareUp();
    await join();
    expect((await toPlugin.secret(large)).value).toBe(large.value);
    const beyond = { key: "k", value: "y".repeat(5_000_000) };
    expect((await toPlugin.guarded(beyond)).value).toBe(beyond.value);
    const [second] = dialler.wires;
    expect(wireBytes(second!.fromDaemon)).toBeGreaterThan(5_300_000);
    expect(wireBytes(second!.fromPlugin)).toBeGreaterThan(5_300_000);
    expect(wireBytes([...wire.fromDaemon, ...wire.fromPlugin])).toBeLessThan(100_000);
  });

  test("memory is given out as with one connection, and kept to the first", async () => {
    const { plugin, join, dialler, toPlugin } = shareUp();
    await join();
    const buffer = plugin.allocate(100_000);
    expect(buffer.shared).toBe(true);
    expect(plugin.session.sharing.regions).toEqual({ outgoing: 1, incoming: 0 });
    await toPlugin.unary({ key: "k", value: "small" });
    expect(dialler.wires[0]!.fromDaemon).toHaveLength(0);
    buffer.release();
    expect(plugin.session.sharing.regions).toEqual(free);
    // A connection that ends in order gives none out.
    void plugin.session.retire(plugin.session.lanes[0]!, 5_000, "REPLACED");
    expect(plugin.allocate(100_000).shared).toBe(false);
    expect((await toPlugin.unary(large)).value).toBe(large.value);
  });

  test("when the first is lost, what was out is reclaimed, and the session goes on without", async () => {
    const sharing = shareUp({
      plugin: { handlers: { unary: ({ key }) => (key === "wait" ? never() : { key, value: large.value }) } },
    });
    const { toPlugin, toDaemon, join, dialler, first, arenas, daemon, plugin } = sharing;
    await join();
    // Both sides have regions out: of a stream that nobody takes.
    const stream = toPlugin.both(
      (async function* () {
        for (let i = 0; i < 4; i++) yield large;
        await never();
      })(),
    );
    const failed = toPlugin.unary({ ...large, key: "wait" }).catch((error: unknown) => error as CrucibleError);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await turns(20);
    expect(daemon.session.sharing.regions!.incoming).toBeGreaterThan(0);
    expect(plugin.session.sharing.regions!.outgoing).toBeGreaterThan(0);
    first[0].abort();
    await settle(() => daemon.session.lanes.length === 1 && plugin.session.lanes.length === 1, "the loss");
    expect(await failed).toMatchObject({ reason: "PEER_LOST" });
    await turns(20);
    expect(regions(sharing)).toEqual([free, free]);
    expect(arenas.map(closed)).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(daemon.allocate(100).shared).toBe(false);
    // Large ones go over what is left.
    expect((await toPlugin.unary(large)).value).toBe(large.value);
    expect((await toDaemon.unary(large)).value).toBe(large.value);
    expect(wireBytes(dialler.wires[0]!.fromPlugin)).toBeGreaterThan(600_000);
    // What had arrived is there, as it was sent.
    const taken = async (): Promise<void> => {
      for (;;) expect((await iterator.next()).value).toMatchObject(large);
    };
    await expect(taken()).rejects.toMatchObject({ reason: "PEER_LOST" });
  });

  test("a session that was resumed has none until it begins anew", async () => {
    const sharing = shareUp();
    const { toPlugin, toDaemon, resume, dialler, arenas } = sharing;
    expect((await toPlugin.unary(large)).value).toBe(large.value);
    await resume();
    for (let i = 0; i < 3; i++) {
      expect((await toPlugin.unary(large)).value).toBe(large.value);
      expect((await toDaemon.unary(large)).value).toBe(large.value);
    }
    expect(wireBytes(dialler.wires[0]!.fromDaemon)).toBeGreaterThan(1_500_000);
    expect(regions(sharing)).toEqual([free, free]);
    expect(arenas.flatMap(closed)).toEqual([true, true, true, true]);
  });

  test("what users still fill when the first is lost stays theirs until they let go of it", async () => {
    const { daemon, toDaemon, plugin, resume, arenas } = shareUp();
    const kept = daemon.allocate(100_000);
    const other = daemon.allocate(100_000);
    kept.bytes.fill(7);
    await resume();
    expect(daemon.session.sharing.regions).toEqual({ outgoing: 2, incoming: 0 });
    expect(kept.bytes.every((byte) => byte === 7)).toBe(true);
    expect(closed(arenas[0])).toEqual([false, true]);
    expect((await toDaemon.unary(large)).value).toBe(large.value);
    other.release();
    expect(closed(arenas[0])).toEqual([false, true]);
    kept.release();
    kept.release();
    expect(closed(arenas[0])).toEqual([true, true]);
    expect(plugin.session.closedError).toBeUndefined();
  });

  test("what users still look at stays as it is, and the memory goes with the session at the latest", async () => {
    const { daemon, toPlugin, plugin, resume, arenas } = shareUp({}, ["test.v1.Echo/Unary"]);
    await toPlugin.unary(large);
    expect(plugin.session.sharing.regions!.incoming).toBe(1);
    await resume();
    expect(plugin.session.sharing.regions).toEqual({ outgoing: 0, incoming: 1 });
    expect(closed(arenas[1])).toEqual([true, false]);
    await daemon.session.drain(0, "DAEMON_STOPPING");
    await settle(() => plugin.session.closedError !== undefined, "the end");
    await turns();
    expect(closed(arenas[1])).toEqual([true, true]);
  });

  test("a further connection hands nothing off, whoever says it has agreed to", () => {
    const { daemon } = shareUp();
    const [end] = createMemoryPair();
    const link = openLink(end, undefined, { handoff: true });
    expect(() => daemon.session.attach(link)).toThrowError(
      expect.objectContaining({ reason: "HANDSHAKE_FAILED" }) as Error,
    );
    link.abort(new CrucibleError("PEER_LOST", "it did not fit"));
  });

  test("a region is acknowledged on the connection that announced it, and on no other", async () => {
    const { daemon, join, toPlugin } = shareUp({ plugin: { handlers: { both: never as never } } });
    await join();
    const payload = encodeAck({ regions: [0n] });
    const acknowledge = (lane: number): void =>
      daemon.session.lanes[lane]!.arrivals.onFrame(FrameType.Ack, 0, 0, payload, 0, payload.length);
    const answers = toPlugin.both([large])[Symbol.asyncIterator]();
    void answers.next().catch(() => {});
    await turns();
    expect(daemon.session.sharing.regions!.outgoing).toBe(1);
    expect(() => acknowledge(1)).toThrowError(expect.objectContaining({ reason: "BAD_HANDOFF" }) as Error);
    acknowledge(0);
    expect(daemon.session.sharing.regions!.outgoing).toBe(0);
  });
});
