import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { Echo } from "./lab/gen/lab/v1/lab_daemon.js";
import { closeDaemons, createLab, isAlive, namesIn, reasonOf, until } from "./support/lab.js";

afterEach(closeDaemons);

/** Processes that this one has started. */
function children(): number[] {
  const tasks = readdirSync("/proc/self/task");
  return tasks.flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
}

const openDescriptors = (): number => readdirSync("/proc/self/fd").length;
const sockets = (directory: string): string[] => namesIn(directory).filter((name) => !name.startsWith(".lock"));

describe("the end of a plugin", () => {
  test("close lets a live call finish, and opens no more", async () => {
    const { launch, daemon } = await createLab();
    const plugin = await launch("echo-plugin");
    const echo = plugin.client(Echo);
    const live = echo.act({ action: "sleep", argument: "300" });
    const closing = plugin.close();
    expect(plugin.state).toBe("draining");
    expect(await reasonOf(echo.say({ text: "too late" }))).toBe("SHUTTING_DOWN");
    expect((await live).result).toBe("slept");
    expect(await closing).toEqual({ code: 0, signal: null });
    expect(plugin.state).toBe("ended");
    expect(daemon.plugins()).toEqual([]);
    expect(await reasonOf(echo.say({ text: "gone" }))).toBe("SHUTTING_DOWN");
  });

  test("close without grace ends live calls", async () => {
    const { launch } = await createLab();
    const plugin = await launch("echo-plugin");
    const live = reasonOf(plugin.client(Echo).act({ action: "sleep", argument: "60000" }));
    expect(await plugin.close({ graceMs: 0 })).toEqual({ code: 0, signal: null });
    expect(await live).toBe("SHUTTING_DOWN");
  });

  test("a plugin that stops by itself does so in order", async () => {
    const { launch, records, daemon } = await createLab();
    const plugin = await launch("echo-plugin");
    await plugin.client(Echo).act({ action: "stop" });
    expect(await plugin.exited).toEqual({ code: 0, signal: null });
    expect(records.filter(({ level }) => level === "error")).toEqual([]);
    expect(daemon.plugins()).toEqual([]);
  });

  test("a plugin that is killed fails the calls in flight, and nothing else", async () => {
    const { launch, records, daemon, socketDirectory } = await createLab();
    const plugin = await launch("echo-plugin");
    const other = await launch("echo-plugin", { id: "other" });
    const live = reasonOf(plugin.client(Echo).act({ action: "sleep", argument: "60000" }));
    process.kill(plugin.pid, "SIGKILL");
    expect(await live).toBe("PEER_LOST");
    expect(await plugin.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(await reasonOf(plugin.client(Echo).say({ text: "x" }))).toBe("PEER_LOST");
    const error = records.find(({ level, reason }) => level === "error" && reason === "PLUGIN_EXITED");
    expect(error?.message).toContain("killed by SIGKILL");
    expect(sockets(socketDirectory).filter((name) => name.startsWith("echo"))).toEqual([]);
    expect((await other.client(Echo).say({ text: "alive" })).text).toBe("alive");
    const again = await launch("echo-plugin");
    expect((await again.client(Echo).say({ text: "back" })).text).toBe("back");
    expect(daemon.plugins()).toEqual([other, again]);
  });

  test("a plugin that exits in a call says so by its exit code", async () => {
    const { launch, records } = await createLab();
    const plugin = await launch("echo-plugin");
    expect(await reasonOf(plugin.client(Echo).act({ action: "exit", argument: "7" }))).toBe("PEER_LOST");
    expect(await plugin.exited).toEqual({ code: 7, signal: null });
    expect(records.some(({ level, message }) => level === "error" && message.includes("exit code 7"))).toBe(true);
  });

  test("what a plugin has started ends with it", async () => {
    const { launch } = await createLab();
    const plugin = await launch("echo-plugin");
    const started = Number((await plugin.client(Echo).act({ action: "grandchild" })).result);
    expect(isAlive(started)).toBe(true);
    await plugin.close();
    await until(() => !isAlive(started), "the grandchild to be gone");
  });

  test("a plugin that does not stop is made to", async () => {
    const { launch } = await createLab();
    const plugin = await launch("stubborn-plugin");
    expect(await plugin.close({ graceMs: 0 })).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("a plugin that ends its session and lives on is killed", async () => {
    const { launch } = await createLab();
    const plugin = await launch("stubborn-plugin", { env: { LAB_CLOSE: "1" } });
    expect(await plugin.exited).toEqual({ code: null, signal: "SIGKILL" });
  });
});

describe("the end of a daemon", () => {
  test("closes every plugin, and leaves no process, no socket and no descriptor", async () => {
    const warm = await createLab();
    await warm.launch("echo-plugin");
    await warm.daemon.close();
    const before = { descriptors: openDescriptors(), children: children().length };

    const { daemon, launch, socketDirectory } = await createLab();
    const ids = ["one", "two", "three"];
    const plugins = await Promise.all(ids.map((id) => launch("echo-plugin", { id })));
    expect(sockets(socketDirectory).filter((name) => name.endsWith(".sock"))).toEqual([
      "one.sock",
      "three.sock",
      "two.sock",
    ]);
    const live = plugins.map((plugin) => plugin.client(Echo).act({ action: "sleep", argument: "100" }));
    await daemon.close();
    expect((await Promise.all(live)).map(({ result }) => result)).toEqual(["slept", "slept", "slept"]);

    expect(plugins.map(({ state }) => state)).toEqual(["ended", "ended", "ended"]);
    expect(plugins.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(sockets(socketDirectory)).toEqual([]);
    await until(() => openDescriptors() <= before.descriptors, "every descriptor to be closed");
    expect(children()).toHaveLength(before.children);
    await daemon.close();
  });

  test("is what await using does", async () => {
    let pid: number;
    {
      const { daemon, launch } = await createLab();
      await using closing = daemon;
      pid = (await launch("echo-plugin")).pid;
      expect(closing.plugins()).toHaveLength(1);
    }
    expect(isAlive(pid)).toBe(false);
  });
});
