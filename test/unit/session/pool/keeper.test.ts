import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { backoffMs } from "../../../../runtime/typescript/src/session/pool/backoff.js";
import { connectionLifeMs, replacedGraceMs } from "../../../../runtime/typescript/src/session/pool/keeper.js";
import { keepUp, settle } from "../../../suites/joined.js";
import { ManualClock } from "../../../suites/manual-clock.js";
import { turns } from "../../../suites/raw-end.js";

const small = { key: "k", value: "v" };
const large = { key: "k", value: "x".repeat(200_000) };
const refusal = (reason: string): CrucibleError => new CrucibleError(reason as "CONNECT_FAILED", "refused by the test");

describe("further connections", () => {
  test("one is opened when a call moves much, and no more than are wanted", async () => {
    const { toPlugin, toDaemon, plugin, dialler } = keepUp();
    await toPlugin.unary(small);
    expect(dialler.attempts).toEqual([]);
    await Promise.all([toPlugin.unary(large), toPlugin.secret(large), toDaemon.unary(large)]);
    await settle(() => plugin.session.usable.length === 2, "a second connection");
    await Promise.all([toPlugin.unary(large), toDaemon.unary(large)]);
    await turns();
    expect(dialler.attempts).toEqual(["join"]);
  });

  test.each([
    ["what is received", "guarded"],
    ["what is sent", "unary"],
  ] as const)("%s counts alike", async (_, name) => {
    const { toPlugin, plugin } = keepUp({ plugin: { handlers: { guarded: () => large } } });
    await toPlugin[name](name === "guarded" ? small : large);
    await settle(() => plugin.session.usable.length === 2, "a second connection");
  });

  test("none is opened where one is all, or nobody agreed on more", async () => {
    const alone = keepUp({ keeper: { connections: 1 } });
    await alone.toPlugin.unary(large);
    const without = keepUp();
    without.dialler.joins = false;
    await without.toPlugin.unary(large);
    await turns();
    expect([...alone.dialler.attempts, ...without.dialler.attempts]).toEqual([]);
  });

  test("after one in vain none is tried for a while, and the session goes on", async () => {
    const clock = new ManualClock();
    const { toPlugin, plugin, dialler } = keepUp({ clock });
    dialler.refusals.push(refusal("TOO_MANY_CONNECTIONS"));
    await toPlugin.unary(large);
    await turns();
    await toPlugin.unary(large);
    await turns();
    expect(dialler.attempts).toEqual(["join"]);
    clock.advance(5_000);
    await toPlugin.unary(large);
    await settle(() => plugin.session.usable.length === 2, "a second connection");
  });

  test("one that is idle is closed, one that is in use is not, and the first stays", async () => {
    const clock = new ManualClock();
    const { toPlugin, plugin, daemon, closed } = keepUp({ clock, keeper: { idleMs: 10_000 } });
    await toPlugin.unary(large);
    await settle(() => plugin.session.usable.length === 2, "a second connection");
    clock.advance(10_000);
    await toPlugin.unary(large);
    clock.advance(10_000);
    await turns();
    expect(plugin.session.usable).toHaveLength(2);
    clock.advance(10_000);
    await settle(() => plugin.session.lanes.length === 1 && daemon.session.lanes.length === 1, "the end of the second");
    clock.advance(60_000);
    await turns();
    expect(plugin.session.usable).toHaveLength(1);
    expect(await toPlugin.unary(small)).toMatchObject(small);
    expect(closed).toEqual({});
  });

  test("each is replaced before it is a day old, and calls on it go on", async () => {
    const clock = new ManualClock();
    let release!: () => void;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* down(): AsyncGenerator<typeof small> {
      await gate;
      yield small;
    }
    const { toPlugin, plugin, daemon, dialler, closed } = keepUp({ clock, plugin: { handlers: { down } } });
    const { id } = daemon.session;
    const [first] = plugin.session.lanes;
    // A stream has no deadline.
    const live = toPlugin.down(small)[Symbol.asyncIterator]().next();
    await turns();
    // Answers heartbeats on the way.
    const sleep = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 15_000) {
        clock.advance(Math.min(15_000, left));
        await turns(2);
      }
    };
    // By hand, so that a day does not take 5,760 turns: the timer is what counts.
    clock.jump(connectionLifeMs * 0.94);
    await turns();
    expect(dialler.attempts).toEqual([]);
    clock.jump(connectionLifeMs * 0.02);
    await settle(() => plugin.session.lanes.length === 2 && daemon.session.usable.length === 1, "the new connection");
    expect(dialler.attempts).toEqual(["join"]);
    expect(plugin.session.usable).not.toContain(first);
    expect(await toPlugin.unary(small)).toMatchObject(small);
    await sleep(60_000);
    release();
    expect(await live).toMatchObject({ value: small });
    await settle(
      () => plugin.session.lanes.length === 1 && daemon.session.lanes.length === 1,
      "the end of the old one",
    );
    clock.jump(connectionLifeMs);
    await settle(() => dialler.attempts.length === 2, "the next replacement");
    await settle(() => plugin.session.lanes.length === 1, "its end");
    expect([daemon.session.id, closed]).toEqual([id, {}]);
    expect(await toPlugin.unary(small)).toMatchObject(small);
  });

  test("a call that goes on by a replaced connection has an hour", async () => {
    const clock = new ManualClock();
    async function* down(): AsyncGenerator<typeof small> {
      await new Promise(() => {});
      yield small;
    }
    const { toPlugin, plugin, closed } = keepUp({ clock, plugin: { handlers: { down } } });
    const answers = toPlugin.down(small)[Symbol.asyncIterator]();
    const live = answers.next().catch((error: CrucibleError) => error.reason);
    await turns();
    clock.jump(connectionLifeMs);
    await settle(() => plugin.session.lanes.length === 2, "the new connection");
    await turns();
    clock.jump(replacedGraceMs);
    expect(await live).toBe("SHUTTING_DOWN");
    expect(closed).toEqual({});
    expect(await toPlugin.unary(small)).toMatchObject(small);
  });

  test("one that comes when the session is shutting down goes without a word, and ends no call", async () => {
    async function* down(): AsyncGenerator<typeof small> {
      await turns(40);
      yield small;
    }
    const { toPlugin, plugin, dialler, closed } = keepUp({ plugin: { handlers: { down } } });
    const answers = toPlugin.down(small)[Symbol.asyncIterator]();
    const live = answers.next();
    await toPlugin.unary(large);
    expect(dialler.attempts).toEqual(["join"]);
    const drained = plugin.session.drain(60_000, "TEST");
    expect(await live).toMatchObject({ value: small });
    expect(await answers.next()).toMatchObject({ done: true });
    await drained;
    await settle(() => closed.daemon !== undefined, "the end");
    expect([closed.daemon!.reason, closed.plugin!.reason]).toEqual(["SHUTTING_DOWN", "SHUTTING_DOWN"]);
  });

  test("when the daemon retires the only one, another takes its place", async () => {
    const { toPlugin, daemon, dialler, closed } = keepUp();
    void daemon.session.retire(daemon.session.lanes[0]!, 1_000, "TEST");
    await settle(() => dialler.attempts.length === 1 && daemon.session.usable.length === 1, "another connection");
    expect(await toPlugin.unary(small)).toMatchObject(small);
    expect(closed).toEqual({});
  });
});

