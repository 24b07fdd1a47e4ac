import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { FrameReader } from "../../../runtime/typescript/src/frame/frame-reader.js";
import { encodeFrameTwin, type TwinFrame } from "../../twin/frame-twin.js";

interface Vectors {
  readonly valid: readonly { name: string; hex: string; frame: { type: number; flags: number; payload: string } }[];
  readonly incomplete: readonly { name: string; hex: string }[];
  readonly invalid: readonly {
    name: string;
    layer: string;
    hex: string;
    reason: string;
    receiver: { maxFrameBytes: number };
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../golden/vectors/frames.json", import.meta.url), "utf8"),
) as Vectors;
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

interface Seen {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

function collect(limit = 1_048_576): { seen: Seen[]; reader: FrameReader } {
  const seen: Seen[] = [];
  const reader = new FrameReader({
    onHeader: () => limit,
    onFrame(bytes, start, end) {
      seen.push({
        type: bytes[start + 1]!,
        flags: (bytes[start + 2]! << 8) | bytes[start + 3]!,
        payload: bytes.slice(start + 36, end),
      });
    },
  });
  return { seen, reader };
}

function reasonOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CrucibleError);
    return (error as CrucibleError).reason;
  }
  return "none";
}

describe("the vectors", () => {
  test.each(vectors.valid)("valid: $name", ({ hex, frame }) => {
    const { seen, reader } = collect();
    reader.push(fromHex(hex));
    expect(seen).toEqual([{ type: frame.type, flags: frame.flags, payload: fromHex(frame.payload) }]);
    expect(reader.midFrame).toBe(false);
  });

  test.each(vectors.incomplete)("incomplete: $name", ({ hex }) => {
    const { seen, reader } = collect();
    if (hex !== "") reader.push(fromHex(hex));
    expect(seen).toEqual([]);
    expect(reader.midFrame).toBe(hex !== "");
  });

  test.each(vectors.invalid.filter(({ layer }) => layer === "frame"))("invalid: $name", ({ hex, reason, receiver }) => {
    const limit = reason === "FRAME_TOO_LARGE" ? Math.min(receiver.maxFrameBytes, 65_536) : 1_048_576;
    expect(reasonOf(() => collect(limit).reader.push(fromHex(hex)))).toBe(reason);
  });
});

const frames = fc.array(
  fc.record({
    messageId: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
    sessionId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    timestamp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
  { minLength: 1, maxLength: 8 },
);

test("any cut of the stream gives the same frames, in chunks of their own or in one buffer", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat({ max: 500 }), { maxLength: 20 }), fc.boolean(), (list, cuts, contiguous) => {
      const twins: TwinFrame[] = list.map((fields) => ({ ...fields, type: 0x03, flags: 0x0008 }));
      const stream = Uint8Array.from(twins.flatMap((frame) => [...encodeFrameTwin(frame)]));
      const { seen, reader } = collect();
      let offset = 0;
      for (const cut of [...cuts, stream.length]) {
        const end = Math.min(stream.length, offset + cut);
        const chunk = stream.subarray(offset, end);
        reader.push(contiguous ? chunk : chunk.slice());
        offset = end;
      }
      expect(seen.map(({ payload }) => payload)).toEqual(list.map(({ payload }) => payload));
      expect(reader.midFrame).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("a header is refused before its payload arrives, and no memory is spent on what it announces", () => {
  const announced = encodeFrameTwin(
    { type: 0x03, flags: 0x08, messageId: 1n, sessionId: 0n, timestamp: 0n, payload: new Uint8Array(0) },
    { length: 0xffffffff },
  );
  expect(reasonOf(() => collect().reader.push(announced.subarray(0, 36)))).toBe("FRAME_TOO_LARGE");

  const before = process.memoryUsage().arrayBuffers;
  const { reader } = collect(0xffffffff);
  reader.push(announced.slice(0, 36));
  for (let i = 0; i < 64; i++) reader.push(new Uint8Array(64));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});
