import { describe, expect, test } from "vitest";
import { FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { encodeResponse } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { ManualClock } from "../../../suites/manual-clock.js";
import {
  cancel,
  expectEnd,
  frameBytes,
  RawEnd,
  type RawFrame,
  request,
  response,
  turns,
} from "../../../suites/raw-end.js";
import { bytes } from "../../../suites/shorthand.js";

// What takes time: silence, frames that stand still, the pace of Cancels.

describe("silence", () => {
  const silent = (clock = new ManualClock()): { raw: RawEnd; clock: ManualClock } => ({
    raw: new RawEnd({ clock, limits: { heartbeatIntervalMs: 1_000 } }),
    clock,
  });

  test("one Heartbeat after an interval, PEER_LOST after three", async () => {
    const { raw, clock } = silent();
    clock.advance(999);
    await turns();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(0);
    clock.advance(1);
    await turns();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(1);
    clock.advance(1_999);
    await turns();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(1);
    expect(raw.closed).toBeUndefined();
    clock.advance(1);
    expect(raw.closed?.reason).toBe("PEER_LOST");
    expect(clock.pending).toBe(0);
  });

  test("any byte counts as life, and no Heartbeat is sent while data arrives", async () => {
    const { raw, clock } = silent();
    for (let id = 1; id < 40; id += 2) {
      clock.advance(900);
      await raw.exchange(request(id));
    }
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(0);
    // A 64th of the interval late at most.
    clock.advance(1_016);
    await turns();
    const [first] = raw.of(FrameType.Heartbeat);
    await raw.exchange({ ...response(first!.id), payload: encodeResponse({ body: first!.payload }) });
    clock.advance(2_900);
    await turns();
    expect(raw.closed).toBeUndefined();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(2);
  });

  test("a process that was stopped does not take its peer for dead", async () => {
    const { raw, clock } = silent();
    clock.jump(60_000);
    await turns();
    expect(raw.closed).toBeUndefined();
    const [asked] = raw.of(FrameType.Heartbeat);
    await raw.exchange({ ...response(asked!.id), payload: encodeResponse({ body: asked!.payload }) });
    clock.advance(2_900);
    expect(raw.closed).toBeUndefined();
  });

  test("a frame that stands still: FRAME_TIMEOUT", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock });
    const whole = frameBytes(request(1));
    await raw.exchange(whole.subarray(0, 40));
    clock.advance(9_999);
    expect(raw.closed).toBeUndefined();
    clock.advance(1);
    await turns();
    expectEnd(raw, "FRAME_TIMEOUT");
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  test("a frame that comes slowly, but comes", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock });
    for (const byte of frameBytes(request(1))) {
      clock.advance(9_000);
      await raw.exchange(bytes(byte));
    }
    expect(raw.closed).toBeUndefined();
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
    clock.advance(10_000);
    expect(raw.closed).toBeUndefined();
  });

  test("Cancels are refilled with time, no faster and no higher", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock, limits: { maxCalls: 2, cancelsPerSecond: 10 } });
    const cancels = (count: number): RawFrame[] => Array.from({ length: count }, () => cancel(1));
    clock.advance(10_000);
    await raw.exchange(request(1), ...cancels(4));
    clock.advance(200);
    await raw.exchange(...cancels(2));
    clock.advance(5_000);
    await raw.exchange(...cancels(4));
    expect(raw.closed).toBeUndefined();
    await raw.exchange(...cancels(1));
    expectEnd(raw, "CONTROL_FLOOD");
  });
});
