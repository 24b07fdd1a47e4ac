import { expect, test } from "vitest";
import { requireClearLawful } from "../../../runtime/typescript/src/session/clear-frames.js";
import { createMemoryPair } from "../../../runtime/typescript/src/transport/memory.js";
import type { Connection, Protection } from "../../../runtime/typescript/src/transport/transport.js";
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
