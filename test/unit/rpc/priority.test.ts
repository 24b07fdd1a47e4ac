import { expect, test } from "vitest";
import { FrameType, priorityOf } from "../../../runtime/typescript/src/frame/frame.js";
import { createMemoryPair } from "../../../runtime/typescript/src/transport/memory.js";
import { Echo, pairUp } from "../../suites/peers.js";
import { framesOf } from "../../suites/wire-check.js";

test("a call and its answer carry the priority that its caller gave it", async () => {
  const { daemon, wire } = pairUp();
  const echo = daemon.client(Echo);
  for (const priority of [undefined, 1, 2, 3] as const) {
    await echo.unary({ key: "a", value: "b" }, priority === undefined ? {} : { priority });
    await echo.unary({ key: "a", value: "b".repeat(200_000) }, priority === undefined ? {} : { priority });
  }
  const expected = [0, 0, 1, 1, 2, 2, 3, 3];
  for (const [chunks, type] of [
    [wire.fromDaemon, FrameType.Request],
    [wire.fromPlugin, FrameType.Response],
  ] as const) {
    const first = new Map<number, number>();
    for (const frame of framesOf(chunks)) {
      if (frame.type === type && !first.has(frame.id)) first.set(frame.id, priorityOf(frame.flags));
    }
    expect([...first.values()]).toEqual(expected);
  }
});

test("a call behind interceptors keeps its priority", async () => {
  const { daemon, wire } = pairUp({ daemon: { interceptors: [(next) => next] } });
  await daemon.client(Echo).unary({ key: "a", value: "b" }, { priority: 3 });
  const request = framesOf(wire.fromDaemon).find(({ type }) => type === FrameType.Request);
  expect(priorityOf(request!.flags)).toBe(3);
});

test("a priority that is none is refused before anything is sent", async () => {
  const { daemon, wire } = pairUp();
  const before = wire.fromDaemon.length;
  await expect(
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JavaScript may do.
    daemon.client(Echo).unary({ key: "a", value: "b" }, { priority: 4 as 3 }),
  ).rejects.toMatchObject({ reason: "OPTION_INVALID" });
  expect(wire.fromDaemon.length).toBe(before);
});

test("of two large answers the one of higher priority is through first, and the other moves meanwhile", async () => {
  const large = "x".repeat(4_000_000);
  const handlers = { unary: ({ key }: { readonly key: string }) => ({ key, value: large }) };
  const { daemon, wire } = pairUp({ plugin: { handlers } }, createMemoryPair({ highWaterMarkBytes: 65_536 }));
  const echo = daemon.client(Echo);
  const order: string[] = [];
  const call = async (key: string, priority: 0 | 3): Promise<void> => {
    const { value } = await echo.unary({ key, value: "" }, { priority });
    expect(value.length).toBe(large.length);
    order.push(key);
  };
  await Promise.all([call("low", 0), call("high", 3)]);
  expect(order).toEqual(["high", "low"]);
  const ids = framesOf(wire.fromPlugin)
    .filter(({ type }) => type === FrameType.Response)
    .map(({ id }) => id);
  const [low, high] = [Math.min(...ids), Math.max(...ids)];
  const whileBoth = ids.slice(ids.indexOf(high), ids.lastIndexOf(high));
  expect(whileBoth.filter((id) => id === low).length).toBeGreaterThan(0);
});
