import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Plugin } from "../../runtime/typescript/src/daemon/index.js";
import { Code, CrucibleError } from "../../runtime/typescript/src/index.js";
import { Echo, GetResponseCodec } from "./lab/gen/lab/v1/lab_daemon.js";
import { createLab, type Lab, reasonOf, until } from "./support/lab.js";
import { TestVault } from "./support/vault.js";

// One daemon and one plugin for the whole file: each test is some calls between two live processes.
let lab: Lab;
let plugin: Plugin;
let echo: Echo;
const vault = new TestVault({ a: "alpha", b: "beta" });

beforeAll(async () => {
  lab = await createLab({ services: [vault] });
  plugin = await lab.launch("echo-plugin", { capabilities: ["vault.read"] });
  echo = plugin.client(Echo);
});

afterAll(async () => {
  expect(await plugin.close()).toEqual({ code: 0, signal: null });
});

const act = async (action: string, argument = ""): Promise<string> => (await echo.act({ action, argument })).result;

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

describe("daemon to plugin", () => {
  test("unary", async () => {
    const { text, payload } = await echo.say({ text: "hello", payload: Uint8Array.of(1, 2, 3) });
    expect(text).toBe("hello");
    expect([...payload]).toEqual([1, 2, 3]);
  });

  test("unary with a message of many fragments", async () => {
    const payload = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const { payload: back } = await echo.say({ text: "große Nachricht", payload });
    expect(Buffer.compare(back, payload)).toBe(0);
  });

  test("many calls at once", async () => {
    const texts = Array.from({ length: 500 }, (_, index) => `call ${index}`);
    const answers = await Promise.all(texts.map((text) => echo.say({ text })));
    expect(answers.map(({ text }) => text)).toEqual(texts);
  });

  test("server stream, more than a window of it", async () => {
    const counted = await collect(echo.count({ upTo: 20_000 }));
    expect(counted).toHaveLength(20_000);
    expect(counted.every(({ value }, index) => value === index + 1)).toBe(true);
    expect(await act("observed", "count")).toBe("finished");
  });

  test("a server stream that is left early ends in the plugin", async () => {
    for await (const { value } of echo.count({ upTo: 4_000_000_000 })) if (value === 10) break;
    await until(async () => (await act("observed", "count")) === "aborted", "the handler to hear of it");
  });

  test("client stream", async () => {
    const { sum } = await echo.sum(Array.from({ length: 10_000 }, (_, index) => ({ value: BigInt(index) })));
    expect(sum).toBe(49_995_000n);
  });

  test("bidi stream, each line answered before the next", async () => {
    let answered = 0;
    async function* lines(): AsyncGenerator<{ line: string }> {
      for (let sent = 0; sent < 20; sent++) {
        await until(() => answered === sent, "the answer to the line before");
        yield { line: String(sent) };
      }
    }
    for await (const { line } of echo.chat(lines())) expect(line).toBe(`you said ${answered++}`);
    expect(answered).toBe(20);
  });

  test("a sensitive call is sealed and answered", async () => {
    const { digest } = await echo.whisper({ secret: "s3cret" });
    expect(digest).toBe("1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0");
  });

  test("metadata reaches the handler", async () => {
    const metadata = { "x-echo": ["one", "two"] };
    expect((await echo.act({ action: "metadata", argument: "x-echo" }, { metadata })).result).toBe("one+two");
    expect(await reasonOf(echo.say({ text: "x" }, { metadata: { "crucible-own": "x" } }))).toBe("METADATA_INVALID");
  });

  test("a request against the rules of its schema is refused", async () => {
    expect(await reasonOf(echo.act({ action: "" }))).toBe("VALIDATION_FAILED");
  });

  test("a handler that throws fails its call alone, and is logged with its stack", async () => {
    const error = (await act("throw", "the disk is on fire").catch((caught: unknown) => caught)) as CrucibleError;
    expect(error).toBeInstanceOf(CrucibleError);
    expect(error.reason).toBe("HANDLER_FAILED");
    expect(error.started).toBe(true);
    expect(error.message).toContain("lab.v1.Echo/Act");
    expect(error.message).toContain("the disk is on fire");
    await until(
      () => lab.records.some(({ stream, message }) => stream === "stderr" && message.includes("the disk is on fire")),
      "the plugin's own log of it",
    );
    expect((await echo.say({ text: "alive" })).text).toBe("alive");
  });

  test("an error of the handler's own reaches the caller", async () => {
    const error = (await act("throw-own", "no such note; ask for another").catch(
      (caught: unknown) => caught,
    )) as CrucibleError;
    expect(error.reason).toBe("NOTE_UNKNOWN");
    expect(error.code).toBe(Code.NotFound);
    expect(error.message).toBe("no such note; ask for another");
  });

  test("a cancelled call ends in the plugin", async () => {
    const cancel = new AbortController();
    const call = echo.act({ action: "wait", argument: "cancelled" }, { signal: cancel.signal });
    await until(async () => (await act("observed", "cancelled")) === "waiting", "the handler to start");
    cancel.abort();
    expect(await reasonOf(call)).toBe("CANCELLED");
    await until(async () => (await act("observed", "cancelled")) === "CANCELLED", "the handler to hear of it");
  });

  test("a deadline ends the call at both ends", async () => {
    expect(await reasonOf(echo.act({ action: "wait", argument: "late" }, { timeoutMs: 100 }))).toBe(
      "DEADLINE_EXCEEDED",
    );
    await until(async () => (await act("observed", "late")) !== "waiting", "the handler to hear of it");
    expect(["DEADLINE_EXCEEDED", "CANCELLED"]).toContain(await act("observed", "late"));
  });

  test("a handler knows the time left, the method's own timeout unless the caller has set one", async () => {
    const own = Number(await act("time-left"));
    expect(own).toBeGreaterThan(0);
    expect(own).toBeLessThanOrEqual(20_000);
    const { result } = await echo.act({ action: "time-left" }, { timeoutMs: 3_000 });
    expect(Number(result)).toBeLessThanOrEqual(3_000);
  });
});

