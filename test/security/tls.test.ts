import { readFileSync } from "node:fs";
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Certified, createLeafCertificate } from "../../runtime/typescript/src/daemon/authority-certificates.js";
import { createState } from "../../runtime/typescript/src/daemon/authority-state.js";
import type { Plugin } from "../../runtime/typescript/src/daemon/index.js";
import { decodeError } from "../../runtime/typescript/src/session/error-frame.js";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { connectWith, type Leak, leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, type Lab, reasonOf, until } from "../integration/support/lab.js";
import { runWithTicket } from "../integration/support/ticket-file.js";

let lab: Lab;
beforeEach(async () => {
  lab = await createLab({ listen: "tls" });
});

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  await closeDaemons();
});

const portOf = (address: string): number => Number(address.split(":").at(-1));

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `tls://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** Joins two sockets; `tap` sees what passes, both ways. */
function splice(one: Socket, other: Socket, tap: (chunk: Buffer) => void): void {
  sockets.push(one, other);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => {});
    from.on("data", (chunk: Buffer) => {
      tap(chunk);
      to.write(chunk);
    });
    from.on("close", () => to.destroy());
  }
}

interface Middle {
  readonly address: string;
  /** What it could read. */
  readonly seen: () => Buffer;
  readonly connections: () => number;
}

/** Somebody who ends TLS with a certificate of its own choice and passes on what it reads, over TLS of its own. */
async function terminate(port: number, shown: Certified): Promise<Middle> {
  let seen = Buffer.alloc(0);
  let connections = 0;
  const { certificate: cert, privateKey: key } = shown;
  const ALPNProtocols = ["crucible/1"];
  const server = createTlsServer({ cert, key, ALPNProtocols }, (socket) => {
    const onward = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols });
    splice(socket, onward, (chunk) => (seen = Buffer.concat([seen, chunk])));
  });
  server.on("connection", () => connections++);
  server.on("tlsClientError", () => {});
  return { address: await listening(server), seen: () => seen, connections: () => connections };
}

/** Somebody who passes bytes on as they are. */
async function relay(port: number): Promise<Pick<Middle, "address" | "seen">> {
  let seen = Buffer.alloc(0);
  const server = createServer((socket) => {
    splice(socket, connectTcp(port, "127.0.0.1"), (chunk) => (seen = Buffer.concat([seen, chunk])));
  });
  return { address: await listening(server), seen: () => seen };
}

/** The plugin's own program, with the ticket's address changed. */
const runAt = (leak: Leak, address: string): ReturnType<typeof runWithTicket> =>
  runWithTicket(JSON.stringify({ ...(JSON.parse(leak.text) as object), address }));

/** After whatever has happened, the right owner of the ticket still gets in. */
async function expectStillOpen(leak: Leak): Promise<void> {
  await connectWith(leak.ticket);
  const plugin: Plugin = await leak.launching;
  expect(plugin.state).toBe("running");
  process.kill(plugin.pid, "SIGKILL");
}

describe("somebody between plugin and daemon", () => {
  test("who ends TLS with another certificate is told nothing", async () => {
    const leak = await leakTicket(lab);
    // Made like the daemon's own, for the same id, by another authority.
    const { ca } = await createState("lab", Date.now());
    const middle = await terminate(
      portOf(leak.ticket.address),
      createLeafCertificate(ca, leak.ticket.daemonId, Date.now()),
    );
    const { code, stderr } = await runAt(leak, middle.address);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]*not issued by the ticket's authority[^\n]*\(DAEMON_IDENTITY\)\n$/);
    expect(middle.connections()).toBeGreaterThan(0);
    expect(middle.seen().length).toBe(0);
    await expectStillOpen(leak);
  });

  test("who ends TLS with the daemon's own certificate and key still gets nowhere: the handshake is bound", async () => {
    const leak = await leakTicket(lab);
    const state = JSON.parse(readFileSync(join(lab.stateDirectory, "authority.json"), "utf8")) as { leaf: Certified };
    const middle = await terminate(portOf(leak.ticket.address), state.leaf);
    const { code, stderr } = await runAt(leak, middle.address);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]*\(HANDSHAKE_FAILED\)\n$/);
    // Messages 1 and 2 have passed; message 3, with the token, was never written.
    expect(middle.seen().length).toBeGreaterThan(200);
    expect(middle.seen().includes(leak.ticket.token)).toBe(false);
    expect(lab.daemon.plugins()).toEqual([]);
    await expectStillOpen(leak);
  });

  test("who passes bytes on reads nothing", async () => {
    const leak = await leakTicket(lab);
    const middle = await relay(portOf(leak.ticket.address));
    await connectWith({ ...leak.ticket, address: middle.address });
    const plugin = await leak.launching;
    const call = plugin.client(Echo).say({ text: "a text that is not sensitive" });
    call.catch(() => {});
    await until(() => middle.seen().length > 1_000, "the request");
    for (const secret of [leak.ticket.token, leak.ticket.daemonId, "a text that is not sensitive", "lab.v1.Echo"]) {
      expect(middle.seen().includes(secret)).toBe(false);
    }
    process.kill(plugin.pid, "SIGKILL");
  });
});

describe("a ticket over TLS", () => {
  test("opens the port of its own plugin alone", async () => {
    const leak = await leakTicket(lab);
    const other = await leakTicket(lab, "other");
    const { address } = other.ticket;
    expect(await reasonOf(connectWith({ ...leak.ticket, address }))).toBe("IDENTITY_MISMATCH");
    await expectStillOpen(leak);
  });
});

describe("strangers at the port of a plugin that runs", () => {
  test("are logged and cut off, without and with TLS; the plugin does not notice", async () => {
    const leak = await leakTicket(lab, "other");
    const plugin = await lab.launch("echo-plugin");
    const port = portOf(leak.ticket.address);
    const http = connectTcp(port, "127.0.0.1");
    http.on("error", () => {});
    http.end("GET / HTTP/1.1\r\n\r\n");
    const refused = (reason: string): boolean =>
      lab.records.some((record) => record.reason === reason && record.pluginId === "other" && record.level === "warn");
    await until(() => refused("HANDSHAKE_FAILED"), "the first to be refused");

    const garbage = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["crucible/1"] });
    sockets.push(garbage);
    garbage.on("error", () => {});
    let answer = Buffer.alloc(0);
    garbage.on("data", (chunk) => (answer = Buffer.concat([answer, chunk])));
    garbage.write(Buffer.alloc(100, 9));
    await until(() => refused("BAD_VERSION"), "the second to be refused");
    await until(() => answer.length > 44, "its answer");
    expect(decodeError(new Uint8Array(answer.subarray(36, 36 + answer.readUInt32BE(32)))).reason).toBe("BAD_VERSION");
    expect((await plugin.client(Echo).say({ text: "alive" })).text).toBe("alive");
  });
});
