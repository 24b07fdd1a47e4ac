import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { createLab, isAlive, sharedState, temporaryDirectory, until } from "./support/lab.js";
import { Echo } from "./lab/gen/lab/v1/lab_daemon.js";
import { program } from "./support/programs.js";

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly plugins: readonly number[];
  readonly stderr: () => string;
}

async function startDaemon(socketDirectory: string, ids: readonly string[], listen = "unix"): Promise<Started> {
  const args = [await program("daemon-program"), sharedState(), socketDirectory, await program("echo-plugin"), ...ids];
  const env = { ...process.env, LAB_LISTEN: listen };
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], env });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done === true) throw new Error(`the daemon has ended: ${stderr}`);
  return { child, ...(JSON.parse(value) as { pid: number; plugins: number[] }), stderr: () => stderr };
}

test.each(["unix", "tls"] as const)(
  "when the daemon is killed (%s) its plugins end within a second, and the next start works at once",
  async (listen) => {
    const socketDirectory = join(temporaryDirectory(), "s");
    const { pid, plugins } = await startDaemon(socketDirectory, ["one", "two", "three"], listen);
    expect(plugins.filter(isAlive)).toHaveLength(3);
    const killed = Date.now();
    process.kill(pid, "SIGKILL");

    // At once: beside processes that may still be ending.
    const { launch } = await createLab({ socketDirectory, listen });
    const again = await Promise.all(["one", "two", "three"].map((id) => launch("echo-plugin", { id })));
    const answers = await Promise.all(again.map((plugin) => plugin.client(Echo).say({ text: plugin.id })));
    expect(answers.map(({ text }) => text)).toEqual(["one", "two", "three"]);

    await until(() => !plugins.some(isAlive), "every plugin of the killed daemon to be gone", 5_000);
    expect(Date.now() - killed).toBeLessThan(5_000);
  },
);

test("a plugin of a killed daemon still ends its handlers, though nobody reads its output", async () => {
  const { pid, plugins } = await startDaemon(join(temporaryDirectory(), "s"), ["handler"]);
  const written = `${sharedState()}-handler`;
  expect(existsSync(written)).toBe(false);
  process.kill(pid, "SIGKILL");
  await until(() => !plugins.some(isAlive), "the plugin to be gone", 5_000);
  expect(readFileSync(written, "utf8")).toBe("PEER_LOST");
});

test("a daemon that ends in order leaves nothing, and prints nothing but what its plugins do", async () => {
  const socketDirectory = join(temporaryDirectory(), "s");
  const { child, plugins, stderr } = await startDaemon(socketDirectory, ["one", "two"]);
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  child.stdin!.end();
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(plugins.filter(isAlive)).toEqual([]);
  const lines = stderr().trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
    "cleaning up",
    "cleaning up",
  ]);
});
