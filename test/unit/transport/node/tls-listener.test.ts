import { connect as connectTcp, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { createTlsTransport } from "../../../../runtime/typescript/src/transport/node/tls.js";
import type { TlsOptions } from "../../../../runtime/typescript/src/transport/node/tls-options.js";
import type { Connection, Listener, Transport } from "../../../../runtime/typescript/src/transport/transport.js";
import { Recorder } from "../../../suites/recorder.js";
import { freshPort, makeDaemon } from "./authorities.js";

const known = await makeDaemon("known");

const open: { close(): unknown }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const item of open.splice(0)) await item.close();
});

interface Site {
  readonly listener: Listener;
  readonly port: number;
  readonly accepted: Connection[];
  readonly refused: CrucibleError[];
  readonly peers: string[];
  readonly transport: Transport;
  dial(): Promise<Connection>;
}

async function site(options: Partial<TlsOptions> = {}): Promise<Site> {
  const { daemon, identity } = known;
  const transport = createTlsTransport({ daemon, identity, ...options });
  const port = freshPort();
  const accepted: Connection[] = [];
  const refused: CrucibleError[] = [];
  const peers: string[] = [];
  const address = `tls://127.0.0.1:${port}`;
  const listener = await transport.listen(
    address,
    (connection) => {
      accepted.push(connection);
      connection.start(new Recorder());
    },
    {
      onRefused(error, peer) {
        refused.push(error);
        peers.push(peer);
      },
    },
  );
  open.push(listener);
  const dial = async (): Promise<Connection> => {
    const connection = await transport.dial(address);
    open.push({ close: () => connection.abort() });
    return connection;
  };
  return { listener, port, accepted, refused, peers, transport, dial };
}

