import { describe, expect, it } from "vitest";
import { parseAddress, tlsAddress } from "../../../runtime/typescript/src/transport/address.js";

describe("parseAddress", () => {
  it("takes the known forms apart", () => {
    expect(parseAddress("unix:/tmp/a:b.sock")).toEqual({ kind: "unix", path: "/tmp/a:b.sock" });
    expect(parseAddress("pipe:a.b-c_1")).toEqual({ kind: "pipe", name: "a.b-c_1" });
    expect(parseAddress("memory:a.b-c_1")).toEqual({ kind: "memory", name: "a.b-c_1" });
  });

  it.each([
    ["tls://localhost:9000", "localhost", 9000, 9000],
    ["tls://a-b.example:1", "a-b.example", 1, 1],
    ["tls://1a.b2:65535", "1a.b2", 65535, 65535],
    ["tls://127.0.0.1:0", "127.0.0.1", 0, 0],
    ["tls://0.0.0.0:9000-9999", "0.0.0.0", 9000, 9999],
    ["tls://255.255.255.255:9000-9000", "255.255.255.255", 9000, 9000],
    ["tls://[::1]:9000", "::1", 9000, 9000],
    ["tls://[2001:DB8::192.0.2.1]:1-2", "2001:DB8::192.0.2.1", 1, 2],
  ])("takes %s apart", (address, host, port, lastPort) => {
    expect(parseAddress(address)).toEqual({ kind: "tls", host, port, lastPort });
    if (port === lastPort && !address.includes("-9000")) expect(tlsAddress(host, port)).toBe(address);
  });

  it.each([
    ["tcp:host:1", /wants the transport tcp, which is not available yet/],
    ["wss://host", /wants the transport wss, which is not available yet/],
    ["tls:host:1", /form of a host and a port; write tls:\/\/host:port/],
    ["tls://host", /form of a host and a port/],
    ["tls://user@host:1", /no valid host/],
    ["tls://host:1/path", /no valid port/],
    ["tls://::1:9000", /form of a host and a port/],
    ["tls://[::1]", /form of a host and a port/],
    ["tls://[1.2.3.4]:1", /no valid host/],
    ["tls://[::1%lo]:1", /no valid host/],
    ["tls://[1:2:3]:1", /no valid host/],
    ["tls://:1", /no valid host/],
    ["tls://a..b:1", /no valid host/],
    ["tls://-a:1", /no valid host/],
    [`tls://${"a".repeat(64)}:1`, /no valid host/],
    [`tls://${"a.".repeat(200)}b:1`, /form of a host and a port/],
    ["tls://256.0.0.1:1", /no valid host/],
    ["tls://1.2.3:1", /no valid host/],
    ["tls://127.0.0.01:1", /no valid host/],
    ["tls://127.0.0.1.:1", /no valid host/],
    ["tls://host:", /no valid port/],
    ["tls://host:65536", /no valid port/],
    ["tls://host:-1", /no valid port/],
    ["tls://host:0-9", /no valid port/],
    ["tls://host:9-8", /no valid port/],
    ["tls://host:0x10", /no valid port/],
    ["tls://ho st:1", /no valid host/],
    ["tls://host:1\n", /no valid port/],
    ["pipe:", /1 to 128 letters/],
    ["pipe:a\\b", /1 to 128 letters/],
    [`pipe:${"x".repeat(129)}`, /1 to 128 letters/],
    ["PIPE:x", /names no known transport/],
    ["http://x", /names no known transport; write unix:/],
    ["/tmp/a.sock", /names no known transport/],
    ["", /names no known transport/],
    ["unix:a.sock", /has no absolute path/],
    ["unix:///tmp/a.sock", /more than one slash/],
    ["unix:/tmp/", /names a directory/],
    ["unix:/tmp/a\u0000b", /control characters/],
    ["memory:", /1 to 64 letters/],
    ["UNIX:/tmp/a.sock", /names no known transport/],
  ])("refuses %j with one line", (address, message) => {
    expect(() => parseAddress(address)).toThrow(
      expect.objectContaining({
        reason: "ADDRESS_INVALID",
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });

  it("says little about an address that is much", () => {
    try {
      parseAddress(`x:${"y\n".repeat(100_000)}`);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(600);
      expect((error as Error).message).not.toContain("\n");
    }
  });
});
