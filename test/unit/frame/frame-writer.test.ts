import fc from "fast-check";
import { expect, test } from "vitest";
import { frameAddress } from "../../../runtime/typescript/src/checksum/frame-memory.js";
import { verifyChecksum } from "../../../runtime/typescript/src/checksum/xxh64.js";
import { FrameWriter } from "../../../runtime/typescript/src/frame/frame-writer.js";
import { freeBlocks } from "../../suites/free-blocks.js";
import { encodeFrameTwin } from "../../twin/frame-twin.js";

const twoTo32 = 4294967296;

function takeAll(writer: FrameWriter): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let part = writer.take(); part !== undefined; part = writer.take()) parts.push(part);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test("writes what the readable twin writes", () => {
  const frame = fc.record({
    id: fc.maxSafeNat(),
    hi: fc.nat({ max: 0xffffffff }),
    lo: fc.nat({ max: 0xffffffff }),
    unixMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    flags: fc.constantFrom(0, 4, 8, 0x308),
    payload: fc.uint8Array({ maxLength: 200 }),
  });
  fc.assert(
    fc.property(frame, ({ id, hi, lo, unixMs, flags, payload }) => {
      const writer = new FrameWriter(() => unixMs);
      writer.setSession(hi, lo);
      const start = writer.begin(0x20, flags, id, payload.length);
      writer.arena.set(payload, start);
      writer.finish(start + payload.length);
      expect(takeAll(writer)).toEqual(
        encodeFrameTwin({
          type: 0x20,
          flags,
          messageId: BigInt(id),
          sessionId: BigInt(hi) * BigInt(twoTo32) + BigInt(lo),
          timestamp: BigInt(unixMs) * 1_000_000n,
          payload,
        }),
      );
    }),
  );
});

test("a frame that was begun and not finished leaves nothing behind", () => {
  const writer = new FrameWriter(() => 0);
  writer.begin(0x20, 0, 1, 100);
  expect(writer.take()).toBeUndefined();
  const start = writer.begin(0x20, 0, 2, 0);
  writer.finish(start);
  const [frame] = [takeAll(writer)];
  expect(frame.length).toBe(44);
  expect(frame[15]).toBe(2);
});

test("memory is used again when it is said to be free and nothing waits in it", () => {
  let now = 0;
  const writer = new FrameWriter(() => (now += 100));
  const write = (id: number): Uint8Array => {
    const start = writer.begin(0x20, 0, id, 10);
    writer.finish(start + 10);
    return writer.arena;
  };
  const arena = write(1);
  writer.reuse();
  expect(write(2)).toBe(arena);
  expect(takeAll(writer)).toHaveLength(2 * 54);
  writer.reuse();
  for (let id = 3; id < 1_000; id++) {
    expect(write(id)).toBe(arena);
    const [frame] = [takeAll(writer)];
    expect([frame.length, (frame[14]! << 8) | frame[15]!]).toEqual([54, id]);
    writer.reuse();
  }
});

test("a small arena is everybody's once all has left, and nobody else's before", () => {
  const [one, other] = [new FrameWriter(() => 0), new FrameWriter(() => 0)];
  const write = (writer: FrameWriter, id: number): Uint8Array => {
    const start = writer.begin(0x20, 0, id, 10);
    writer.finish(start + 10);
    return writer.arena;
  };
  const shared = write(one, 1);
  expect(write(other, 1)).not.toBe(shared);
  one.reuse();
  expect(one.arena).toBe(shared);
  one.take();
  // Handed over, and not said to have left.
  expect(write(other, 2)).not.toBe(shared);
  expect(write(one, 2)).toBe(shared);
  one.take();
  one.reuse();
  expect(one.arena.length).toBe(0);
  other.take();
  other.reuse();
  const [again, apart] = [write(one, 3), write(other, 3)];
  expect(again).not.toBe(apart);
  expect([again, apart]).toContain(shared);
});

