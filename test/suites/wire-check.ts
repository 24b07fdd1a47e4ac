import { expect } from "vitest";
import { Flag, FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { initialWindowBytes, maxGrownWindowBytes } from "../../runtime/typescript/src/session/limits.js";
import { toyCipher } from "./peers.js";
import { inflate } from "../../runtime/typescript/src/session/compression.js";
import { decodeCredit } from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";

interface WireFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Uint8Array;
  /** What it costs, were it a data frame. */
  readonly cost: number;
}

/** Cuts what one side has written into frames; those of a Sealed one, by the toy cipher, are taken out of it. */
export function framesOf(chunks: readonly Uint8Array[]): WireFrame[] {
  return cut(Buffer.concat(chunks), 8);
}

function cut(bytes: Buffer, checksumBytes: number): WireFrame[] {
  const frames: WireFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + 32);
    const flags = bytes.readUInt16BE(at + 2);
    let payload: Uint8Array = bytes.subarray(at + 36, at + 36 + length);
    if (bytes[at + 1] === FrameType.Sealed) {
      const run = Buffer.from(payload);
      frames.push(...cut(run.subarray(0, toyCipher.open(run, 0, 0, run.length)), 0));
      at += 44 + length;
      continue;
    }
    if ((flags & Flag.Compressed) !== 0) payload = inflated(payload);
    const cost = 44 + payload.length - ((flags & Flag.Encrypted) === 0 ? 0 : 16);
    frames.push({ type: bytes[at + 1]!, flags, id: Number(bytes.readBigUInt64BE(at + 8)), payload, cost });
    at += 36 + length + checksumBytes;
  }
  return frames;
}

/** What a COMPRESSED payload yields. */
function inflated(payload: Uint8Array): Uint8Array {
  const whole = inflate(payload, 0, payload.length);
  // It was worth it.
  expect(payload.length).toBeLessThan(whole.length);
  return whole;
}

const opening: ReadonlySet<number> = new Set([FrameType.Request, FrameType.Event, FrameType.Heartbeat]);
const charged: ReadonlySet<number> = new Set([
  FrameType.Request,
  FrameType.Response,
  FrameType.Stream,
  FrameType.Event,
]);

/**
 * What PROTOCOL.md says about all that two sides have written to each other, seen from outside once every call is over:
 * ids, order of fragments, one answer for each call, windows and what goes beyond them.
 */
export function checkWire(
  fromPlugin: readonly Uint8Array[],
  fromDaemon: readonly Uint8Array[],
  advanceBytes: number = 0,
): void {
  const sides = [framesOf(fromPlugin), framesOf(fromDaemon)] as const;
  for (const [i, own] of sides.entries()) {
    const other = sides[1 - i]!;
    checkIds(own, i === 0 ? 1 : 0);
    checkCredit(own, other, advanceBytes);
    checkAnswers(own, other);
  }
}

function checkIds(frames: readonly WireFrame[], parity: number): void {
  let highest = 0;
  const unfinished = new Map<number, number>();
  for (const { type, flags, id } of frames) {
    if (opening.has(type)) {
      expect(id % 2).toBe(parity);
      if (!unfinished.has(id)) {
        expect(id).toBeGreaterThan(highest);
        highest = id;
      }
    }
    if (!charged.has(type)) continue;
    const begun = unfinished.get(id);
    if (begun !== undefined) expect(type).toBe(begun);
    if ((flags & Flag.More) === 0) unfinished.delete(id);
    else unfinished.set(id, type);
  }
}

/** All that was sent on a window fits what was granted, and no more was granted than was sent and a window grows by. */
function checkCredit(own: readonly WireFrame[], other: readonly WireFrame[], advanceBytes: number): void {
  const sent = new Map<number, number>();
  for (const { type, id, cost, payload } of own) {
    if (!charged.has(type)) continue;
    expect(payload.length).toBeLessThanOrEqual(advanceBytes === 0 || type === FrameType.Event ? 65_508 : 131_044);
    const window = type === FrameType.Event ? 0 : id;
    sent.set(window, (sent.get(window) ?? 0) + cost);
  }
  const granted = new Map<number, number>();
  for (const { type, id, payload } of other) {
    if (type === FrameType.Credit) granted.set(id, (granted.get(id) ?? 0) + decodeCredit(payload).bytes);
  }
  for (const [id, bytes] of sent) {
    const beyond = id === 0 ? 0 : advanceBytes;
    expect(bytes).toBeLessThanOrEqual(65_536 + (granted.get(id) ?? 0) + beyond);
  }
  for (const [id, bytes] of granted) {
    const growth = id === 0 ? 0 : maxGrownWindowBytes - initialWindowBytes;
    expect(bytes).toBeLessThanOrEqual((sent.get(id) ?? 0) + growth);
  }
}

/** Each call that `own` opened has exactly one final answer, and nothing of it comes behind that. */
function checkAnswers(own: readonly WireFrame[], other: readonly WireFrame[]): void {
  const opened = new Set(own.filter(({ type }) => type === FrameType.Request).map(({ id }) => id));
  const ended = new Set<number>();
  for (const { type, flags, id } of other) {
    if (!opened.has(id) || type === FrameType.Credit) continue;
    expect(ended.has(id)).toBe(false);
    if (type === FrameType.Error || (type === FrameType.Response && (flags & Flag.EndStream) !== 0)) ended.add(id);
  }
  expect(ended.size).toBe(opened.size);
}
