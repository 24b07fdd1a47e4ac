import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { RawPeer } from "../integration/support/intruder.js";
import { closeDaemons, createLab, type Lab, until } from "../integration/support/lab.js";

afterEach(closeDaemons);

const addressOf = (lab: Lab): string => `unix:${lab.socketDirectory}/echo.sock`;

describe("beside a plugin that runs", () => {
  test("garbage is answered with one error and cut off; the plugin does not notice", async () => {
    const lab = await createLab();
    const plugin = await lab.launch("echo-plugin");
    const echo = plugin.client(Echo);
    const live = echo.act({ action: "sleep", argument: "500" });
    const reasons = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const peer = new RawPeer(addressOf(lab));
        const bytes = randomBytes(1_000);
        bytes[0] = index === 0 ? 71 : 2 + (bytes[0]! % 250);
        peer.socket.write(bytes);
        return peer.end();
      }),
    );
    expect(new Set(reasons)).toEqual(new Set(["BAD_VERSION"]));
    expect((await live).result).toBe("slept");
    expect((await echo.say({ text: "alive" })).text).toBe("alive");
    expect(plugin.state).toBe("running");
  });

  test.each([
    [
      "an HTTP request",
      Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nand some more so that a header is there\r\n"),
      "BAD_VERSION",
    ],
    ["type 0", frame({ type: 0 }), "BAD_TYPE"],
    ["a type that nobody knows", frame({ type: 0x7f }), "BAD_TYPE"],
    ["an unknown critical flag", frame({ type: 1, flags: 0x80 }), "BAD_FLAGS"],
    ["reserved bytes", frame({ type: 1, reserved: 7 }), "BAD_RESERVED"],
    ["a request before the handshake", frame({ type: 3, id: 1 }), "BAD_PHASE"],
    ["a payload of 4 GiB", frame({ type: 1, length: 0xffff_ffff }), "FRAME_TOO_LARGE"],
    ["a false checksum", frame({ type: 1 }), "BAD_CHECKSUM"],
  ])("%s ends its own connection with one clear error", async (_, bytes, reason) => {
    const lab = await createLab();
    const plugin = await lab.launch("echo-plugin");
    const peer = new RawPeer(addressOf(lab));
    peer.socket.write(bytes);
    expect(await peer.end()).toBe(reason);
    expect(peer.error!.message).not.toContain("\n");
    expect((await plugin.client(Echo).say({ text: "alive" })).text).toBe("alive");
  });

  test("a peer that is slow in the handshake is cut off; one that is quick gets in meanwhile", async () => {
    const lab = await createLab({ limits: { handshakeTimeoutMs: 1_000 } });
    const launching = lab.launch("echo-plugin");
    await until(() => lab.daemon.plugins().length === 1, "the plugin");
    const plugin = await launching;
    const slow = new RawPeer(addressOf(lab));
    const bytes = frame({ type: 1 });
    let sent = 0;
    const timer = setInterval(() => slow.socket.write(bytes.subarray(sent, ++sent)), 100);
    const silent = new RawPeer(addressOf(lab));
    expect(await Promise.all([slow.end(), silent.end()])).toEqual(["HANDSHAKE_TIMEOUT", "HANDSHAKE_TIMEOUT"]);
    clearInterval(timer);
    expect(sent).toBeLessThan(bytes.length);
    expect((await plugin.client(Echo).say({ text: "alive" })).text).toBe("alive");
  });

  test("connections that say nothing are bounded: those beyond are refused at once", async () => {
    const lab = await createLab();
    const plugin = await lab.launch("echo-plugin");
    const peers = Array.from({ length: 24 }, () => new RawPeer(addressOf(lab)));
    await until(
      () => peers.filter(({ error }) => error?.reason === "TOO_MANY_CONNECTIONS").length === 8,
      "eight refusals",
    );
    expect(peers[0]!.error).toBeUndefined();
    expect((await plugin.client(Echo).say({ text: "alive" })).text).toBe("alive");
    for (const { socket } of peers) socket.destroy();
    // Their places are free again.
    const after = new RawPeer(addressOf(lab));
    await until(async () => {
      const peer = new RawPeer(addressOf(lab));
      peer.socket.write(Buffer.alloc(64, 9));
      return (await peer.end()) === "BAD_VERSION";
    }, "a place");
    after.socket.destroy();
  });

  test("a plugin waits while strangers hold every place", async () => {
    const lab = await createLab({ maxPendingConnections: 2, limits: { handshakeTimeoutMs: 600 } });
    await lab.launch("echo-plugin");
    const strangers = Array.from({ length: 2 }, () => new RawPeer(addressOf(lab)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const other = await lab.launch("echo-plugin", { id: "other" });
    expect((await other.client(Echo).say({ text: "in" })).text).toBe("in");
    expect(await Promise.all(strangers.map((peer) => peer.end()))).toEqual(["HANDSHAKE_TIMEOUT", "HANDSHAKE_TIMEOUT"]);
  });
});

interface Header {
  readonly type: number;
  readonly flags?: number;
  readonly reserved?: number;
  readonly id?: number;
  /** As announced; 16 bytes of payload are there in any case. */
  readonly length?: number;
}

/** A frame whose checksum is false. */
function frame({ type, flags = 0, reserved = 0, id = 0, length = 16 }: Header): Buffer {
  const bytes = Buffer.alloc(36 + 16 + 8);
  bytes[0] = 1;
  bytes[1] = type;
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt32BE(reserved, 4);
  bytes.writeBigUInt64BE(BigInt(id), 8);
  bytes.writeUInt32BE(length, 32);
  return bytes;
}
