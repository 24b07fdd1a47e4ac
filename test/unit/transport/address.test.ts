import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../runtime/typescript/src/transport/address.js";

describe("parseAddress", () => {
  it("takes the known forms apart", () => {
    expect(parseAddress("unix:/tmp/a:b.sock")).toEqual({ kind: "unix", path: "/tmp/a:b.sock" });
    expect(parseAddress("memory:a.b-c_1")).toEqual({ kind: "memory", name: "a.b-c_1" });
  });

  it.each([
    ["tls:host:1", /wants the transport tls, which is not available yet/],
    ["pipe:name", /wants the transport pipe, which is not available yet/],
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
