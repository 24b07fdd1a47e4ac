import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthorityCertificate } from "../../runtime/typescript/src/daemon/authority-certificates.js";
import { createDaemon, type Daemon, type LogRecord, type Plugin } from "../../runtime/typescript/src/daemon/index.js";
import {
  MetadataCodec as PairCodec,
  type MetadataInit as PairInit,
} from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import type { Metadata as Pair } from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_pb.js";
import {
  type CallOptions,
  type Method,
  ServiceClient,
  type ServiceImplementation,
  serviceKey,
} from "../../runtime/typescript/src/rpc/service.js";
import { echoHandlers, echoService } from "../suites/peers.js";
import { fnv1a32Twin } from "../twin/protobuf-twin.js";

// A plugin that was written from the text of the protocol alone meets a real daemon, as a process of its own.
const path = fileURLToPath(new URL("stranger.ts", import.meta.url));
const source = readFileSync(path, "utf8");
const capability = "test.v1.Echo";

// Stands between daemon and stranger: hands the ticket on with changes, and closes its descriptor on SIGUSR2.
const middleman = `
  import { spawn } from "node:child_process";
  import { Socket } from "node:net";
  const [stranger, changes] = process.argv.slice(2);
  const child = spawn(process.execPath, [stranger], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  let text = "";
  new Socket({ fd: 3, readable: true, writable: false })
    .on("data", (chunk) => {
      text += chunk;
      if (!text.endsWith("\\n")) return;
      child.stdio[3].write(JSON.stringify({ ...JSON.parse(text), ...JSON.parse(changes) }) + "\\n");
    })
    .on("end", () => process.exit(98));
  process.on("SIGUSR2", () => child.stdio[3].end());
  child.on("exit", (code) => process.exit(code ?? 99));
`;

const { unary, down, up, both, secret } = echoService.methods;
const hosted = Object.fromEntries(
  Object.entries({ unary, down, up, both, secret }).map(([name, method]) => [name, { ...method, capability }]),
);

/** The service as the daemon hosts it. The answer to a sealed call is a message of many fragments. */
const implementation = {
  ...echoHandlers({ secret: ({ key, value }) => ({ key, value: value.repeat(100_000) }) }),
  [serviceKey]: { ...echoService, host: "daemon" as const, methods: hosted },
} as ServiceImplementation;

const greetName = "test.v1.Stranger/Greet";
const greet: Method<Pair, PairInit, Pair, PairInit> = { ...unary, name: greetName, id: Number(fnv1a32Twin(greetName)) };
const missing = { ...greet, name: "test.v1.Stranger/Missing", id: 1 };

class Stranger extends ServiceClient {
  static readonly service = {
    typeName: "test.v1.Stranger",
    host: "plugin" as const,
    methods: { greet, missing },
    schema: async () => undefined,
  };
  greet(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(greet, request, options);
  }
  missing(request: PairInit): Promise<Pair> {
    return this.$caller.unary(missing, request);
  }
}

const directory = mkdtempSync("/tmp/crucible-");
const program = join(directory, "stranger.mjs");
const between = join(directory, "middleman.mjs");
const records: LogRecord[] = [];
let daemon: Daemon;
let plugin: Plugin;

/** What a plugin has printed. */
const printed = (id: string, stream: "stdout" | "stderr"): string[] =>
  records.filter((record) => record.pluginId === id && record.stream === stream).map(({ message }) => message);

