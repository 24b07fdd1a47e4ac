import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clock } from "../../../../runtime/typescript/src/clock/clock.js";
import { systemClock } from "../../../../runtime/typescript/src/clock/clock.js";
import { withDirectoryLock } from "../../../../runtime/typescript/src/transport/node/directory-lock.js";
import { createUnixTransport } from "../../../../runtime/typescript/src/transport/node/unix.js";
import { noise, Recorder } from "../../../suites/recorder.js";
import { Processes } from "./processes.js";

let processes: Processes;
beforeAll(() => {
  processes = new Processes();
});
afterAll(() => processes.dispose());

const transport = createUnixTransport();
const ignore = (): void => {};
const isRoot = process.getuid?.() === 0;

describe("dialling a Unix socket", () => {
  it("refuses a directory that others may enter, and a symbolic link to a good one", async () => {
    const directory = processes.fresh();
    const listener = await transport.listen(`unix:${directory}/a.sock`, ignore);
    symlinkSync(directory, `${directory}-link`);
    await expect(transport.dial(`unix:${directory}-link/a.sock`)).rejects.toMatchObject({
      reason: "DIRECTORY_UNSAFE",
      message: expect.stringContaining("is a symbolic link") as string,
    });
    chmodSync(directory, 0o750);
    await expect(transport.dial(`unix:${directory}/a.sock`)).rejects.toMatchObject({
      reason: "DIRECTORY_UNSAFE",
      message: expect.stringContaining("has mode 0750, which must be 0700") as string,
    });
    chmodSync(directory, 0o700);
    (await transport.dial(`unix:${directory}/a.sock`)).abort();
    await listener.close();
  });

  it.runIf(isRoot)("refuses a socket or directory of a user it does not expect", async () => {
    const directory = processes.fresh();
    const path = join(directory, "a.sock");
    const listener = await transport.listen(`unix:${path}`, ignore);
    chownSync(path, 12_345, 12_345);
    const refused = { reason: "DIRECTORY_UNSAFE", message: expect.stringContaining("belongs to user 12345") as string };
    await expect(transport.dial(`unix:${path}`)).rejects.toMatchObject(refused);
    await expect(transport.dial(`unix:${path}`, { ownerUid: 777 })).rejects.toMatchObject(refused);
    (await transport.dial(`unix:${path}`, { ownerUid: 12_345 })).abort();
    chownSync(path, 0, 0);
    chownSync(directory, 12_345, 12_345);
    await expect(transport.dial(`unix:${path}`)).rejects.toMatchObject(refused);
    (await transport.dial(`unix:${path}`, { ownerUid: 12_345 })).abort();
    await listener.close();
  });

  it("says when nothing is there, when it is no socket, and when the listener has gone", async () => {
    const directory = processes.fresh();
    await expect(transport.dial(`unix:${directory}/a.sock`)).rejects.toMatchObject({ reason: "CONNECT_FAILED" });
    mkdirSync(directory, { mode: 0o700 });
    await expect(transport.dial(`unix:${directory}/a.sock`)).rejects.toMatchObject({
      reason: "CONNECT_FAILED",
      message: expect.stringContaining("is missing") as string,
    });
    writeFileSync(join(directory, "file"), "");
    await expect(transport.dial(`unix:${directory}/file`)).rejects.toMatchObject({ reason: "ADDRESS_INVALID" });
  });

  it("waits for a listener that is busy, for as long as it may and no longer", async () => {
    const directory = processes.fresh();
    mkdirSync(directory, { mode: 0o700 });
    const path = join(directory, "a.sock");
    const stuck = processes.start("stuck", path);
    expect(await stuck.line()).toBe("listening");
    await new Promise((resolve) => setTimeout(resolve, 200));
    // It accepts nothing any more: its queue fills up, and then connecting gives EAGAIN.
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () =>
        transport.dial(`unix:${path}`, { timeoutMs: 300 }).catch((error: unknown) => error as Error),
      ),
    );
    const failures = outcomes.filter((outcome) => outcome instanceof Error);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) {
      expect(failure).toMatchObject({
        reason: "CONNECT_FAILED",
        message: expect.stringContaining("within 300 ms (EAGAIN)") as string,
      });
    }
    for (const outcome of outcomes) if ("abort" in outcome) outcome.abort();
    await stuck.kill("SIGKILL");
  });

  it("reads into one buffer after the other, chunk behind chunk, once it is busy", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("listen", path);
    expect(await daemon.line()).toBe("listening");
    const client = await transport.dial(`unix:${path}`);
    const recorder = new Recorder();
    client.start(recorder);
    for (let i = 1; i <= 100; i++) {
      client.write(noise(40_000, i));
      await recorder.until((r) => r.receivedBytes === i * 40_000);
    }
    client.close();
    await recorder.closed();
    let runs = 1;
    // A large read makes it busy.
    const busy = recorder.chunks.slice(recorder.chunks.findIndex(({ length }) => length >= 16_384) + 1);
    for (const [i, chunk] of busy.entries()) {
      const before = busy[i - 1];
      if (before === undefined) continue;
      if (chunk.buffer !== before.buffer || chunk.byteOffset !== before.byteOffset + before.length) runs++;
    }
    expect(runs).toBeLessThan(busy.length / 3);
    await daemon.kill("SIGKILL");
  });
});

