import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { createTlsTransport } from "../../../../runtime/typescript/src/transport/node/tls.js";
import type { Connection } from "../../../../runtime/typescript/src/transport/transport.js";
import { noise, Recorder } from "../../../suites/recorder.js";
import { freshPort, makeDaemon } from "./authorities.js";

const known = await makeDaemon("known");
const impostor = await makeDaemon("known");
const { daemonId } = known.daemon;
const transport = createTlsTransport({ daemon: known.daemon, identity: known.identity });

const dayMs = 86_400_000;
const open: { close(): unknown }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const item of open.splice(0)) await item.close();
});

/** Listens on a port of its own; returns the address that a plugin would dial. */
async function serve(server: Server): Promise<string> {
  server.on("connection", (socket: Socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
  });
  open.push(server);
  const port = freshPort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `tls://127.0.0.1:${port}`;
}

const plain = (onSocket: (socket: Socket) => void): Promise<string> => serve(createServer(onSocket));

const certified = async (
  { certificate, privateKey }: { certificate: string; privateKey: string },
  options: TlsOptions = {},
): Promise<string> => {
  const server = createTlsServer({ cert: certificate, key: privateKey, ALPNProtocols: ["crucible/1"], ...options });
  server.on("tlsClientError", () => {});
  return serve(server);
};

async function refusal(address: string, timeoutMs = 5_000): Promise<CrucibleError> {
  const outcome = await transport.dial(address, { timeoutMs }).catch((error: unknown) => error);
  if ("abort" in (outcome as object)) (outcome as Connection).abort();
  expect(outcome).toMatchObject({ name: "CrucibleError", message: expect.stringContaining("") as string });
  expect((outcome as Error).message).not.toContain("\n");
  return outcome as CrucibleError;
}

describe("dialling over TLS refuses", () => {
  it("who speaks something else, and says so", async () => {
    const address = await plain((socket) => socket.write("220 mail.example ESMTP ready\r\n"));
    const error = await refusal(address);
    expect(error.reason).toBe("HANDSHAKE_FAILED");
    expect(error.message).toMatch(/^tls:\/\/127\.0\.0\.1:\d+ speaks something other than TLS/);
  });

  it("who says nothing, in bounded time", async () => {
    const error = await refusal(await plain(() => {}), 150);
    expect(error.reason).toBe("HANDSHAKE_TIMEOUT");
    expect(error.message).toMatch(/did not finish the TLS handshake in \d+ ms/);
  });

  it("who goes on saying a little, in bounded time", async () => {
    const address = await plain((socket) => {
      socket.write(Buffer.of(22, 3, 3, 0x3f, 0xff, 2, 0, 0x3f, 0xf0));
      const timer = setInterval(() => socket.write(Buffer.alloc(1)), 20);
      socket.on("close", () => clearInterval(timer));
    });
    expect((await refusal(address, 300)).reason).toBe("HANDSHAKE_TIMEOUT");
  });

  it("who ends the connection, after some attempts; the caller may try again", async () => {
    let attempts = 0;
    const address = await plain((socket) => {
      attempts++;
      socket.destroy();
    });
    const error = await refusal(address, 500);
    expect(error.reason).toBe("CONNECT_FAILED");
    expect(error.retryable).toBe(true);
    expect(attempts).toBeGreaterThan(1);
    expect(attempts).toBeLessThan(7);
  });

  it("who speaks no more than TLS 1.2", async () => {
    const error = await refusal(await certified(known.shown, { maxVersion: "TLSv1.2" }));
    expect(error.reason).toBe("HANDSHAKE_FAILED");
    expect(error.message).toContain("does not speak TLS 1.3, which is the least that is taken; upgrade it");
  });

  it.each([
    ["no application protocol", {}],
    ["another one", { ALPNProtocols: ["h2", "http/1.1"] }],
  ])("who agrees on %s", async (_, options) => {
    const { certificate, privateKey } = known.shown;
    const server = createTlsServer({ cert: certificate, key: privateKey, ...options });
    server.on("tlsClientError", () => {});
    const error = await refusal(await serve(server));
    expect(error.reason).toBe("HANDSHAKE_FAILED");
    expect(error.message).toContain("does not speak crucible/1 over TLS (ALPN)");
  });

  it.each([
    ["another authority, same daemon id", () => impostor.leaf(daemonId), "not issued by the ticket's authority"],
    ["another daemon of the same authority", () => known.leaf("other-0123456789abcdef"), "only name has to be"],
    ["a leaf that has expired", () => known.leaf(daemonId, Date.now() - 400 * dayMs), "has expired on"],
    ["a leaf that is not valid yet", () => known.leaf(daemonId, Date.now() + 5 * dayMs), "is valid only from"],
    ["the authority itself", () => Promise.resolve(known.authority), "daemon identity: "],
    ["a self-signed certificate", () => Promise.resolve(impostor.authority), "not issued by the ticket's authority"],
  ])("%s", async (_, make, text) => {
    const error = await refusal(await certified(await make()));
    expect(error.reason).toBe("DAEMON_IDENTITY");
    expect(error.message).toContain(text);
    expect(error.message).toContain("no token was sent");
  });

  it("an authority that is no certificate, before it connects", async () => {
    const broken = createTlsTransport({ daemon: { authority: "nonsense", daemonId } });
    await expect(broken.dial("tls://127.0.0.1:1")).rejects.toMatchObject({ reason: "TICKET_INVALID" });
  });

  it.each(["tls://127.0.0.1:0", "tls://127.0.0.1:9000-9999"])("%s, which is no single port", async (address) => {
    expect((await refusal(address)).reason).toBe("ADDRESS_INVALID");
  });

  it("a port where nobody listens, at once", async () => {
    const error = await refusal(`tls://127.0.0.1:${freshPort()}`);
    expect(error.reason).toBe("CONNECT_FAILED");
    expect(error.message).toMatch(/\(ECONNREFUSED\): nobody listens there; start the other side/);
    expect(error.retryable).toBe(true);
  });

  it("to go on without knowing whom to expect", async () => {
    const blind = createTlsTransport({ identity: known.identity });
    await expect(blind.dial("tls://127.0.0.1:9000")).rejects.toMatchObject({ reason: "OPTION_INVALID" });
  });
});

