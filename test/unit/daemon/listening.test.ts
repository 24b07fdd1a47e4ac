import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDaemonOn } from "../../../runtime/typescript/src/daemon/daemon.js";
import type { DaemonOptions, LogRecord } from "../../../runtime/typescript/src/daemon/index.js";
import { type Platform, thisPlatform } from "../../../runtime/typescript/src/daemon/listening.js";
import { Echo } from "../../integration/lab/gen/lab/v1/lab_daemon.js";
import { program } from "../../integration/support/programs.js";
import { reasonOf, sharedState, temporaryDirectory } from "../../integration/support/lab.js";

const without: Platform = { hasUnixSockets: false };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const daemon of open.splice(0)) await daemon.close();
});

async function start(
  platform: Platform,
  options: Partial<DaemonOptions> = {},
): Promise<{ daemon: Awaited<ReturnType<typeof createDaemonOn>>; records: LogRecord[] }> {
  const records: LogRecord[] = [];
  const daemon = await createDaemonOn(platform, {
    name: "lab",
    stateDirectory: sharedState(),
    onLog: (record) => records.push(record),
    ...options,
  });
  open.push(daemon);
  return { daemon, records };
}

describe("a daemon listens", () => {
  test("at Unix sockets where the platform has them, and says nothing about it", async () => {
    const socketDirectory = join(temporaryDirectory(), "s");
    const { daemon, records } = await start(thisPlatform, { socketDirectory });
    expect(daemon.socketDirectory).toBe(socketDirectory);
    expect(records).toEqual([]);
  });

  test("over TLS where it has none, by itself, and says so in one line", async () => {
    const { daemon, records } = await start(without);
    expect(daemon.socketDirectory).toBeUndefined();
    expect(records.map(({ level, message }) => ({ level, message }))).toEqual([
      {
        level: "warn",
        message: "this platform has no Unix sockets: plugins connect over TLS, at tls://127.0.0.1:9000-9999",
      },
    ]);
    const plugin = await daemon.launch({ id: "echo", command: [process.execPath, await program("echo-plugin")] });
    expect((await plugin.client(Echo).say({ text: "over TLS" })).text).toBe("over TLS");
    await plugin.close();
  });

  test("over TLS because it was told to, and says nothing about it", async () => {
    const { daemon, records } = await start(thisPlatform, { listen: "tls" });
    expect(daemon.socketDirectory).toBeUndefined();
    expect(records).toEqual([]);
  });

  test("nowhere else when its socket directory is refused", async () => {
    expect(await reasonOf(start(thisPlatform, { socketDirectory: "/proc/none" }))).toBe("DIRECTORY_UNSAFE");
  });

  test.each([
    ["unix", without, "OPTION_INVALID"],
    ["tcp", thisPlatform, "OPTION_INVALID"],
    ["unix:/tmp/x.sock", thisPlatform, "OPTION_INVALID"],
    ["tls://0.0.0.0:9000-9999", thisPlatform, "OPTION_INVALID"],
    ["tls://[::0:0]:9000-9999", thisPlatform, "OPTION_INVALID"],
    ["tls://127.0.0.1", thisPlatform, "ADDRESS_INVALID"],
    [1, thisPlatform, "OPTION_INVALID"],
  ])("not at %j", async (listen, platform, reason) => {
    expect(await reasonOf(start(platform, { listen: listen as "tls" }))).toBe(reason);
  });
});
