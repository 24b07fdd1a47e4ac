// Plugins that crash, stop and eat memory, as real processes, and what their daemon does about it.
import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type {
  Daemon,
  LogRecord,
  Plugin,
  SupervisedPlugin,
  SuperviseOptions,
} from "../../runtime/typescript/src/daemon/index.js";
import { Echo } from "./lab/gen/lab/v1/lab_daemon.js";
import { closeDaemons, createLab, isAlive, reasonOf, temporaryDirectory, until } from "./support/lab.js";
import { program } from "./support/programs.js";

afterEach(closeDaemons);

interface Supervised {
  readonly daemon: Daemon;
  readonly plugin: SupervisedPlugin;
  readonly echo: Echo;
  readonly records: LogRecord[];
  readonly started: Plugin[];
}

async function supervise(options: Partial<SuperviseOptions> = {}): Promise<Supervised> {
  const { daemon, records } = await createLab();
  const started: Plugin[] = [];
  const plugin = await daemon.supervise({
    id: "echo",
    command: [process.execPath, await program("echo-plugin")],
    restart: { firstDelayMs: 1, maxRestarts: 2 },
    onStart: (one) => started.push(one),
    ...options,
  });
  return { daemon, plugin, echo: plugin.client(Echo), records, started };
}

/** Timers that keep this process alive. */
const pendingTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