describe("a peer that is killed", () => {
  it("ends an idle connection at once, without an error", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("listen", path);
    expect(await daemon.line()).toBe("listening");
    const client = await transport.dial(`unix:${path}`);
    const recorder = new Recorder();
    client.start(recorder);
    client.write(noise(100, 1));
    await recorder.until((r) => r.receivedBytes === 100);
    await daemon.kill("SIGKILL");
    await recorder.closed();
    expect(recorder.error).toBeUndefined();
  });

  it("is PEER_LOST when bytes for it stay behind", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("deaf", path);
    expect(await daemon.line()).toBe("listening");
    const client = await transport.dial(`unix:${path}`);
    const recorder = new Recorder();
    client.start(recorder);
    expect(client.write(noise(4 * 1024 * 1024, 1))).toBe(false);
    await daemon.kill("SIGKILL");
    await recorder.closed();
    expect(recorder.error).toMatchObject({
      reason: "PEER_LOST",
      message: expect.stringMatching(/has gone \((EPIPE|ECONNRESET)\); connect again/) as string,
    });
  });

  it("while it was only stopped, close gives up after its time", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("listen", path);
    expect(await daemon.line()).toBe("listening");
    await daemon.kill("SIGSTOP");
    const client = await createUnixTransport({ closeTimeoutMs: 100 }).dial(`unix:${path}`);
    const recorder = new Recorder();
    client.start(recorder);
    client.write(noise(4 * 1024 * 1024, 1));
    client.close();
    await recorder.closed();
    expect(recorder.error).toMatchObject({ reason: "PEER_LOST" });
    await daemon.kill("SIGKILL");
  });
});

/** A clock on which each look takes a second. */
function hasty(): Clock {
  let now = 0;
  return { ...systemClock, monotonicMs: () => (now += 1000) };
}

describe("the lock of a directory", () => {
  it("is had by one after the other, and given back by what fails", async () => {
    const directory = processes.fresh();
    mkdirSync(directory);
    let inside = 0;
    const order: number[] = [];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) =>
        withDirectoryLock(directory, systemClock, async () => {
          expect(++inside).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 1));
          inside--;
          order.push(i);
          if (i % 3 === 0) throw new Error("failed inside");
        }),
      ),
    );
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(outcomes.filter((outcome) => outcome.status === "rejected").length).toBe(4);
  });

  it("of a process that was killed is free at once", async () => {
    const directory = processes.fresh();
    mkdirSync(directory, { mode: 0o700 });
    const holder = processes.start("lock", directory);
    expect(await holder.line()).toBe("locked");
    await holder.kill("SIGKILL");
    // One survey suffices: with this clock a second would be too late.
    await expect(withDirectoryLock(directory, hasty(), () => Promise.resolve("had"))).resolves.toBe("had");
  });

  it("of a process that does not go on is an error in the end", async () => {
    const directory = processes.fresh();
    mkdirSync(directory, { mode: 0o700 });
    const holder = processes.start("lock", directory);
    expect(await holder.line()).toBe("locked");
    await holder.kill("SIGSTOP");
    await expect(withDirectoryLock(directory, hasty(), () => Promise.resolve("had"))).rejects.toMatchObject({
      reason: "ADDRESS_IN_USE",
    });
    await holder.kill("SIGKILL");
    await expect(withDirectoryLock(directory, hasty(), () => Promise.resolve("had"))).resolves.toBe("had");
  });
});