describe("a lost session", () => {
  test("is resumed at once", async () => {
    const connected: boolean[] = [];
    const { first, toPlugin, dialler, daemon } = keepUp({ keeper: { onConnected: (is) => connected.push(is) } });
    first[1].abort();
    await settle(() => dialler.connections.length === 1 && daemon.session.usable.length === 1, "the resumed session");
    await turns();
    expect(dialler.attempts).toEqual(["resume"]);
    expect(connected).toEqual([false, true]);
    expect(await toPlugin.unary(small)).toMatchObject(small);
  });

  test("is tried with growing pauses, as long as that makes sense", async () => {
    const clock = new ManualClock();
    const { first, dialler, daemon } = keepUp({ clock });
    dialler.refusals.push(refusal("CONNECT_FAILED"), refusal("TOO_MANY_CONNECTIONS"), refusal("HANDSHAKE_TIMEOUT"));
    first[0].abort();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      await settle(() => dialler.attempts.length === attempt, `attempt ${attempt}`);
      await turns();
      const before = clock.monotonicMs();
      while (dialler.attempts.length === attempt && clock.monotonicMs() < before + 10_000) {
        clock.advance(1);
        await turns(2);
      }
      waits.push(clock.monotonicMs() - before);
    }
    expect(waits).toEqual([1, 2, 3].map((attempt) => Math.ceil(backoffMs(attempt, 0.5))));
    await settle(() => daemon.session.usable.length === 1, "the resumed session");
  });

  test.each(["SESSION_UNKNOWN", "DAEMON_IDENTITY", "SHUTTING_DOWN", "VERSION_MISMATCH"])(
    "is given up at once when the daemon says %s",
    async (reason) => {
      const { first, dialler, plugin, closed } = keepUp();
      dialler.refusals.push(refusal(reason));
      first[0].abort();
      await settle(() => closed.plugin !== undefined, "its end");
      expect([closed.plugin!.reason, dialler.attempts.length]).toEqual(["PEER_LOST", 1]);
      expect(closed.plugin!.message).toContain("resuming the session failed: refused by the test");
      expect(plugin.session.lanes).toEqual([]);
    },
  );

  test("is given up when trying has failed for so long", async () => {
    const clock = new ManualClock();
    const { first, dialler, closed } = keepUp({ clock, keeper: { giveUpMs: 1_000 } });
    for (let i = 0; i < 100; i++) dialler.refusals.push(refusal("CONNECT_FAILED"));
    first[0].abort();
    await turns();
    for (let i = 0; i < 400 && closed.plugin === undefined; i++) {
      clock.advance(10);
      await turns(4);
    }
    expect(closed.plugin?.reason).toBe("PEER_LOST");
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(1_000 + 1_000);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(1_000 + 2_100);
    const { length } = dialler.attempts;
    clock.advance(10_000);
    await turns();
    expect(dialler.attempts).toHaveLength(length);
  });

  test("that nobody agreed to resume ends", async () => {
    const { first, dialler, closed } = keepUp({ plugin: { resumable: false } });
    dialler.resumes = false;
    first[0].abort();
    await settle(() => closed.plugin !== undefined, "its end");
    expect([closed.plugin!.reason, dialler.attempts]).toEqual(["PEER_LOST", []]);
  });

  test("is not tried once it has ended, and nothing is left behind", async () => {
    const clock = new ManualClock();
    const { first, dialler, plugin, daemon, keeper, closed } = keepUp({ clock });
    dialler.refusals.push(refusal("CONNECT_FAILED"));
    first[0].abort();
    await turns();
    plugin.session.abort(new CrucibleError("SESSION_CLOSED", "over"));
    daemon.session.abort(new CrucibleError("SESSION_CLOSED", "over"));
    keeper.close();
    keeper.close();
    clock.advance(60_000);
    await turns();
    expect(closed.plugin!.reason).toBe("PEER_LOST");
    expect(dialler.attempts).toEqual(["resume"]);
    expect(clock.pending).toBe(0);
  });

  test("connects again when it is lost while it is being resumed", async () => {
    const { first, dialler, daemon, toPlugin } = keepUp();
    first[0].abort();
    await settle(() => dialler.connections.length === 1, "the first resumption");
    dialler.connections[0]![1].abort();
    await settle(() => dialler.connections.length === 2 && daemon.session.usable.length === 1, "the second");
    expect(await toPlugin.unary(small)).toMatchObject(small);
  });
});

test("pauses double up to a second, and are shorter by chance", () => {
  expect([1, 2, 3, 4, 7, 40].map((attempt) => backoffMs(attempt, 1))).toEqual([20, 40, 80, 160, 1_000, 1_000]);
  expect([1, 5, 9].map((attempt) => backoffMs(attempt, 0))).toEqual([5, 5, 5]);
});
