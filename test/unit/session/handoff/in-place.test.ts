import { describe, expect, test } from "vitest";
import { createMemoryArenas } from "../../../../runtime/typescript/src/arena/memory-arena.js";
import {
  decodeEvent,
  EventCodec,
  type EventInit,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { decodeError, ErrorCodec } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/error_codec.js";
import type { Codec } from "../../../../runtime/typescript/src/codec/codec.js";
import { OutgoingRegions } from "../../../../runtime/typescript/src/session/handoff/outgoing-regions.js";

const size = 20_000;
const codec = EventCodec as unknown as Codec;

function regions(arenaBytes = 1_048_576): { outgoing: OutgoingRegions; memory: Uint8Array } {
  const [side] = createMemoryArenas(arenaBytes);
  return { outgoing: new OutgoingRegions(side.outgoing), memory: side.outgoing.map()! };
}

const filled = (bytes: Uint8Array): Uint8Array => {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31) >>> 3;
  return bytes;
};
const expected = filled(new Uint8Array(size));

describe("a buffer that is filled in place", () => {
  test("is where the message is encoded, whatever stands before it", () => {
    const { outgoing, memory } = regions();
    for (const before of [
      {},
      { subject: "s" },
      { eventId: new Uint8Array(16), subject: "x".repeat(300), sequence: 7n },
    ]) {
      const buffer = outgoing.allocate(size);
      expect(buffer.shared).toBe(true);
      filled(buffer.bytes);
      const message: EventInit = { ...before, body: buffer.bytes };
      const region = outgoing.encodeInPlace(codec, message)!;
      const encoded = memory.slice(region.offset, region.offset + region.length);
      expect(decodeEvent(encoded)).toMatchObject({ ...before, body: expected });
      // The bytes are still where they were filled in.
      expect(buffer.bytes.byteOffset).toBe(region.offset + region.length - size);
      expect(buffer.bytes).toEqual(expected);
      outgoing.announce(region, {});
      expect(outgoing.acknowledge(region.offset)).toBe(true);
    }
    expect(outgoing.count).toBe(0);
  });

  test("may be sent in part, from its beginning on", () => {
    const { outgoing, memory } = regions();
    const { bytes } = outgoing.allocate(size);
    filled(bytes);
    const region = outgoing.encodeInPlace(codec, { body: bytes.subarray(0, 10_000) })!;
    expect(decodeEvent(memory.slice(region.offset, region.offset + region.length)).body).toEqual(
      expected.subarray(0, 10_000),
    );
  });

  test("what is not its beginning, or too short to matter, is copied like any other bytes", () => {
    const { outgoing } = regions();
    const { bytes, release } = outgoing.allocate(size);
    expect(outgoing.encodeInPlace(codec, { body: bytes.subarray(1) })).toBeUndefined();
    expect(outgoing.encodeInPlace(codec, { body: bytes.subarray(0, 4_000) })).toBeUndefined();
    expect(outgoing.encodeInPlace(codec, { body: new Uint8Array(size) })).toBeUndefined();
    expect(outgoing.expectsInPlace).toBe(true);
    expect(release).toBeTypeOf("function");
  });

  test("in a nested message it comes out the same, if not without a copy", () => {
    const { outgoing, memory } = regions();
    const { bytes } = outgoing.allocate(size);
    filled(bytes);
    const error = { reason: "X", details: [{ typeName: "a.B", value: bytes }] };
    const region = outgoing.encodeInPlace(ErrorCodec as unknown as Codec, error)!;
    const decoded = decodeError(memory.slice(region.offset, region.offset + region.length));
    expect(decoded.details[0]!.value).toEqual(expected);
  });

  test("twice in a message it is refused, and stays its owner's", () => {
    const { outgoing } = regions();
    const buffer = outgoing.allocate(size);
    const details = [1, 2].map(() => ({ typeName: "a.B", value: buffer.bytes }));
    expect(() => outgoing.encodeInPlace(ErrorCodec as unknown as Codec, { reason: "X", details })).toThrow(
      expect.objectContaining({ reason: "ENCODE_INVALID" }),
    );
    expect(outgoing.count).toBe(1);
    buffer.release();
    buffer.release();
    expect(outgoing.count).toBe(0);
  });

  test("with more beside it than there is room for it is copied, or refused", () => {
    const { outgoing } = regions();
    const before = outgoing.allocate(size);
    expect(outgoing.encodeInPlace(codec, { subject: "x".repeat(10_000), body: before.bytes })).toBeUndefined();
    const behind = outgoing.allocate(size);
    const error = { details: [{ typeName: "a.B", value: behind.bytes }, { typeName: "x".repeat(20_000) }] };
    expect(() => outgoing.encodeInPlace(ErrorCodec as unknown as Codec, error)).toThrow("too much beside it");
  });

  test("released, or when there is no room, it is ordinary memory that anybody may use", () => {
    const { outgoing } = regions(1_048_576);
    using whole = outgoing.allocate(1_000_000);
    expect(whole.shared).toBe(true);
    const other = outgoing.allocate(size);
    expect(other.shared).toBe(false);
    expect(other.bytes).toHaveLength(size);
    other.release();
    outgoing.close();
    expect(outgoing.allocate(size).shared).toBe(false);
  });
});
