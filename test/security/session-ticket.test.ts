import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { Intent } from "../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import type { SessionEntry } from "../../runtime/typescript/src/session/handshake/entry.js";
import { ownOffer } from "../../runtime/typescript/src/session/handshake/own-offer.js";
import type { PluginOpened } from "../../runtime/typescript/src/session/plugin-opening.js";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import {
  connectWith,
  type Disguise,
  endLeakers,
  type Leak,
  leakTicket,
  RawPeer,
} from "../integration/support/intruder.js";
import { skipsSharedMemory } from "../suites/linux-memory.js";
import { closeDaemons, createLab, type Lab, reasonOf, until } from "../integration/support/lab.js";
import { launchProxied } from "../integration/support/proxied.js";

const noMemory = skipsSharedMemory("handoff on connections that enter a session");

// Who gets into a session that is there: nobody but the owner of its ticket and of its key.

afterEach(async () => {
  endLeakers();
  await closeDaemons();
});

const { JOIN, RESUME } = Intent;
type Entering = SessionEntry["intent"];
const both: readonly (readonly [string, Entering])[] = [
  ["JOIN", JOIN],
  ["RESUME", RESUME],
];

/** A plugin in whose place this process has connected, and the ticket of its session. */
interface Entered {
  readonly lab: Lab;
  readonly leak: Leak;
  readonly opened: PluginOpened;
  readonly plugin: Awaited<Leak["launching"]>;
  enter(intent: Entering, disguise?: Disguise): Promise<PluginOpened>;
}

async function open(lab: Lab, id = "leak", capabilities: readonly string[] = []): Promise<Entered> {
  const leak = await leakTicket(lab, id, capabilities);
  const opened = await connectWith(leak.ticket);
  const { sessionTicket } = opened.registered;
  const enter = (intent: Entering, disguise: Disguise = {}): Promise<PluginOpened> =>
    connectWith(leak.ticket, { entry: { intent, sessionTicket }, ...disguise });
  return { lab, leak, opened, plugin: await leak.launching, enter };
}