function raw(port: number, bytes?: Uint8Array | string): Socket {
  const socket = connectTcp(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  // Else its end would not be seen behind what it was sent.
  socket.resume();
  if (bytes !== undefined) socket.write(bytes);
  return socket;
}

function rawTls(port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connectTls({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ALPNProtocols: ["crucible/1"],
    ...options,
  });
  sockets.push(socket);
  socket.on("error", () => {});
  return socket;
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

describe("a listener over TLS refuses, with one clear error,", () => {
  const hostile: readonly [what: string, meet: (port: number) => Socket, reason: string, text: string][] = [
    ["HTTP", (port) => raw(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HANDSHAKE_FAILED", "something other than TLS"],
    ["a frame in clear", (port) => raw(port, Buffer.alloc(60, 1)), "HANDSHAKE_FAILED", "something other than TLS"],
    [
      "a ClientHello of 16 MiB",
      (port) => raw(port, Buffer.of(22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff)),
      "HANDSHAKE_FAILED",
      "does not finish the TLS handshake (ERR_SSL_EXCESSIVE_MESSAGE_SIZE)",
    ],
    [
      "TLS 1.2",
      (port) => rawTls(port, { maxVersion: "TLSv1.2" }),
      "HANDSHAKE_FAILED",
      "does not speak TLS 1.3, which is the least that is taken; upgrade it",
    ],
    [
      "another application protocol",
      (port) => rawTls(port, { ALPNProtocols: ["h2"] }),
      "HANDSHAKE_FAILED",
      "does not speak crucible/1 over TLS (ALPN)",
    ],
    [
      "no application protocol",
      (port) => connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }).on("error", () => {}),
      "HANDSHAKE_FAILED",
      "does not speak crucible/1 over TLS (ALPN)",
    ],
    ["who goes at once", (port) => raw(port).end(), "PEER_LOST", "in the middle of the TLS handshake"],
    [
      "who resets in the middle",
      (port) => {
        const socket = raw(port, Buffer.of(22, 3, 1, 1, 0, 1, 0));
        socket.once("connect", () => setTimeout(() => socket.resetAndDestroy(), 20));
        return socket;
      },
      "PEER_LOST",
      "in the middle of the TLS handshake",
    ],
  ];
  it.each(hostile)("%s", async (_, meet, reason, text) => {
    const { port, refused, accepted, peers, dial } = await site();
    await closed(meet(port));
    await expect.poll(() => refused.length).toBe(1);
    expect(refused[0]!.reason).toBe(reason);
    expect(refused[0]!.message).toContain(text);
    expect(refused[0]!.message).not.toContain("\n");
    expect(peers[0]).toMatch(new RegExp(`^tls://127\\.0\\.0\\.1:${port}#1 from 127\\.0\\.0\\.1:\\d+$`));
    expect(accepted).toEqual([]);
    // The next one is served.
    await dial();
    await expect.poll(() => accepted.length).toBe(1);
    expect(refused.length).toBe(1);
  });

  it("who says nothing and who says a little at a time, when the time is over", async () => {
    const { port, refused, dial, accepted } = await site({ handshakeTimeoutMs: 300 });
    const silent = raw(port);
    const slow = raw(port, Buffer.of(22, 3, 1, 2, 0, 1, 0, 1, 0xfc));
    const timer = setInterval(() => slow.write(Buffer.alloc(1)), 20);
    await dial();
    await Promise.all([closed(silent), closed(slow)]);
    clearInterval(timer);
    await expect.poll(() => refused.length).toBe(2);
    for (const { reason, message } of refused) {
      expect(reason).toBe("HANDSHAKE_TIMEOUT");
      expect(message).toContain("did not finish the TLS handshake in 300 ms");
    }
    expect(accepted.length).toBe(1);
  });

  it("who comes when too many are in the handshake; a place that is free again is given", async () => {
    const { port, refused, accepted, dial, transport } = await site({ maxHandshakes: 12 });
    const silent = [raw(port), raw(port), raw(port)];
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await closed(raw(port));
    expect(refused.map(({ reason }) => reason)).toEqual(["TOO_MANY_CONNECTIONS"]);
    // Another listener has places of its own.
    const other = await transport.listen(`tls://127.0.0.1:${freshPort()}`, (connection) => connection.close());
    open.push(other);
    (await transport.dial(other.address)).abort();
    // Whoever dials waits for a while, as it would for a busy Unix socket.
    const dialling = dial();
    await expect.poll(() => refused.length).toBe(2);
    for (const socket of silent) socket.destroy();
    await dialling;
    await expect.poll(() => accepted.length).toBe(1);
    for (let i = 0; i < 10; i++) await dial();
    await expect.poll(() => accepted.length).toBe(11);
  });
});

describe("a listener over TLS", () => {
  it("gets back the place of each connection that is reset, however early", async () => {
    const { port, refused, accepted, dial } = await site({ maxHandshakes: 140 });
    let reset = 0;
    for (let round = 0; round < 10; round++) {
      const connected = Array.from({ length: 30 }, (_, i) => {
        const socket = raw(port, i % 2 === 0 ? undefined : Buffer.of(22, 3, 1));
        return new Promise<void>((resolve) =>
          socket.once("connect", () => {
            socket.resetAndDestroy();
            reset++;
            resolve();
          }),
        );
      });
      await Promise.all(connected);
      // Behind them in the queue; each listener has 35 places.
      await dial();
      await expect.poll(() => accepted.length).toBe(round + 1);
    }
    // What was reset before it was accepted may never be heard of; nobody was refused for want of a place.
    expect(reset).toBe(300);
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(["PEER_LOST"]));
    expect(refused.length).toBeGreaterThan(100);
  });

  it("takes no session up again, and so no early data", async () => {
    const { port, accepted } = await site();
    const first = rawTls(port);
    const session = await new Promise<Buffer>((resolve) => first.once("session", resolve));
    await expect.poll(() => accepted.length).toBe(1);
    const second = rawTls(port, { session });
    await new Promise((resolve) => second.once("secureConnect", resolve));
    expect(second.isSessionReused()).toBe(false);
    expect(second.getProtocol()).toBe("TLSv1.3");
  });

  it("binds both ends to one exporter, another for each connection", async () => {
    const { port, accepted, dial } = await site();
    const clients = [await dial(), await dial()];
    await expect.poll(() => accepted.length).toBe(2);
    const hex = ({ binding }: { readonly binding: Uint8Array }): string => Buffer.from(binding).toString("hex");
    expect(accepted.map(hex)).toEqual(clients.map(hex));
    expect(hex(clients[0]!)).not.toBe(hex(clients[1]!));
    expect([...clients, ...accepted].map(({ protection }) => protection)).toEqual(Array(4).fill("tls"));
    // As RFC 9266 has it, by somebody else's hand.
    const socket = rawTls(port);
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    await expect.poll(() => accepted.length).toBe(3);
    const own = socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
    expect(hex(accepted[2]!)).toBe(own.toString("hex"));
  });

  it("shows a leaf that was renewed from the next connection on", async () => {
    let shown = known.shown;
    const { port, accepted } = await site({ identity: () => Promise.resolve(shown) });
    const serial = async (): Promise<string> => {
      const socket = rawTls(port);
      await new Promise((resolve) => socket.once("secureConnect", resolve));
      return socket.getPeerX509Certificate()!.serialNumber;
    };
    const before = await serial();
    expect(await serial()).toBe(before);
    shown = await known.leaf(known.daemon.daemonId);
    expect(await serial()).not.toBe(before);
    await expect.poll(() => accepted.length).toBe(3);
  });

  it("without an identity to show cuts connections off and says why", async () => {
    const expired = new CrucibleError("AUTHORITY_INVALID", "the authority has expired; delete it");
    const { port, refused } = await site({ identity: () => Promise.reject(expired) });
    await closed(raw(port));
    await expect.poll(() => refused).toEqual([expired]);
    const bare = createTlsTransport({ daemon: known.daemon });
    await expect(bare.listen("tls://127.0.0.1:0", () => {})).rejects.toMatchObject({ reason: "OPTION_INVALID" });
  });

  it("cuts off who is in the handshake when it closes, and whoever comes then finds nobody", async () => {
    const { port, listener, accepted, refused, dial } = await site();
    const silent = raw(port);
    await new Promise((resolve) => silent.once("connect", resolve));
    const client = await dial();
    const recorder = new Recorder();
    client.start(recorder);
    await expect.poll(() => accepted.length).toBe(1);
    await listener.close();
    await closed(silent);
    await expect.poll(() => refused.length).toBe(1);
    expect(recorder.closes).toBe(0);
    await expect(dial()).rejects.toMatchObject({ reason: "CONNECT_FAILED" });
  });
});

describe("ports", () => {
  const { daemon, identity } = known;
  const transport = createTlsTransport({ daemon, identity });
  const listen = async (address: string): Promise<string> => {
    const listener = await transport.listen(address, (connection) => connection.close());
    open.push(listener);
    return listener.address;
  };

  it("of a range are taken one after the other, until none is left", async () => {
    const first = freshPort();
    for (let i = 1; i < 3; i++) freshPort();
    const range = `tls://127.0.0.1:${first}-${first + 2}`;
    const blocker = await listen(`tls://127.0.0.1:${first + 1}`);
    expect(blocker).toBe(`tls://127.0.0.1:${first + 1}`);
    expect(await listen(range)).toBe(`tls://127.0.0.1:${first}`);
    expect(await listen(range)).toBe(`tls://127.0.0.1:${first + 2}`);
    await expect(listen(range)).rejects.toMatchObject({
      reason: "ADDRESS_IN_USE",
      message: `${range} has every port in use by another process; choose another address`,
    });
  });

  it("are the system's choice for 0", async () => {
    const address = await listen("tls://127.0.0.1:0");
    expect(address).toMatch(/^tls:\/\/127\.0\.0\.1:[1-9]\d+$/);
    const connection = await transport.dial(address);
    connection.abort();
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
  it.runIf(hasIpv6)("are had over IPv6 too", async () => {
    const address = await listen(`tls://[::1]:${freshPort()}`);
    expect(address).toMatch(/^tls:\/\/\[::1\]:\d+$/);
    (await transport.dial(address)).abort();
  });

  it("are had by name", async () => {
    const address = await listen(`tls://localhost:${freshPort()}`);
    (await transport.dial(address)).abort();
  });

  it("of an address that is not this machine's are no port to listen at", async () => {
    await expect(listen("tls://192.0.2.1:9000")).rejects.toMatchObject({
      reason: "ADDRESS_INVALID",
      message: expect.stringMatching(/^cannot listen at tls:\/\/192\.0\.2\.1:9000 \(EADDRNOTAVAIL\)/) as string,
    });
  });
});
