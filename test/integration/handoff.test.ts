import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { fuzzSeed, Random } from "../fuzz/random.js";
import { skipsSharedMemory } from "../suites/linux-memory.js";
import { closeDaemons, createLab, isAlive, reasonOf, sharedState, temporaryDirectory, until } from "./support/lab.js";
import { Echo } from "./lab/gen/lab/v1/lab_daemon.js";
import { program } from "./support/programs.js";
import { launchProxied } from "./support/proxied.js";

const none = skipsSharedMemory("handoff between processes");
const mebibyte = 1_048_576;

function bytesOf(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 97) bytes[i] = i;
  return bytes;
}

/** Lines of a process that show an arena: what it has mapped, and what it has open. */
function arenasOf(pid: number | "self", name = "memfd:crucible-arena"): string[] {
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, "utf8").split("\n");
    const open = readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      } catch {
        return "";
      }
    });
    return [...maps, ...open].filter((line) => line.includes(name));
  } catch {
    // It has ended.
    return [];
  }
}

/** Processes that have anything of the arenas that a daemon has made. */
function holders(daemon: number): string[] {
  return readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && arenasOf(Number(pid), `crucible-arena:${daemon} `).length > 0,
  );
}

describe.skipIf(none)("daemon and plugin share memory", () => {
  afterEach(closeDaemons);

  test("large messages go through it both ways, and nothing of it is left when the plugin has ended", async () => {
    const { launch } = await createLab();
    const plugin = await launch("echo-plugin");
    expect(plugin.features).toContain("handoff");
    const payload = bytesOf(3 * mebibyte);
    const echo = plugin.client(Echo);
    for (let i = 0; i < 3; i++) {
      expect(Buffer.compare((await echo.say({ text: "t", payload })).payload, payload)).toBe(0);
    }
    // Mapped here, and no descriptor of it is open; over there too.
    expect(arenasOf("self").length).toBeGreaterThanOrEqual(2);
    expect(arenasOf("self").every((line) => /^[0-9a-f]+-/.test(line))).toBe(true);
    expect(arenasOf(plugin.pid).every((line) => /^[0-9a-f]+-/.test(line))).toBe(true);
    await plugin.close();
    expect(arenasOf("self")).toEqual([]);
  });

  test("a plugin without large messages never loads what shares memory", async () => {
    const { launch } = await createLab();
    const plugin = await launch("echo-plugin");
    const echo = plugin.client(Echo);
    await echo.say({ text: "t", payload: bytesOf(100_000) });
    expect(arenasOf(plugin.pid, "koffi")).toEqual([]);
    // The first one may still go where those before it went, which is another connection.
    for (let i = 0; i < 2; i++) await echo.say({ text: "t", payload: bytesOf(300_000) });
    expect(arenasOf(plugin.pid, "koffi")).not.toEqual([]);
  });

  test("what a plugin starts inherits nothing of it", async () => {
    const { launch } = await createLab();
    const plugin = await launch("echo-plugin");
    const { result } = await plugin.client(Echo).act({ action: "grandchild", argument: "" });
    expect(isAlive(Number(result))).toBe(true);
    expect(arenasOf(Number(result))).toEqual([]);
    expect(arenasOf(plugin.pid).length).toBeGreaterThan(0);
    await plugin.close();
  });

  test("off on the daemon's side: no memory is shared, and everything goes over the socket", async () => {
    const { launch } = await createLab({ handoff: { use: "off" } });
    const plugin = await launch("echo-plugin");
    expect(plugin.features).not.toContain("handoff");
    expect(arenasOf("self")).toEqual([]);
    expect(arenasOf(plugin.pid)).toEqual([]);
    const payload = bytesOf(mebibyte);
    expect(Buffer.compare((await plugin.client(Echo).say({ text: "t", payload })).payload, payload)).toBe(0);
    expect(plugin.allocate(mebibyte).shared).toBe(false);
  });

  test("where everything is sealed no memory is shared", async () => {
    const { launch } = await createLab({ encryption: "everything" });
    const plugin = await launch("echo-plugin");
    expect(plugin.features).not.toContain("handoff");
    expect(arenasOf(plugin.pid)).toEqual([]);
  });

  test("over TLS on the same machine it is shared too", async () => {
    const { launch } = await createLab({ listen: "tls" });
    const plugin = await launch("echo-plugin");
    expect(plugin.features).toContain("handoff");
    const payload = bytesOf(mebibyte);
    expect(Buffer.compare((await plugin.client(Echo).say({ text: "t", payload })).payload, payload)).toBe(0);
  });

  test("what finds no room in it goes by another connection, which nothing else needs", async () => {
    const { launch } = await createLab();
    const plugin = await launch("echo-plugin");
    const echo = plugin.client(Echo);
    const payload = bytesOf(3 * mebibyte);
    for (let i = 0; i < 3; i++) await echo.say({ text: "t", payload });
    expect(plugin.connections).toBe(1);
    // More than there is room for at once.
    const beyond = bytesOf(40 * mebibyte);
    const answers = await Promise.all([1, 2, 3].map(() => echo.say({ text: "t", payload: beyond })));
    expect(answers.map((answer) => Buffer.compare(answer.payload, beyond))).toEqual([0, 0, 0]);
    await until(() => plugin.connections === 2, "a second connection");
    for (let i = 0; i < 3; i++) {
      expect(Buffer.compare((await echo.say({ text: "t", payload })).payload, payload)).toBe(0);
    }
  });

  test("when the connection is cut the session goes on without, and both sides let go of it", async () => {
    const lab = await createLab({ handoff: { use: "on" } });
    const { plugin, proxy } = await launchProxied(lab, "echo-plugin");
    const echo = plugin.client(Echo);
    const payload = bytesOf(3 * mebibyte);
    expect(Buffer.compare((await echo.say({ text: "t", payload })).payload, payload)).toBe(0);
    // This process and that of the plugin.
    expect(holders(process.pid)).toHaveLength(2);
    const kept = plugin.allocate(mebibyte);
    kept.bytes.fill(9);
    const live = [1, 2, 3].map(() => reasonOf(echo.say({ text: "t", payload })));
    proxy.cut();
    expect(new Set(["PEER_LOST", "no error", ...(await Promise.all(live))]).size).toBe(2);
    await until(() => plugin.connections > 0, "the session to be resumed");
    // What is still being filled is as it was, and is sent as any other.
    const answer = await echo.say({ text: "kept", payload: kept.bytes });
    expect(answer.payload.length).toBe(mebibyte);
    expect(answer.payload.every((byte) => byte === 9)).toBe(true);
    kept.release();
    expect(plugin.allocate(mebibyte).shared).toBe(false);
    for (let i = 0; i < 3; i++) {
      expect(Buffer.compare((await echo.say({ text: "t", payload })).payload, payload)).toBe(0);
    }
    await until(() => holders(process.pid).length === 0, "both to let go of the memory");
    await plugin.close();
    const again = await lab.launch("echo-plugin");
    expect(again.allocate(mebibyte).shared).toBe(true);
  });

  test("a buffer that was filled in place arrives, and its memory is free for the next", async () => {
    const { launch } = await createLab({ handoff: { use: "on", arenaBytes: 4 * mebibyte } });
    const plugin = await launch("echo-plugin");
    const echo = plugin.client(Echo);
    for (let round = 0; round < 10; round++) {
      using buffer = plugin.allocate(2 * mebibyte);
      expect(buffer.shared).toBe(true);
      buffer.bytes.fill(round);
      const { text, payload } = await echo.say({ text: "before it", payload: buffer.bytes });
      expect([text, payload.length, payload[0], payload.at(-1)]).toEqual(["before it", 2 * mebibyte, round, round]);
    }
  });

  test("so does one that a handler has filled", async () => {
    const { launch } = await createLab({ handoff: { use: "on", arenaBytes: 4 * mebibyte } });
    const plugin = await launch("echo-plugin");
    for (let round = 0; round < 10; round++) {
      const sent = new Uint8Array(2 * mebibyte).fill(round);
      const { text, payload } = await plugin.client(Echo).say({ text: "in place", payload: sent });
      expect(text).toBe("it was");
      expect(Buffer.compare(payload, sent)).toBe(0);
    }
  });

  test("a view is released, and its memory is free for the next", async () => {
    const { launch } = await createLab({
      handoff: { use: "on", arenaBytes: 4 * mebibyte, views: ["lab.v1.Echo/Say"] },
    });
    const plugin = await launch("echo-plugin");
    for (let round = 0; round < 10; round++) {
      const sent = new Uint8Array(3 * mebibyte).fill(round);
      const { payload } = await plugin.client(Echo).say({ text: "t", payload: sent });
      expect(Buffer.compare(payload, sent)).toBe(0);
      expect(plugin.releaseView(payload)).toBe(true);
      expect(plugin.releaseView(payload)).toBe(false);
    }
  });

  test("options out of their ranges are refused before anything starts", async () => {
    expect(await reasonOf(createLab({ handoff: { leastBytes: 65_535 } }))).toBe("OPTION_INVALID");
    expect(await reasonOf(createLab({ handoff: { arenaBytes: 1_048_575 } }))).toBe("OPTION_INVALID");
    expect(await reasonOf(createLab({ handoff: { use: "maybe" as "auto" } }))).toBe("OPTION_INVALID");
    const { launch } = await createLab();
    expect(await reasonOf(launch("echo-plugin", { handoff: { arenaBytes: 1 } }))).toBe("OPTION_INVALID");
  });

  test("a plugin that is killed at any point leaves nothing in its daemon", async () => {
    const seed = fuzzSeed();
    const random = new Random(seed);
    const { launch } = await createLab({ handoff: { use: "on", arenaBytes: 8 * mebibyte } });
    for (let round = 0; round < 25; round++) {
      const plugin = await launch("echo-plugin", { id: `p${round}` });
      const echo = plugin.client(Echo);
      const payloads = [300_000, mebibyte, 3 * mebibyte].map(bytesOf);
      const sending = payloads.map(async (payload) => {
        for (;;) await echo.say({ text: "t", payload });
      });
      const ends = Promise.allSettled(sending);
      await new Promise((resolve) => {
        setTimeout(resolve, random.below(60));
      });
      process.kill(plugin.pid, "SIGKILL");
      for (const end of await ends) {
        expect((end as PromiseRejectedResult).reason).toMatchObject({ category: expect.any(Number) });
      }
      await plugin.exited;
      expect(arenasOf("self"), `seed ${seed}, round ${round}`).toEqual([]);
    }
  });

  test("a daemon that is killed at any point leaves no memory and no plugin", async () => {
    const seed = fuzzSeed();
    const random = new Random(seed);
    for (let round = 0; round < 8; round++) {
      const { pid, plugins } = await startDaemon(["one", "two"]);
      expect(holders(pid).length).toBeGreaterThan(0);
      await new Promise((resolve) => {
        setTimeout(resolve, random.below(60));
      });
      process.kill(pid, "SIGKILL");
      await until(() => ![pid, ...plugins].some(isAlive), `all to be gone (seed ${seed}, round ${round})`, 10_000);
      expect(holders(pid)).toEqual([]);
    }
  });
});

async function startDaemon(ids: readonly string[]): Promise<{ child: ChildProcess; pid: number; plugins: number[] }> {
  const socketDirectory = join(temporaryDirectory(), "s");
  const args = [await program("handoff-daemon"), sharedState(), socketDirectory, await program("echo-plugin"), ...ids];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done === true) throw new Error("the daemon has ended");
  return { child, ...(JSON.parse(value) as { pid: number; plugins: number[] }) };
}
