import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPipeTransport, pipePath } from "../../../../runtime/typescript/src/transport/node/pipe.js";
import { createUnixTransport } from "../../../../runtime/typescript/src/transport/node/unix.js";
import { describeTransport } from "../../../suites/transport.js";

// Off Windows the names stand for Unix sockets, which node:net treats alike.
describeTransport("pipe", (options) => {
  const directory = mkdtempSync(join(tmpdir(), "crucible-pipe-"));
  let count = 0;
  return {
    transport: createPipeTransport(options, { platform: "win32", pathOf: (name) => join(directory, name) }),
    address: () => `pipe:test-${++count}`,
    invalid: ["pipe:a/b", "pipe:a\\b", "unix:/tmp/x.sock", "memory:x", "tls://127.0.0.1:9000"],
    dispose: () => rmSync(directory, { recursive: true }),
  };
});

describe("named pipes", () => {
  it("lie where Windows has them", () => {
    expect(pipePath("crucible.search")).toBe(String.raw`\\.\pipe\crucible.search`);
  });

  it.runIf(process.platform !== "win32")("are only on Windows", async () => {
    const refused = {
      reason: "ADDRESS_INVALID",
      message: "address pipe:x is a named pipe, which only Windows has; write unix:/path/to/name.sock",
    };
    await expect(createPipeTransport().dial("pipe:x")).rejects.toMatchObject(refused);
    await expect(createPipeTransport().listen("pipe:x", () => {})).rejects.toMatchObject(refused);
  });

  it("are not protected, since nobody looks whose they are; Unix sockets are", async () => {
    const directory = mkdtempSync(join(tmpdir(), "crucible-pipe-"));
    const system = { platform: "win32", pathOf: (name: string) => join(directory, name) };
    for (const [transport, address, protection] of [
      [createPipeTransport({}, system), "pipe:x", "none"],
      [createUnixTransport(), `unix:${directory}/y.sock`, "local"],
    ] as const) {
      const accepted: string[] = [];
      const listener = await transport.listen(address, (connection) => {
        accepted.push(connection.protection);
        connection.close();
      });
      const connection = await transport.dial(address);
      expect(connection.protection).toBe(protection);
      await expect.poll(() => accepted).toEqual([protection]);
      connection.abort();
      await listener.close();
    }
    rmSync(directory, { recursive: true });
  });
});
