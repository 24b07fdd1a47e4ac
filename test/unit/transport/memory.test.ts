import { describe, expect, it } from "vitest";
import { createMemoryPair, createMemoryTransport } from "../../../runtime/typescript/src/transport/memory.js";
import { noise, Recorder } from "../../suites/recorder.js";
import { describeTransport } from "../../suites/transport.js";

describeTransport("memory", (options) => {
  let count = 0;
  return {
    transport: createMemoryTransport(options),
    address: () => `memory:test-${++count}`,
    invalid: ["memory:", "memory:with space", "memory:a/b", `memory:${"x".repeat(65)}`, "unix:/tmp/x.sock"],
    dispose() {},
  };
});

describe("memory", () => {
  it("cuts chunks as asked, so that readers are tried on any cut", async () => {
    const [a, b] = createMemoryPair({ maxChunkBytes: 7 });
    const recorder = new Recorder();
    b.start(recorder);
    a.write(noise(100, 1));
    a.close();
    await recorder.closed();
    expect(recorder.chunks.map((chunk) => chunk.length)).toEqual([...Array<number>(14).fill(7), 2]);
    expect(Buffer.compare(recorder.bytes(), noise(100, 1))).toBe(0);
  });

  it("keeps the names of one transport from another", async () => {
    const one = createMemoryTransport();
    const two = createMemoryTransport();
    await one.listen("memory:x", () => {});
    await expect(two.dial("memory:x")).rejects.toMatchObject({ reason: "CONNECT_FAILED" });
    await expect(two.listen("memory:x", () => {})).resolves.toMatchObject({ address: "memory:x" });
  });

  it("lets timers run while two sides answer each other without end", async () => {
    const [a, b] = createMemoryPair();
    const ping = new Recorder();
    const pong = new Recorder();
    ping.onChunk = (chunk) => a.write(chunk);
    pong.onChunk = (chunk) => b.write(chunk);
    a.start(ping);
    b.start(pong);
    a.write(noise(1, 1));
    await pong.until((r) => r.receivedBytes > 100);
    // With delivery by microtasks this timer would never come.
    await new Promise((resolve) => setTimeout(resolve, 1));
    a.abort();
    await pong.closed();
    expect(pong.error).toMatchObject({ reason: "PEER_LOST" });
  });
});
