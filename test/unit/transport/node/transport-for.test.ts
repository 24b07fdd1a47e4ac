import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMemoryTransport } from "../../../../runtime/typescript/src/transport/memory.js";
import { transportFor } from "../../../../runtime/typescript/src/transport/node/transport-for.js";
import { noise, Recorder } from "../../../suites/recorder.js";
import { freshPort, makeDaemon } from "./authorities.js";

const { daemon, identity } = await makeDaemon("chooser");

describe("transportFor", () => {
  it.each(["unix", "tls", "memory"])("gives what carries bytes at an address of kind %s", async (kind) => {
    const directory = mkdtempSync(join(tmpdir(), "crucible-for-"));
    const address = {
      unix: `unix:${directory}/a.sock`,
      tls: `tls://127.0.0.1:${freshPort()}`,
      memory: "memory:a",
    }[kind]!;
    const transport = await transportFor(address, { tls: { daemon, identity }, memory: createMemoryTransport() });
    const recorder = new Recorder();
    const listener = await transport.listen(address, (connection) => connection.start(recorder));
    const connection = await transport.dial(address);
    connection.write(noise(100, 1));
    await recorder.until((r) => r.receivedBytes === 100);
    connection.abort();
    await listener.close();
    rmSync(directory, { recursive: true });
  });

  it("hands its options on", async () => {
    const address = `tls://127.0.0.1:${freshPort()}`;
    const transport = await transportFor(address, { tls: { daemon, identity }, highWaterMarkBytes: 10 });
    const listener = await transport.listen(address, (connection) => connection.start(new Recorder()));
    const connection = await transport.dial(address);
    expect(connection.write(noise(11, 1))).toBe(false);
    connection.abort();
    await listener.close();
  });

  it.each([
    ["memory:a", "lies within one process"],
    ["http://a", "names no known transport"],
    ["tcp://127.0.0.1:9000", "not available yet"],
  ])("refuses %s", async (address, text) => {
    await expect(transportFor(address)).rejects.toMatchObject({
      reason: "ADDRESS_INVALID",
      message: expect.stringContaining(text) as string,
    });
  });

  it.runIf(process.platform !== "win32")("knows pipes, which only Windows has", async () => {
    const transport = await transportFor("pipe:a");
    await expect(transport.dial("pipe:a")).rejects.toMatchObject({ reason: "ADDRESS_INVALID" });
  });
});