describe("the ticket of a session", () => {
  test("has 32 bytes that nobody can guess, and lets its owner in", async () => {
    const lab = await createLab();
    const one = await open(lab, "one");
    const two = await open(lab, "two");
    const tickets = [one, two].map(({ opened }) => Buffer.from(opened.registered.sessionTicket).toString("hex"));
    expect(tickets.map(({ length }) => length)).toEqual([64, 64]);
    expect(tickets[0]).not.toBe(tickets[1]);
    const joined = await one.enter(JOIN);
    expect(joined.link.sessionId).toBe(one.opened.link.sessionId);
    expect(joined.registered).toMatchObject({ methods: [], capabilities: [], sessionTicket: new Uint8Array(0) });
    expect(one.plugin.connections).toBe(2);
    const resumed = await one.enter(RESUME);
    expect(resumed.link.sessionId).toBe(one.opened.link.sessionId);
    await until(() => one.opened.link.closed && joined.link.closed, "the end of the older connections");
    expect([one.plugin.connections, one.plugin.state]).toEqual([1, "running"]);
  });

  test.each(both)("is worth nothing to another static key: %s", async (_, intent) => {
    const { enter, opened, plugin } = await open(await createLab());
    expect(await reasonOf(enter(intent, { ticket: { noiseKey: randomBytes(32) } }))).toBe("SESSION_UNKNOWN");
    expect([opened.link.closed, plugin.connections]).toEqual([false, 1]);
  });

  test.each(both)("is not replaced by the key alone: %s", async (_, intent) => {
    const { enter, opened, plugin } = await open(await createLab());
    const { sessionTicket } = opened.registered;
    const almost = sessionTicket.slice();
    almost[31]! ^= 1;
    for (const wrong of [almost, new Uint8Array(0), sessionTicket.subarray(1), randomBytes(32), randomBytes(64)]) {
      expect(await reasonOf(enter(intent, { entry: { intent, sessionTicket: wrong } }))).toBe("SESSION_UNKNOWN");
    }
    expect([opened.link.closed, plugin.connections]).toEqual([false, 1]);
  });

  test.each(both)("opens the session of no other plugin, at no other socket: %s", async (_, intent) => {
    const lab = await createLab();
    const one = await open(lab, "one");
    const two = await open(lab, "two");
    const { sessionTicket } = one.opened.registered;
    const entry = { intent, sessionTicket };
    // The key of the one at the socket of the other, and the ticket of the one with the key of the other.
    const elsewhere = { address: two.leak.ticket.address };
    expect(await reasonOf(one.enter(intent, { entry, ticket: elsewhere }))).toBe("SESSION_UNKNOWN");
    expect(await reasonOf(two.enter(intent, { entry }))).toBe("SESSION_UNKNOWN");
    expect([one.plugin.connections, two.plugin.connections]).toEqual([1, 1]);
  });

  test.each(both)("lets nobody in under another plugin id: %s", async (_, intent) => {
    const { enter, plugin, opened } = await open(await createLab());
    expect(await reasonOf(enter(intent, { register: { pluginId: "other" } }))).toBe("IDENTITY_MISMATCH");
    expect([opened.link.closed, plugin.connections]).toEqual([false, 1]);
  });

  test.each(both)("is worth nothing before there is a session: %s", async (_, intent) => {
    const { ticket } = await leakTicket(await createLab());
    const entry = { intent, sessionTicket: randomBytes(32) };
    expect(await reasonOf(connectWith(ticket, { entry }))).toBe("SESSION_UNKNOWN");
  });

  test.each(both)("is worth nothing once the session is revoked or closing: %s", async (_, intent) => {
    const lab = await createLab();
    const revoked = await open(lab, "revoked");
    const closing = await open(lab, "closing");
    const ends = [revoked.plugin.revoke(), closing.plugin.close()];
    expect(await reasonOf(revoked.enter(intent))).toBe("SESSION_UNKNOWN");
    expect(["SHUTTING_DOWN", "SESSION_UNKNOWN"]).toContain(await reasonOf(closing.enter(intent)));
    await until(() => revoked.opened.link.closed, "the end of the connection of the revoked one");
    await Promise.all(ends);
    // Nobody listens there any more.
    expect(await reasonOf(revoked.enter(intent))).toBe("CONNECT_FAILED");
  });

  test.each(both)("is not taken where the feature was not agreed on: %s", async (name, intent) => {
    const { enter, plugin } = await open(await createLab());
    const offer = { ...ownOffer, features: ownOffer.features.filter((feature) => feature !== name.toLowerCase()) };
    expect(await reasonOf(enter(intent, { offer }))).toBe("HANDSHAKE_FAILED");
    expect(plugin.connections).toBe(1);
  });

  test.skipIf(noMemory)("by a connection that offers shared memory: it is the first one's alone", async () => {
    const { enter, opened, plugin } = await open(await createLab());
    const offer = { ...ownOffer, features: ["handoff", ...ownOffer.features] };
    for (const intent of [JOIN, RESUME]) expect(await reasonOf(enter(intent, { offer }))).toBe("HANDSHAKE_FAILED");
    expect([opened.link.closed, plugin.connections]).toEqual([false, 1]);
  });

  test("is not given where neither was agreed on", async () => {
    const { ticket, launching } = await leakTicket(await createLab());
    const offer = { ...ownOffer, features: ["lz4", "sealed"] };
    const opened = await connectWith(ticket, { offer });
    expect(opened.registered.sessionTicket).toHaveLength(0);
    expect((await launching).connections).toBe(1);
  });

  test("does not make a connection fit that has agreed on less than its session", async () => {
    const { enter, plugin, opened } = await open(await createLab());
    const offer = { ...ownOffer, features: ["join", "resume", "sealed"] };
    const other = await enter(JOIN, { offer });
    await until(() => other.link.closed, "the end of the connection");
    expect([opened.link.closed, plugin.connections]).toEqual([false, 1]);
  });
});