describe("plugin to daemon", () => {
  test("unary, inside a handler and outside of one", async () => {
    expect(await act("get", "a")).toBe("alpha");
    expect(await act("get-outside", "b")).toBe("beta");
  });

  test("an error of the daemon's handler passes through the plugin's", async () => {
    const error = (await act("get", "z").catch((caught: unknown) => caught)) as CrucibleError;
    expect(error.reason).toBe("KEY_UNKNOWN");
    expect(error.code).toBe(Code.NotFound);
  });

  test("server, client and bidi streams", async () => {
    expect(await act("list")).toBe("a,b");
    expect(await act("store", "c=gamma,d=delta")).toBe("2");
    expect(vault.values.get("d")).toBe("delta");
    expect(await act("talk", "hello,world")).toBe("HELLO,WORLD");
  });

  test("a method whose capability was not granted is refused, and does not run", async () => {
    expect(await act("capabilities")).toBe("vault.read");
    const error = (await act("wipe").catch((caught: unknown) => caught)) as CrucibleError;
    expect(error.reason).toBe("CAPABILITY_MISSING");
    expect(error.code).toBe(Code.PermissionDenied);
    expect(error.message).toContain("vault.wipe");
    expect(vault.values.size).toBeGreaterThan(0);
  });
});

describe("events", () => {
  test("from the plugin, acknowledged", async () => {
    const heard: string[] = [];
    const stop = plugin.subscribe(({ subject, body }) => {
      heard.push(`${subject}: ${GetResponseCodec.read(body, 0, body.length).value}`);
    });
    await act("publish", "good morning");
    stop();
    expect(heard).toEqual(["lab.said: good morning"]);
  });

  test("to the plugin, acknowledged", async () => {
    await plugin.publish("lab.news", GetResponseCodec, { value: "rain" }, { acknowledge: true });
    expect(await act("heard")).toBe("lab.news:rain;");
  });
});

describe("the process", () => {
  test("has its own output, which never disturbs the protocol", async () => {
    await act("print", "no newline at the end");
    await act("print", " …\nsecond line\r\n");
    const stdout = (): string[] =>
      lab.records.filter(({ stream }) => stream === "stdout").map(({ message }) => message);
    await until(() => stdout().includes("second line"), "the lines");
    expect(stdout()).toEqual(["no newline at the end …", "second line"]);
    expect(lab.records.find(({ stream }) => stream === "stdout")).toMatchObject({ pluginId: "echo", level: "info" });
    expect(
      lab.records.some(({ stream, message }) => stream === "stderr" && message.startsWith("stderr: no newline")),
    ).toBe(true);
  });

  test("may print without an end of line, in bounded memory", async () => {
    const before = lab.records.length;
    await act("flood", String(64 * 1024 * 1024));
    await act("print", "\nafter the flood\n");
    await until(
      () => lab.records.some(({ stream, message }) => stream === "stdout" && message === "after the flood"),
      "the line behind it",
    );
    const lines = lab.records.slice(before).filter(({ stream }) => stream === "stdout");
    expect(lines).toHaveLength(2);
    expect(lines[0]!.message).toHaveLength(8_193);
    expect(lines[0]!.message.endsWith("x…")).toBe(true);
  });

  test("gets neither the ticket's variable nor a descriptor that its own children inherit", async () => {
    expect(await act("environment", "CRUCIBLE_TICKET")).toBe("unset");
    // O_CLOEXEC is 02000000 on Linux.
    expect(Number.parseInt(await act("descriptor"), 8) & 0o2000000).toBe(0o2000000);
  });

  test("is reported with its id, its state and the length of a round trip", async () => {
    expect(lab.daemon.plugins()).toEqual([plugin]);
    expect(plugin.state).toBe("running");
    expect(plugin.pid).toBeGreaterThan(0);
    expect(await plugin.ping()).toBeGreaterThan(0);
  });
});
