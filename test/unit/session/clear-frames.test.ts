import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import { createDaemonVerifier } from "../../../runtime/typescript/src/crypto/node/verify-daemon.js";
import { requireClearLawful } from "../../../runtime/typescript/src/session/clear-frames.js";
import { ownOffer } from "../../../runtime/typescript/src/session/handshake/own-offer.js";
import { PluginHandshake } from "../../../runtime/typescript/src/session/handshake/plugin-handshake.js";
import { defaultLimits } from "../../../runtime/typescript/src/session/limits.js";
import { openAsPlugin } from "../../../runtime/typescript/src/session/plugin-opening.js";
import { createMemoryPair } from "../../../runtime/typescript/src/transport/memory.js";
import { createPipeTransport } from "../../../runtime/typescript/src/transport/node/pipe.js";
import type { Connection, Protection } from "../../../runtime/typescript/src/transport/transport.js";
import { makeDaemon } from "../transport/node/authorities.js";
import { Recorder } from "../../suites/recorder.js";

// PROTOCOL.md, Policies: where frames in clear are lawful.

function channel(protection: Protection, bindingBytes: number): { connection: Connection; recorder: Recorder } {
  const [own] = createMemoryPair();
  const connection = Object.create(own, {
    protection: { value: protection },
    binding: { value: new Uint8Array(bindingBytes) },
    abort: { value: () => own.abort() },
  }) as Connection;
  const recorder = new Recorder();
  own.start(recorder);
  return { connection, recorder };
}

test.each([
  ["a local socket of a verified owner", "local", 0],
  ["TLS with its exporter as the binding", "tls", 32],
] as const)("they are on %s", (_, protection, bindingBytes) => {
  const { connection } = channel(protection, bindingBytes);
  expect(() => requireClearLawful(connection)).not.toThrow();
});

test.each([
  ["TLS without a binding", "tls", 0, "to which the handshake would not be bound"],
  ["TLS with half a binding", "tls", 16, "to which the handshake would not be bound"],
  ["a channel that nothing protects", "none", 0, "whose owner nobody has verified"],
  ["such a channel, whatever it is bound to", "none", 32, "whose owner nobody has verified"],
] as const)("they are not on %s: it ends", async (_, protection, bindingBytes, text) => {
  const { connection, recorder } = channel(protection, bindingBytes);
  expect(() => requireClearLawful(connection)).toThrow(
    expect.objectContaining({ reason: "SEAL_REQUIRED", message: expect.stringContaining(text) as string }) as Error,
  );
  await recorder.closed();
});

test("no byte is written on such a channel: a named pipe", async () => {
  const directory = mkdtempSync(join(tmpdir(), "crucible-clear-"));
  const pipes = createPipeTransport({}, { platform: "win32", pathOf: (name) => join(directory, name) });
  const recorder = new Recorder();
  const listener = await pipes.listen("pipe:daemon", (connection) => connection.start(recorder));
  const { daemon } = await makeDaemon("clear");
  const opening = async (): Promise<unknown> => {
    const connection = await pipes.dial("pipe:daemon");
    const handshake = new PluginHandshake({
      suite: nodeSuite,
      staticKey: nodeSuite.keyPair(nodeSuite.random(32)),
      binding: connection.binding,
      offer: ownOffer,
      daemonId: daemon.daemonId,
      verifyDaemon: createDaemonVerifier({ ca: daemon.authority, daemonId: daemon.daemonId }),
      token: "token",
    });
    const register = { pluginId: "x" };
    return openAsPlugin({ connection, clock: systemClock, limits: defaultLimits, handshake, register, open: () => {} });
  };
  await expect(opening()).rejects.toMatchObject({ reason: "SEAL_REQUIRED" });
  await recorder.closed();
  expect(recorder.receivedBytes).toBe(0);
  await listener.close();
  rmSync(directory, { recursive: true });
});
