import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { CrucibleError } from "../../runtime/typescript/src/index.js";
import { Echo, GetResponseCodec } from "./lab/gen/lab/v1/lab_daemon.js";
import { WireProxy } from "../suites/wire-proxy.js";
import { leakTicket } from "./support/intruder.js";
import { closeDaemons, createLab, isAlive, reasonOf, temporaryDirectory, until } from "./support/lab.js";
import { launchProxied } from "./support/proxied.js";
import { runWithTicket } from "./support/ticket-file.js";

// Connections of real processes: how many there are, and what becomes of a session when they are cut.

afterEach(closeDaemons);

/** Where memory is shared, large messages need no connection of their own. */
const handoff = { use: "off" } as const;

const bulk = new Uint8Array(4_000_000).fill(7);

describe("a connection that is cut", () => {
  test("in a call fails it, and the session goes on by another", async () => {
    const lab = await createLab();
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
    const echo = plugin.client(Echo);
    const { pid } = plugin;
    const live = echo.act({ action: "wait", argument: "cut" }).catch((error: unknown) => error as CrucibleError);
    await until(
      async () => (await echo.act({ action: "observed", argument: "cut" })).result === "waiting",
      "the handler",
    );
    proxy.cut();
    expect(await live).toMatchObject({ reason: "PEER_LOST", retryable: true, started: true });
    await until(() => plugin.connections > 0, "the session to be resumed");
    expect((await echo.say({ text: "again" })).text).toBe("again");
    // Its handler has heard of it too.
    expect((await echo.act({ action: "observed", argument: "cut" })).result).toBe("PEER_LOST");
    expect([plugin.state, plugin.pid, proxy.connections]).toEqual(["running", pid, 2]);
    const told = lab.records
      .filter(({ pluginId }) => pluginId === plugin.id)
      .map(({ level, message }) => `${level} ${message}`);
    expect(told.some((line) => line.startsWith("warn") && line.includes("lost its connection"))).toBe(true);
    expect(told.some((line) => line.startsWith("info") && line.includes("has resumed its session"))).toBe(true);
    expect(await plugin.close()).toEqual({ code: 0, signal: null });
  });

  test("again and again changes nothing; calls meanwhile fail at once, as ones that may be tried again", async () => {
    const lab = await createLab();
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
    const echo = plugin.client(Echo);
    await echo.say({ text: "here" });
    for (let round = 1; round <= 5; round++) {
      proxy.open = false;
      proxy.cut();
      await until(() => plugin.connections === 0, "the loss to be noticed");
      const error = (await echo.say({ text: "now" }).catch((thrown: unknown) => thrown)) as CrucibleError;
      expect([error.reason, error.retryable, error.started]).toEqual(["PEER_LOST", true, false]);
      proxy.open = true;
      await until(() => plugin.connections === 1, "the session to be resumed");
      expect((await echo.say({ text: `round ${round}` })).text).toBe(`round ${round}`);
    }
  });

  test("takes no event along: one that was not acknowledged comes again, and is handled once", async () => {
    const lab = await createLab();
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
    const echo = plugin.client(Echo);
    const publish = (value: string): Promise<void> =>
      plugin.publish("lab.told", GetResponseCodec, { value }, { acknowledge: true });
    // By then it listens.
    await echo.say({ text: "here" });
    await publish("first");
    proxy.open = false;
    proxy.cut();
    const published = ["second", "third"].map(publish);
    await until(() => plugin.connections === 0, "the loss to be noticed");
    const waits = publish("fourth");
    proxy.open = true;
    await Promise.all([...published, waits]);
    const { result } = await echo.act({ action: "heard" });
    expect(result).toBe("lab.told:first;lab.told:second;lab.told:third;lab.told:fourth;");
  });

  test("that nobody resumes in time ends the plugin", async () => {
    const lab = await createLab({ resumeTimeoutMs: 300 });
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
    await plugin.client(Echo).say({ text: "here" });
    proxy.open = false;
    proxy.cut();
    const exit = await plugin.exited;
    expect(exit.signal ?? exit.code).not.toBe(0);
    expect(lab.records.find(({ reason, level }) => level === "error" && reason === "PEER_LOST")?.message).toContain(
      "nobody resumed the session in 300 ms",
    );
    expect(await reasonOf(plugin.client(Echo).say({ text: "gone" }))).toBe("PEER_LOST");
    await until(() => !isAlive(plugin.pid), "its process to be gone");
  });

  test("ends the plugin at once where sessions are not resumed", async () => {
    const lab = await createLab({ resumeTimeoutMs: 0 });
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
    await plugin.client(Echo).say({ text: "here" });
    proxy.cut();
    await plugin.exited;
    expect(proxy.connections).toBe(1);
  });
});