test("an arena that was full is followed by a larger one, which stays", () => {
  const writer = new FrameWriter(() => 0);
  const write = (bytes: number): number => {
    const start = writer.begin(0x20, 0, 1, bytes);
    writer.finish(start + bytes);
    return writer.arena.length;
  };
  expect(write(3_000)).toBe(4_096);
  expect(write(3_000)).toBe(262_144);
  expect(takeAll(writer)).toHaveLength(2 * 3_044);
  writer.reuse();
  expect(writer.arena.length).toBe(262_144);
  expect(write(10)).toBe(262_144);
});

test("frames of many arenas come out in order and are not written again by themselves", () => {
  const writer = new FrameWriter(() => 0);
  const sizes = [10, 200_000, 100_000, 1, 300_000, 44];
  for (const [index, size] of sizes.entries()) {
    const start = writer.begin(0x20, 0, index + 1, size);
    writer.arena.fill(index + 1, start, start + size);
    writer.finish(start + size);
  }
  const first = writer.take()!;
  const copy = first.slice();
  const rest = takeAll(writer);
  const start = writer.begin(0x20, 0, 9, 500);
  writer.arena.fill(0xff, start, start + 500);
  writer.finish(start + 500);
  expect(first).toEqual(copy);
  expect(first.length + rest.length).toBe(sizes.reduce((sum, size) => sum + size + 44, 0));
});

test("a rest lets go of memory, unless something waits in it, and writing goes on behind it", () => {
  const writer = new FrameWriter(() => 0);
  const write = (id: number, bytes = 10): void => {
    const start = writer.begin(0x20, 0, id, bytes);
    writer.finish(start + bytes);
  };
  write(1, 9_000);
  const large = writer.arena;
  writer.rest();
  expect(writer.arena).toBe(large);
  const taken = writer.take()!;
  const before = taken.slice();
  writer.rest();
  expect(writer.arena.length).toBe(0);
  write(2);
  expect(writer.arena.length).toBe(4_096);
  // What was handed over may not have left yet.
  expect(taken).toEqual(before);
  expect(takeAll(writer)[15]).toBe(2);
  writer.rest();
  expect(writer.arena.length).toBe(0);
});

test("a writer that writes often does so in the memory of frames, and gives it back once it does not", () => {
  let now = 1e12;
  const writer = new FrameWriter(() => now);
  const write = (id: number): void => {
    const start = writer.begin(0x20, 0, id, 10);
    writer.arena.fill(id, start, start + 10);
    writer.finish(start + 10);
    const frame = takeAll(writer);
    expect([frame.length, frame[15], frame[45], verifyChecksum(frame, 0, 46)]).toEqual([
      54,
      id & 0xff,
      id & 0xff,
      true,
    ]);
    writer.reuse();
  };
  const blocks = freeBlocks();
  for (let id = 1; id < 200; id++) write(id);
  expect(frameAddress(writer.arena)).toBeGreaterThanOrEqual(0);
  expect(freeBlocks()).toBe(blocks - 1);
  for (let id = 1; id < 200; id++) {
    now += 200;
    write(id);
  }
  expect(frameAddress(writer.arena)).toBe(-1);
  expect(freeBlocks()).toBe(blocks);
  for (let id = 1; id < 200; id++) {
    now += 20;
    write(id);
  }
  expect(freeBlocks()).toBe(blocks);
  for (let id = 1; id < 200; id++) write(id);
  expect(freeBlocks()).toBe(blocks - 1);
  writer.close();
  expect(freeBlocks()).toBe(blocks);
});

test("writers that hardly write share an arena, one after another, and what each hands over is its own", () => {
  const writers = [1, 2, 3].map((session) => {
    const writer = new FrameWriter(() => 0);
    writer.setSession(0, session);
    return { writer, session };
  });
  for (let round = 0; round < 40; round++) {
    for (const { writer, session } of writers) {
      const size = [9, 11, 300, 11][(round + session) % 4]!;
      const start = writer.begin(0x02, 0, 1, size);
      writer.arena.fill(session, start, start + size);
      writer.finish(start + size);
      const sent = writer.take()!;
      expect(sent).toHaveLength(size + 44);
      expect(verifyChecksum(sent, 0, size + 36)).toBe(true);
      expect([sent[23], sent[36], sent[35 + size]]).toEqual([session, session, session]);
      // Every third stays: its arena is not written by others.
      if (round % 3 > 0) writer.reuse();
    }
  }
});
