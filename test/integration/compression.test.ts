import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { DaemonOptions, Plugin } from "../../runtime/typescript/src/daemon/index.js";
import { Flag, FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { WireProxy } from "../suites/wire-proxy.js";
import { Echo } from "./lab/gen/lab/v1/lab_daemon.js";
import { createLab, type Lab, temporaryDirectory, until } from "./support/lab.js";
import { program } from "./support/programs.js";

// Two live processes, and what of their messages is compressed on the wire between them.

const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends) end();
});

const text = "all work and no play ".repeat(2_000);

async function launch(lab: Lab, address: string): Promise<Plugin> {
  const programs = [await program("behind-proxy"), await program("confidant-plugin")];
  // The proxy dials in its place.
  const connectFrom = "anywhere";
  return lab.daemon.launch({ id: "squeezed", command: [process.execPath, ...programs, address], connectFrom });
}

/** A plugin over a Unix socket that is looked at. */
async function tapped(options: Partial<DaemonOptions> = {}): Promise<{ echo: Echo; plugin: Plugin; proxy: WireProxy }> {
  const lab = await createLab(options);
  const daemonPath = join(lab.socketDirectory, "squeezed.sock");
  const proxy = await WireProxy.listen(join(temporaryDirectory(), "p", "tap.sock"), daemonPath);
  ends.push(() => proxy.close());
  const plugin = await launch(lab, proxy.address);
  return { echo: plugin.client(Echo), plugin, proxy };
}

/** How many bytes went over the wire for `calls`, and how many of the frames were COMPRESSED. */
async function costOf(
  proxy: WireProxy,
  calls: () => Promise<unknown>,
): Promise<{ readonly bytes: number; readonly compressed: number }> {
  const before = { toDaemon: proxy.seen.toDaemon.length, toPlugin: proxy.seen.toPlugin.length };
  await calls();
  const frames = [...proxy.seen.toDaemon.slice(before.toDaemon), ...proxy.seen.toPlugin.slice(before.toPlugin)].filter(
    (frame) => frame[1] !== FrameType.Credit,
  );
  const compressed = frames.filter((frame) => (frame.readUInt16BE(2) & Flag.Compressed) !== 0).length;
  return { bytes: Buffer.concat(frames).length, compressed };
}

test("on a Unix socket only what a method asks for, in both directions", async () => {
  const { echo, plugin, proxy } = await tapped();
  const asked = await costOf(proxy, async () => expect((await echo.quote({ text })).text).toBe(text));
  expect(asked.compressed).toBe(2);
  expect(asked.bytes).toBeLessThan(text.length / 10);
  const usual = await costOf(proxy, async () => expect((await echo.say({ text })).text).toBe(text));
  expect(usual.compressed).toBe(0);
  expect(usual.bytes).toBeGreaterThan(2 * text.length);
  const secret = await costOf(proxy, () => echo.whisper({ secret: text }));
  expect(secret.compressed).toBe(0);
  expect(secret.bytes).toBeGreaterThan(2 * text.length);
  await plugin.close();
});

test("what is worth it, where a side is told to: the daemon's requests, not the plugin's answers", async () => {
  const { echo, plugin, proxy } = await tapped({ compression: "adaptive" });
  const usual = await costOf(proxy, async () => expect((await echo.say({ text })).text).toBe(text));
  expect(usual.compressed).toBe(1);
  const short = await costOf(proxy, () => echo.say({ text: "short" }));
  expect(short.compressed).toBe(0);
  await plugin.close();
});

test("nothing, where one side has none of it", async () => {
  const { echo, plugin, proxy } = await tapped({ compression: "off" });
  const asked = await costOf(proxy, async () => expect((await echo.quote({ text })).text).toBe(text));
  expect(asked.compressed).toBe(0);
  await plugin.close();
});

test("where everything is sealed, no more than a method asks for", async () => {
  const { echo, plugin, proxy } = await tapped({ encryption: "everything", compression: "adaptive" });
  const asked = await costOf(proxy, async () => expect((await echo.quote({ text })).text).toBe(text));
  const usual = await costOf(proxy, async () => expect((await echo.say({ text })).text).toBe(text));
  expect(asked.bytes).toBeLessThan(text.length / 10);
  expect(usual.bytes).toBeGreaterThan(2 * text.length);
  await plugin.close();
});

test("over TLS what is worth it, both ways, and nothing that is sensitive", async () => {
  const lab = await createLab({ listen: "tls" });
  let passed = 0;
  const addressOf = (): string | undefined =>
    lab.records
      .find(({ message }) => message.startsWith("address tls://"))
      ?.message.split(":")
      .at(-1);
  const pass = async (plugin: Socket): Promise<void> => {
    await until(() => addressOf() !== undefined, "the address of the daemon");
    const daemon = connect(Number(addressOf()), "127.0.0.1");
    ends.push(() => daemon.destroy());
    for (const [from, to] of [
      [plugin, daemon],
      [daemon, plugin],
    ] as const) {
      from.on("data", (chunk: Buffer) => {
        passed += chunk.length;
        to.write(chunk);
      });
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
    }
    plugin.resume();
  };
  const server = createServer({ pauseOnConnect: true }, (plugin) => void pass(plugin));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => server.close());
  const plugin = await launch(lab, `tls://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const echo = plugin.client(Echo);
  const bytesOf = async (calls: () => Promise<unknown>): Promise<number> => {
    const before = passed;
    await calls();
    return passed - before;
  };
  expect(await bytesOf(async () => expect((await echo.say({ text })).text).toBe(text))).toBeLessThan(text.length / 5);
  expect(await bytesOf(() => echo.whisper({ secret: text }))).toBeGreaterThan(2 * text.length);
  await plugin.close();
});
