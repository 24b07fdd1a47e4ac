import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import {
  decodeCredit,
  encodeEvent,
  encodeStream,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { cancel, opening, pair, RawEnd, type RawFrame } from "../../suites/raw-end.js";
import { never } from "../../suites/shorthand.js";

// PROTOCOL.md, Credit: what large messages cost a side whose reader stands still. The other end follows the rules.

/** A message of `bytes`, cut so that the first fragment takes `first`. */
function inTwo(id: number, bytes: number, first: number): readonly [RawFrame, RawFrame] {
  const payload = encodeStream({ body: pair("k", "x".repeat(bytes)) });
  return [
    { type: FrameType.Stream, flags: Flag.More, id, payload: payload.slice(0, first) },
    { type: FrameType.Stream, id, payload: payload.slice(first) },
  ];
}

const granted = (raw: RawEnd, id: number): number =>
  raw.of(FrameType.Credit, id).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);

describe("a stream that nobody reads", () => {
  test("is granted the fragments of its first large message, and none behind it", async () => {
    const raw = new RawEnd({ handlers: { up: never } });
    const [first, last] = inTwo(1, 100_000, 60_000);
    await raw.exchange(opening(1), first);
    const before = granted(raw, 1);
    expect(before).toBeGreaterThanOrEqual(60_044);
    // Half of any window that it may have now.
    const [behind] = inTwo(1, 100_000, 65_492);
    await raw.exchange(last, behind);
    expect(granted(raw, 1)).toBe(before);
    expect(raw.closed).toBeUndefined();
  });

  test("is granted what came behind once what is in front of it is taken, and goes on", async () => {
    let read!: () => void;
    const gate = new Promise<void>((resolve) => (read = resolve));
    const sizes: number[] = [];
    const raw = new RawEnd({
      handlers: {
        async up(requests) {
          await gate;
          for await (const { value } of requests) sizes.push(value.length);
          return { key: "", value: "" };
        },
      },
    });
    const [first, last] = inTwo(1, 100_000, 60_000);
    const [behind, rest] = inTwo(1, 90_000, 65_492);
    await raw.exchange(opening(1), first);
    await raw.exchange(last, behind);
    const before = granted(raw, 1);
    read();
    await raw.exchange();
    expect(granted(raw, 1) - before).toBeGreaterThanOrEqual(65_536);
    await raw.exchange(rest);
    expect(sizes).toEqual([100_000, 90_000]);
  });

  test("keeps its message counted among those that are not complete, until the call ends", async () => {
    const raw = new RawEnd({ handlers: { up: never }, limits: { maxIncompleteBytes: 150_000 } });
    await raw.exchange(opening(1), ...inTwo(1, 100_000, 60_000));
    expect(raw.errors()).toEqual([]);
    await raw.exchange(opening(3), inTwo(3, 100_000, 60_000)[0]);
    expect(raw.errors(3)).toMatchObject([{ reason: "MESSAGE_TOO_LARGE", retryable: true }]);
    await raw.exchange(cancel(1));
    await raw.exchange(opening(5), inTwo(5, 100_000, 60_000)[0]);
    expect(raw.errors(5)).toEqual([]);
    expect(raw.closed).toBeUndefined();
  });

  test("does not once its message was taken, though the call lives on", async () => {
    const raw = new RawEnd({
      handlers: {
        async up(requests) {
          for await (const _ of requests);
          return { key: "", value: "" };
        },
      },
      limits: { maxIncompleteBytes: 150_000 },
    });
    await raw.exchange(opening(1), ...inTwo(1, 100_000, 60_000));
    await raw.exchange(opening(3), ...inTwo(3, 100_000, 60_000));
    await raw.exchange(opening(5), inTwo(5, 100_000, 60_000)[0]);
    expect(raw.errors()).toEqual([]);
  });
});

describe("events whose handlers do not end", () => {
  /** An event of `bytes`, cut so that the first fragment takes `first`. */
  function eventInTwo(id: number, bytes: number, first: number): readonly [RawFrame, RawFrame] {
    const eventId = new Uint8Array(16).fill(id);
    const payload = encodeEvent({ eventId, subject: "a.b", sequence: 1n, body: pair("k", "x".repeat(bytes)) });
    return [
      { type: FrameType.Event, flags: Flag.More, id, payload: payload.slice(0, first) },
      { type: FrameType.Event, id, payload: payload.slice(first) },
    ];
  }

  test("are granted the fragments of the first, and those behind it once its handler has settled", async () => {
    let settle!: () => void;
    const raw = new RawEnd();
    const gate = new Promise<void>((resolve) => (settle = resolve));
    let handled = 0;
    raw.peer.subscribe(async () => {
      await gate;
      handled++;
    });
    await raw.exchange(...eventInTwo(1, 70_000, 60_000));
    const before = granted(raw, 0);
    expect(before).toBeGreaterThanOrEqual(60_044);
    const [first, last] = eventInTwo(3, 50_000, 40_000);
    await raw.exchange(first);
    expect(granted(raw, 0)).toBe(before);
    settle();
    await raw.exchange();
    expect(handled).toBe(1);
    expect(granted(raw, 0) - before).toBeGreaterThanOrEqual(40_044);
    await raw.exchange(last);
    expect(handled).toBe(2);
    expect(raw.closed).toBeUndefined();
  });
});