/** Launches a stranger whose ticket says something else than the daemon's. */
const launchWith = (id: string, changes: object): Promise<Plugin> =>
  daemon.launch({
    id,
    command: [process.execPath, between, program, JSON.stringify(changes)],
    capabilities: [capability],
  });

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited++) {
    if (waited > 1_000) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

beforeAll(async () => {
  writeFileSync(program, (await transform(source, { loader: "ts", format: "esm", target: "node20" })).code);
  writeFileSync(between, middleman);
  daemon = await createDaemon({
    name: "interop",
    stateDirectory: join(directory, "state"),
    socketDirectory: join(directory, "s"),
    services: [implementation],
    onLog: (record) => records.push(record),
  });
  plugin = await daemon.launch({ id: "stranger", command: [process.execPath, program], capabilities: [capability] });
});

afterAll(async () => {
  await daemon?.close({ graceMs: 0 });
  rmSync(directory, { recursive: true, force: true });
});

test("it is short, and stands on Node alone", async () => {
  expect(source.trimEnd().split("\n").length).toBeLessThan(300);
  const { metafile } = await build({
    entryPoints: [path],
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
    metafile: true,
  });
  const { inputs } = metafile;
  expect(Object.keys(inputs)).toHaveLength(1);
  const modules = Object.values(inputs).flatMap(({ imports }) => imports.map((one) => one.path));
  expect([...new Set(modules)].toSorted()).toEqual(["node:crypto", "node:fs", "node:net"]);
});

test("its calls of every kind are answered, in clear and sealed", async () => {
  await until(() => printed("stranger", "stdout").length > 0, "the stranger's line");
  expect(printed("stranger", "stderr")).toEqual([]);
  const got = JSON.parse(printed("stranger", "stdout")[0]!) as unknown;
  // A pair of `key` and `n` bytes takes 7 + n bytes, or 9 + n where n needs three bytes.
  expect(got).toEqual({
    Unary: { count: 1, size: 10, last: "one" },
    Down: { count: 2_000, size: 2_000 * 7 + 10 + 90 * 2 + 900 * 3 + 1_000 * 4, last: "1999" },
    Up: { count: 1, size: 6, last: "3" },
    Both: { count: 2, size: 17, last: "ef" },
    Secret: { count: 1, size: 300_009, last: "bcabcabcabcabcabcabc" },
  });
});

test("it answers calls of the daemon", async () => {
  const client = plugin.client(Stranger);
  const request = { key: "name", value: "daemon" };
  expect(await client.greet(request)).toMatchObject({ key: "greeting", value: "Hello, daemon!" });
  const many = await Promise.all(Array.from({ length: 200 }, () => client.greet(request)));
  expect(many.every(({ value }) => value === "Hello, daemon!")).toBe(true);
  await expect(client.missing(request)).rejects.toMatchObject({ reason: "METHOD_UNKNOWN" });
});

test("it takes a request of many fragments, and says what it cannot answer", async () => {
  const client = plugin.client(Stranger);
  const request = { key: "name", value: "x".repeat(400_000) };
  await expect(client.greet(request)).rejects.toMatchObject({ reason: "MESSAGE_TOO_LARGE" });
  const { value } = await client.greet({ key: "name", value: "y".repeat(60_000) });
  expect(value).toBe(`Hello, ${"y".repeat(60_000)}!`);
});

test("it answers heartbeats, and grants what events have cost", async () => {
  expect(await plugin.ping()).toBeGreaterThan(0);
  const message = { key: "k", value: "v".repeat(30_000) };
  for (let sent = 0; sent < 10; sent++) await plugin.publish("test.news", PairCodec, message);
  expect(await plugin.ping()).toBeGreaterThan(0);
});

test("it ends when it is told to", async () => {
  expect(await plugin.close()).toEqual({ code: 0, signal: null });
  expect(printed("stranger", "stderr")).toEqual([]);
});

test("it ends when descriptor 3 ends, though the session lives", async () => {
  const orphan = await launchWith("orphan", {});
  expect((await orphan.client(Stranger).greet({ key: "name", value: "you" })).value).toBe("Hello, you!");
  process.kill(orphan.pid, "SIGUSR2");
  expect(await orphan.exited).toEqual({ code: 1, signal: null });
});

test("it says nothing to a daemon that another authority vouches for", async () => {
  const { certificate: authority } = createAuthorityCertificate("interop-other", Date.now());
  await expect(launchWith("wary", { authority })).rejects.toMatchObject({ reason: "PLUGIN_EXITED" });
  expect(printed("wary", "stderr").join("\n")).toContain("not issued by the authority");
  expect(records.filter(({ pluginId }) => pluginId === "wary").map(({ reason }) => reason)).toContain(
    "DAEMON_IDENTITY",
  );
});

test("it shows what the daemon refuses it for", async () => {
  await expect(launchWith("misled", { daemonId: "interop-other" })).rejects.toThrow();
  expect(printed("misled", "stderr").join("\n")).toContain("IDENTITY_MISMATCH");
  await expect(launchWith("forged", { token: "x.y.z" })).rejects.toThrow();
  expect(printed("forged", "stderr").join("\n")).toContain("TOKEN_INVALID");
});
