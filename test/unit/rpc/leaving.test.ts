import { expect, test } from "vitest";
import { FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { Echo, pairUp } from "../../suites/peers.js";
import { framesOf } from "../../suites/wire-check.js";

/** How many frames of a type each write from `from` on brought. */
function perWrite(chunks: readonly Uint8Array[], from: number, type: number): number[] {
  return chunks.slice(from).map((chunk) => framesOf([chunk]).filter((frame) => frame.type === type).length);
}

const pair = { key: "k", value: "v" };

test("the only call leaves at once, those behind it together, and so do answers that are due at once", async () => {
  const { daemon, wire } = pairUp();
  const echo = daemon.client(Echo);
  await echo.unary(pair);
  const [sent, answered] = [wire.fromDaemon.length, wire.fromPlugin.length];
  const calls = [echo.unary(pair)];
  expect(perWrite(wire.fromDaemon, sent, FrameType.Request)).toEqual([1]);
  for (let i = 0; i < 9; i++) calls.push(echo.unary(pair));
  expect(wire.fromDaemon.length).toBe(sent + 1);
  await Promise.all(calls);
  expect(perWrite(wire.fromDaemon, sent, FrameType.Request)).toEqual([1, 9]);
  // Handlers that return at once are asked while the requests are read.
  expect(perWrite(wire.fromPlugin, answered, FrameType.Response).reduce((a, b) => a + b)).toBe(10);
  expect(wire.fromPlugin.length).toBeLessThanOrEqual(answered + 2);
});

test("answers that come later leave together when the last that is due is there", async () => {
  const handlers = { unary: async (message: { readonly key: string }) => ({ key: message.key, value: "" }) };
  const { daemon, wire } = pairUp({ plugin: { handlers } });
  const echo = daemon.client(Echo);
  await echo.unary(pair);
  const answered = wire.fromPlugin.length;
  await Promise.all(Array.from({ length: 10 }, () => echo.unary(pair)));
  expect(perWrite(wire.fromPlugin, answered, FrameType.Response).reduce((a, b) => a + b)).toBe(10);
  expect(wire.fromPlugin.length).toBeLessThanOrEqual(answered + 2);
});