describe("a supervised plugin", () => {
  test("is started again when it crashes; calls in flight and meanwhile may be retried, a stub goes on", async () => {
    const { plugin, echo, records, started, daemon } = await supervise({
      restart: { firstDelayMs: 400, maxRestarts: 2 },
    });
    expect([plugin.state, plugin.restarts, await plugin.whenRunning()]).toEqual(["running", 0, started[0]]);
    const timers = pendingTimers();
    const live = echo.act({ action: "sleep", argument: "60000" }).catch((error: unknown) => error);
    process.kill(plugin.plugin!.pid, "SIGKILL");
    expect(await live).toMatchObject({ reason: "PEER_LOST", retryable: true });
    await until(() => plugin.state === "waiting", "the plugin to be missed");
    const refused = await echo.say({ text: "x" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: "PEER_LOST", retryable: true, retryAfterMs: expect.any(Number) as number });
    expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(0);
    const values = async (): Promise<number[]> => {
      const all: number[] = [];
      for await (const { value } of echo.count({ upTo: 3 })) all.push(value);
      return all;
    };
    expect(await reasonOf(values())).toBe("PEER_LOST");
    // A daemon that waits for its only plugin has something to wait for.
    expect(pendingTimers()).toBeGreaterThan(timers);

    const again = await plugin.whenRunning();
    expect([plugin.state, plugin.restarts, plugin.plugin, started[1]]).toEqual(["running", 1, again, again]);
    expect(pendingTimers()).toBe(timers);
    expect(again.pid).not.toBe(started[0]?.pid);
    expect((await echo.say({ text: "back" })).text).toBe("back");
    expect(await echo.sum([{ value: 1n }, { value: 2n }])).toMatchObject({ sum: 3n });
    expect(await values()).toEqual([1, 2, 3]);
    expect(daemon.plugins()).toEqual([again]);
    const told = messages(records.filter(({ level }) => level !== "debug"));
    expect(
      told.some((line) => /^plugin echo is started again in \d+ ms \(restart 1 of at most 2 within/.test(line)),
    ).toBe(true);
    expect(told).toContain(`plugin echo runs again (pid ${again.pid})`);
  });

  test("is given up when it fails too often, and its id is free then", async () => {
    const { plugin, echo, records, daemon } = await supervise();
    for (let i = 0; i < 3; i++) {
      const { exited } = await plugin.whenRunning();
      expect(await reasonOf(echo.act({ action: "exit", argument: "3" }))).toBe("PEER_LOST");
      await exited;
    }
    await plugin.ended;
    expect([plugin.state, plugin.restarts]).toEqual(["failed", 2]);
    expect(await reasonOf(echo.say({ text: "x" }))).toBe("PLUGIN_EXITED");
    expect(await reasonOf(plugin.whenRunning())).toBe("PLUGIN_EXITED");
    expect(records.findLast(({ level }) => level === "error")).toMatchObject({
      reason: "PLUGIN_EXITED",
      message:
        "plugin echo is not started again, 2 restarts within 60000 ms: put right what ends it, then supervise it anew",
    });
    await plugin.close();
    expect(plugin.state).toBe("failed");
    const anew = await daemon.supervise({ id: "echo", command: [process.execPath, await program("echo-plugin")] });
    expect(anew.state).toBe("running");
  });

  test("a restart that fails counts as one", async () => {
    const cwd = temporaryDirectory();
    const { plugin, records } = await supervise({ cwd });
    const waiting = plugin.whenRunning();
    rmSync(cwd, { recursive: true });
    process.kill((await waiting).pid, "SIGKILL");
    await plugin.ended;
    expect([plugin.state, plugin.restarts]).toEqual(["failed", 2]);
    expect(records.filter(({ reason }) => reason === "COMMAND_NOT_FOUND")).toHaveLength(2);
  });

  test("is not started again when it is closed, revoked, stops in order, or must not be", async () => {
    for (const [end, state] of [
      [({ plugin }: Supervised) => plugin.close(), "ended"],
      [({ plugin }: Supervised) => plugin.plugin!.revoke(), "ended"],
      [({ echo }: Supervised) => echo.act({ action: "stop" }), "ended"],
      [({ plugin }: Supervised) => process.kill(plugin.plugin!.pid, "SIGKILL"), "failed"],
    ] as const) {
      const one = await supervise({ restart: { policy: state === "failed" ? "never" : "on-failure" } });
      await end(one);
      await one.plugin.ended;
      await one.plugin.plugin?.exited;
      expect([one.plugin.state, one.plugin.restarts, one.started.length]).toEqual([state, 0, 1]);
      expect(isAlive(one.started[0]!.pid)).toBe(false);
    }
  });

  test("closes while it waits and while it starts, by itself and with its daemon", async () => {
    for (const by of ["plugin", "daemon"] as const) {
      const slow = await supervise({ restart: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
      process.kill(slow.plugin.plugin!.pid, "SIGKILL");
      await until(() => slow.plugin.state === "waiting", "the plugin to be missed");
      expect(await reasonOf(slow.daemon.supervise({ id: "echo", command: ["true"] }))).toBe("PLUGIN_ID_IN_USE");
      const whenRunning = reasonOf(slow.plugin.whenRunning());
      await slow[by].close();
      await slow.plugin.ended;
      expect([slow.plugin.state, await whenRunning]).toEqual(["ended", "SHUTTING_DOWN"]);

      const quick = await supervise();
      process.kill(quick.plugin.plugin!.pid, "SIGKILL");
      await until(() => quick.plugin.state === "starting", "the plugin to be started");
      await quick[by].close();
      expect([quick.plugin.state, quick.daemon.plugins()]).toEqual(["ended", []]);
      expect(isAlive(quick.plugin.plugin!.pid)).toBe(false);
    }
  });

  test("is none when its first start fails", async () => {
    const { daemon } = await createLab();
    const command = [process.execPath, await program("exits-early")] as const;
    const options = { id: "early", command, restart: {} };
    expect(await reasonOf(daemon.supervise({ ...options, restart: { policy: "always" as never } }))).toBe(
      "OPTION_INVALID",
    );
    for (const wrong of [
      { onStart: 5 },
      { restart: null },
      { restart: [] },
      { restarts: {} },
      { maxMemoryBytes: "1" },
    ]) {
      expect(await reasonOf(daemon.supervise({ ...options, ...wrong } as never))).toBe("OPTION_INVALID");
    }
    expect(await reasonOf(daemon.supervise(null as never))).toBe("OPTION_INVALID");
    expect(await reasonOf(daemon.supervise(options))).toBe("PLUGIN_EXITED");
    expect(await reasonOf(daemon.supervise(options))).toBe("PLUGIN_EXITED");
  });
});

describe.runIf(process.platform === "linux")("the limit of memory", () => {
  const mebibytes = (count: number): number => count * 1_048_576;

  test("a plugin that has more is killed, with all that it has started; what has less goes on", async () => {
    for (const [action, pid] of [
      ["eat", false],
      ["eat-outside", true],
    ] as const) {
      const { plugin, echo, records, started } = await supervise({ maxMemoryBytes: mebibytes(400) });
      expect((await echo.act({ action: "eat", argument: "20" })).result).toBe(String(mebibytes(20)));
      const { exited } = started[0]!;
      const answer = await echo.act({ action, argument: "600" }).catch(() => undefined);
      expect(await exited).toEqual({ code: null, signal: "SIGKILL" });
      const line = messages(records).find((text) => text.startsWith("plugin echo was ended"));
      expect(line).toMatch(/^plugin echo was ended \(killed: it had \d{3,} MiB of memory, and may have 400 MiB\)/);
      if (pid && answer !== undefined) await until(() => !isAlive(Number(answer.result)), "its process to be gone");
      const again = await plugin.whenRunning();
      expect((await again.client(Echo).act({ action: "eaten" })).result).toBe("0");
      await plugin.close();
    }
  });

  test("is a whole number of bytes", async () => {
    const { launch } = await createLab();
    expect(await reasonOf(launch("echo-plugin", { maxMemoryBytes: 1_000 }))).toBe("OPTION_INVALID");
  });
});