test("bytes that were recorded open nothing when they are sent again", async () => {
  const lab = await createLab({ handoff: { use: "off" } });
  const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
  const echo = plugin.client(Echo);
  await echo.say({ text: "large", payload: new Uint8Array(1_000_000) });
  await until(() => plugin.connections === 2, "a second connection");
  proxy.cut();
  await until(() => plugin.connections > 0 && proxy.connections > 2, "the session to be resumed");
  await echo.say({ text: "again" });
  // The openings of all three: NEW, JOIN and RESUME, frame by frame as they came.
  const frames = proxy.seen.toDaemon.filter((frame) =>
    [FrameType.Handshake, FrameType.PluginRegister].includes(frame[1]! as 1),
  );
  expect(frames).toHaveLength(9);
  for (let at = 0; at < frames.length; at += 3) {
    const peer = new RawPeer(`unix:${join(lab.socketDirectory, `${plugin.id}.sock`)}`);
    peer.socket.write(Buffer.concat(frames.slice(at, at + 3)));
    expect(await peer.end()).toBe("HANDSHAKE_FAILED");
  }
  expect((await echo.say({ text: "undisturbed" })).text).toBe("undisturbed");
});

describe("many who want in", () => {
  test("connections of a session are bounded, and a place is free again when one closes", async () => {
    const { enter, plugin, opened } = await open(await createLab({ connections: 2 }));
    const joined = await Promise.all([enter(JOIN), enter(JOIN), enter(JOIN)]);
    expect(plugin.connections).toBe(4);
    expect(await Promise.all([1, 2, 3, 4, 5].map(() => reasonOf(enter(JOIN))))).toEqual(
      Array.from({ length: 5 }, () => "TOO_MANY_CONNECTIONS"),
    );
    joined[0]!.link.abort(new Error("the test") as never);
    await until(() => plugin.connections === 3, "its end to be noticed");
    const again = await enter(JOIN);
    expect([again.link.closed, opened.link.closed, plugin.connections]).toEqual([false, false, 4]);
  });

  test("a flood of half-open ones keeps nobody out for good, and the session is undisturbed", async () => {
    const lab = await createLab({ limits: { handshakeTimeoutMs: 500 } });
    const { leak, plugin, enter } = await open(lab);
    const path = leak.ticket.address.slice("unix:".length);
    const flood = Array.from({ length: 32 }, () => connect(path).on("error", () => {}));
    await until(async () => (await reasonOf(enter(JOIN))) === "no error", "a place");
    expect(plugin.state).toBe("running");
    for (const socket of flood) socket.destroy();
  });

  test("of several who resume at once one is left, with the session as it was", async () => {
    const { enter, plugin, opened } = await open(await createLab());
    const racing = await Promise.allSettled(Array.from({ length: 8 }, () => enter(RESUME)));
    const links = racing.flatMap((one) => (one.status === "fulfilled" ? [one.value.link] : []));
    expect(links.length).toBeGreaterThan(0);
    await until(() => links.filter(({ closed }) => !closed).length === 1 && opened.link.closed, "one to be left");
    expect([plugin.connections, plugin.state]).toEqual([1, "running"]);
    const left = links.find(({ closed }) => !closed);
    expect(left!.sessionId).toBe(opened.link.sessionId);
    expect(await reasonOf(enter(JOIN))).toBe("no error");
  });
});

test("who resumes gets no more than he had, and what he gave up is gone", async () => {
  const lab = await createLab();
  const { enter, plugin } = await open(lab, "granted", ["one", "two", "three"]);
  expect([...plugin.capabilities]).toEqual(["one", "two", "three"]);
  const register = { pluginId: "granted" };
  const capabilitiesOf = async (...capabilities: string[]): Promise<string[]> =>
    (await enter(RESUME, { register: { ...register, capabilities } })).registered.capabilities;
  expect(await capabilitiesOf()).toEqual(["one", "two", "three"]);
  expect(await capabilitiesOf("three", "one", "four")).toEqual(["one", "three"]);
  expect(await capabilitiesOf()).toEqual(["one", "three"]);
  expect([...plugin.capabilities]).toEqual(["one", "three"]);
});