describe("several connections", () => {
  test.each(["unix", "tls"] as const)(
    "a second one is opened for what is large (%s), and closed when it is idle",
    async (listen) => {
      const lab = await createLab({ listen, handoff });
      const plugin = await lab.launch("echo-plugin", { env: { LAB_IDLE_MS: "1000" } });
      const echo = plugin.client(Echo);
      expect((await echo.say({ text: "small" })).text).toBe("small");
      expect(plugin.connections).toBe(1);
      expect((await echo.say({ text: "large", payload: bulk })).payload).toHaveLength(bulk.length);
      await until(() => plugin.connections === 2, "a second connection");
      expect((await echo.say({ text: "large", payload: bulk })).payload).toHaveLength(bulk.length);
      await until(() => plugin.connections === 1, "the end of the second");
      expect((await echo.say({ text: "small" })).text).toBe("small");
      expect(lab.records.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
      expect(await plugin.close()).toEqual({ code: 0, signal: null });
    },
  );

  test("none is opened where one is all there may be", async () => {
    const lab = await createLab({ handoff });
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin", { connections: 1 });
    const echo = plugin.client(Echo);
    for (let i = 0; i < 3; i++) await echo.say({ text: "large", payload: bulk });
    expect([plugin.connections, proxy.connections]).toEqual([1, 1]);
  });

  test("losing one fails what was on it, and nothing else", async () => {
    const lab = await createLab({ handoff });
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
    const echo = plugin.client(Echo);
    const waits = reasonOf(echo.act({ action: "wait", argument: "first" }));
    await echo.say({ text: "large", payload: bulk });
    await until(() => plugin.connections === 2, "a second connection");
    // On the second by now.
    const cut = reasonOf(echo.say({ text: "large", payload: bulk }));
    proxy.cut(1);
    expect(["PEER_LOST", "no error"]).toContain(await cut);
    await until(() => plugin.connections === 1, "the loss to be noticed");
    expect((await echo.act({ action: "observed", argument: "first" })).result).toBe("waiting");
    expect(await plugin.close({ graceMs: 0 })).toEqual({ code: 0, signal: null });
    expect(await waits).toBe("SHUTTING_DOWN");
  });

  test("a plugin that is killed takes all of them along", async () => {
    const lab = await createLab({ handoff });
    const plugin = await lab.launch("echo-plugin");
    const echo = plugin.client(Echo);
    await echo.say({ text: "large", payload: bulk });
    await until(() => plugin.connections === 2, "a second connection");
    const live = [
      reasonOf(echo.act({ action: "wait", argument: "one" })),
      reasonOf(echo.say({ text: "large", payload: bulk }, { timeoutMs: 60_000 })),
    ];
    process.kill(plugin.pid, "SIGKILL");
    expect((await Promise.all(live))[0]).toBe("PEER_LOST");
    expect(await plugin.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(await reasonOf(echo.say({ text: "gone" }))).toBe("PEER_LOST");
    const again = await lab.launch("echo-plugin");
    expect((await again.client(Echo).say({ text: "back" })).text).toBe("back");
  });

  test("a plugin that is revoked ends at once", async () => {
    const lab = await createLab();
    const plugin = await lab.launch("echo-plugin");
    const live = reasonOf(plugin.client(Echo).act({ action: "wait", argument: "revoked" }));
    const exited = plugin.revoke();
    expect(await live).toBe("SHUTTING_DOWN");
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(await plugin.revoke()).toEqual({ code: 0, signal: null });
  });
});

test("a plugin whose ticket came in a file ends when it cannot connect again for a second", async () => {
  const lab = await createLab();
  const { launching, text } = await leakTicket(lab, "filed");
  const path = join(temporaryDirectory(), "p", "proxy.sock");
  const proxy = await WireProxy.listen(path, join(lab.socketDirectory, "filed.sock"));
  const ticket = { ...(JSON.parse(text) as Record<string, unknown>), address: proxy.address };
  const running = runWithTicket(`${JSON.stringify(ticket)}\n`);
  const plugin = await launching;
  const echo = plugin.client(Echo);
  expect((await echo.say({ text: "here" })).text).toBe("here");
  proxy.cut();
  await until(() => proxy.connections === 2 && plugin.connections === 1, "the session to be resumed");
  expect((await echo.say({ text: "again" })).text).toBe("again");
  // Nobody tells it whether its daemon has gone.
  proxy.close();
  const { code, stderr } = await running;
  expect(code).toBe(1);
  expect(stderr).toContain("resuming the session failed");
});
