import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Plugin } from "../../runtime/typescript/src/daemon/index.js";
import { Echo, GetResponseCodec } from "./lab/gen/lab/v1/lab_daemon.js";
import { leakTicket } from "./support/intruder.js";
import { createLab, isAlive, type Lab, reasonOf, until } from "./support/lab.js";
import { TestVault } from "./support/vault.js";

// Two live processes over TLS: what calls.test.ts does over a Unix socket, in short.
let lab: Lab;
let plugin: Plugin;
let echo: Echo;
const vault = new TestVault({ a: "alpha", b: "beta" });

beforeAll(async () => {
  lab = await createLab({ services: [vault], listen: "tls" });
  plugin = await lab.launch("echo-plugin", { capabilities: ["vault.read"] });
  echo = plugin.client(Echo);
});

afterAll(async () => {
  expect(await plugin.close()).toEqual({ code: 0, signal: null });
  expect(lab.records.filter(({ level, stream }) => level !== "info" && stream === undefined)).toEqual([]);
});

const act = async (action: string, argument = ""): Promise<string> => (await echo.act({ action, argument })).result;

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

describe("a plugin launched over TLS", () => {
  test("answers unary calls, small, large and many at once", async () => {
    expect((await echo.say({ text: "hello" })).text).toBe("hello");
    const payload = new Uint8Array(3_000_000).map((_, index) => index % 251);
    expect(Buffer.compare((await echo.say({ payload })).payload, payload)).toBe(0);
    const texts = Array.from({ length: 300 }, (_, index) => `call ${index}`);
    const answers = await Promise.all(texts.map((text) => echo.say({ text })));
    expect(answers.map(({ text }) => text)).toEqual(texts);
  });

  test("answers streams of all three kinds", async () => {
    expect(await collect(echo.count({ upTo: 10_000 }))).toHaveLength(10_000);
    const values = Array.from({ length: 1_000 }, (_, index) => ({ value: BigInt(index) }));
    expect((await echo.sum(values)).sum).toBe(499_500n);
    const answers = await collect(echo.chat([{ line: "one" }, { line: "two" }]));
    expect(answers.map(({ line }) => line)).toEqual(["you said one", "you said two"]);
  });

  test("answers sensitive calls", async () => {
    expect((await echo.whisper({ secret: "s3cret" })).digest).toMatch(/^1ec1c26b/);
  });

  test("makes calls of all four kinds to the daemon", async () => {
    expect(await act("get", "a")).toBe("alpha");
    expect(await act("list")).toBe("a,b");
    expect(await act("store", "c=gamma,d=delta")).toBe("2");
    expect(vault.values.get("d")).toBe("delta");
    expect(await act("talk", "one,two")).toBe("ONE,TWO");
    expect(await reasonOf(act("wipe"))).toBe("CAPABILITY_MISSING");
  });

  test("hears events and has its own heard", async () => {
    await plugin.publish("lab.note", GetResponseCodec, { value: "x" }, { acknowledge: true });
    expect(await act("heard")).toBe("lab.note:x;");
    const heard: string[] = [];
    const remove = plugin.subscribe(({ subject }) => void heard.push(subject));
    await act("publish", "back");
    expect(heard).toEqual(["lab.said"]);
    remove();
  });

  test("is pinged", async () => {
    expect(await plugin.ping()).toBeGreaterThan(0);
  });
});

describe("a daemon over TLS", () => {
  test("gives each plugin a port of loopback, which is free again when the plugin has ended", async () => {
    const first = await leakTicket(lab, "first");
    const second = await leakTicket(lab, "second");
    const form = /^tls:\/\/127\.0\.0\.1:9\d\d\d$/;
    expect(first.ticket.address).toMatch(form);
    expect(second.ticket.address).toMatch(form);
    expect(first.ticket.address).not.toBe(second.ticket.address);
    const one = await createLab({ listen: first.ticket.address as "tls" });
    expect(await reasonOf(one.launch("echo-plugin"))).toBe("ADDRESS_IN_USE");
    await lab.launch("echo-plugin", { id: "third" });
    await one.daemon.close();
  });

  test("tells calls of a plugin that was killed", async () => {
    const other = await lab.launch("echo-plugin", { id: "killed" });
    const call = other.client(Echo).act({ action: "wait", argument: "x" });
    const reason = reasonOf(call);
    process.kill(other.pid, "SIGKILL");
    expect(await reason).toMatch(/^(PLUGIN_EXITED|PEER_LOST)$/);
    expect(await other.exited).toEqual({ code: null, signal: "SIGKILL" });
    await until(() => !isAlive(other.pid), "its end");
    lab.records.splice(0);
  });
});