describe("somebody on the wire", () => {
  /** Passes bytes on, changed by `change`, between whoever connects and `port`. */
  async function relay(port: number, change: (chunk: Buffer, towardsServer: boolean) => Buffer): Promise<string> {
    return plain((socket) => {
      const onward = connect(port, "127.0.0.1");
      sockets.push(onward);
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
      socket.on("data", (chunk: Buffer) => onward.write(change(chunk, true)));
      onward.on("data", (chunk: Buffer) => socket.write(change(chunk, false)));
      socket.on("close", () => onward.destroy());
      onward.on("close", () => socket.destroy());
    });
  }

  it("who changes a bit ends the connection, and nothing changed is handed out", async () => {
    const port = freshPort();
    const server = new Recorder();
    const listener = await transport.listen(`tls://127.0.0.1:${port}`, (connection) => connection.start(server));
    open.push(listener);
    let meddling = false;
    let seen = Buffer.alloc(0);
    const address = await relay(port, (chunk, towardsServer) => {
      if (towardsServer) seen = Buffer.concat([seen, chunk]);
      if (!meddling || !towardsServer) return chunk;
      const changed = Buffer.from(chunk);
      changed[changed.length - 1]! ^= 1;
      return changed;
    });
    const client = await transport.dial(address);
    const recorder = new Recorder();
    client.start(recorder);
    const secret = noise(1_000, 1);
    client.write(secret);
    await server.until((r) => r.receivedBytes === 1_000);
    expect(seen.includes(secret.subarray(0, 16))).toBe(false);
    meddling = true;
    client.write(noise(1_000, 2));
    await Promise.all([server.closed(), recorder.closed()]);
    expect(server.receivedBytes).toBe(1_000);
    const lost = { reason: "PEER_LOST", message: expect.stringContaining("ERR_SSL") as string };
    expect([server.error, recorder.error]).toMatchObject([lost, lost]);
  });
});
