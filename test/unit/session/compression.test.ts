import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { encodeRequest } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { MetadataCodec as PairCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { Compression } from "../../../runtime/typescript/src/rpc/service.js";
import { inflate, sessionCompression, Shrinkers } from "../../../runtime/typescript/src/session/compression.js";
import { compressBlock } from "../../../runtime/typescript/src/compress/lz4.js";
import { FrameWriter } from "../../../runtime/typescript/src/frame/frame-writer.js";
import { Echo, pairUp } from "../../suites/peers.js";
import { expectAlive, expectEnd, methodId, pair, RawEnd, request } from "../../suites/raw-end.js";
import { checkWire, framesOf } from "../../suites/wire-check.js";

// PROTOCOL.md, COMPRESSED: what is compressed, what never is, and what a receiver refuses before it spends memory.

const text = (size: number): string => "all work and no play ".repeat(size / 21 + 1).slice(0, size);
/** Text that nothing shortens by an eighth. */
const noise = (size: number): string => {
  let state = 1;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 94));
  }).join("");
};

test.each([
  ["nothing, where nobody agreed on it", "adaptive", [], "tls", "sensitive", "off"],
  ["what methods ask for, on a local socket", "auto", ["lz4"], "local", "sensitive", "asked"],
  ["what is worth it, over TCP", "auto", ["lz4"], "tls", "sensitive", "adaptive"],
  ["what is worth it on a local socket, where a side is told to", "adaptive", ["lz4"], "local", "none", "adaptive"],
  ["no more than methods ask for, where everything is sealed", "adaptive", ["lz4"], "tls", "everything", "asked"],
] as const)("a session compresses %s", (_, policy, features, protection, encryption, expected) => {
  expect(sessionCompression(policy, features, protection, encryption)).toBe(expected);
});

test("a method decides for itself, unless it is sensitive", () => {
  const plain = { sensitive: false };
  const always = { sensitive: false, compression: Compression.Always };
  const never = { sensitive: false, compression: Compression.Never };
  const secret = { sensitive: true, compression: Compression.Always };
  const shown = (compression: "off" | "asked" | "adaptive"): boolean[] => {
    const shrinkers = new Shrinkers(compression);
    return [plain, always, never, secret].map((method) => shrinkers.of(method) !== undefined);
  };
  expect(shown("off")).toEqual([false, false, false, false]);
  expect(shown("asked")).toEqual([false, true, false, false]);
  expect(shown("adaptive")).toEqual([true, true, false, false]);
});

/** How many of `count` equal payloads a method's shrinker has shortened. */
function shortened(payload: Uint8Array, count: number, compression: Compression): boolean[] {
  const shrinker = new Shrinkers("adaptive").of({ sensitive: false, compression })!;
  const writer = new FrameWriter(() => 0);
  return Array.from({ length: count }, () => {
    const start = writer.begin(FrameType.Stream, 0, 1, payload.length);
    writer.arena.set(payload, start);
    const end = shrinker.shrink(writer, start, start + payload.length);
    writer.finish(end);
    return end < start + payload.length;
  });
}

describe("what is worth it", () => {
  const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
  const { Unspecified, Always } = Compression;

  test("is long enough, and shorter by an eighth", () => {
    expect(shortened(bytes(text(1_024)), 2, Unspecified)).toEqual([true, true]);
    expect(shortened(bytes(text(1_023)), 2, Unspecified)).toEqual([false, false]);
    expect(shortened(bytes(noise(4_000)), 2, Unspecified)).toEqual([false, false]);
  });

  test("is whatever gets shorter at all, where a method asks for it", () => {
    expect(shortened(bytes(text(100)), 1, Always)).toEqual([true]);
    expect(shortened(bytes(text(63)), 1, Always)).toEqual([false]);
    expect(shortened(bytes(`${noise(2_000)}${text(200)}`), 1, Always)).toEqual([true]);
    expect(shortened(bytes(`${noise(2_000)}${text(200)}`), 1, Unspecified)).toEqual([false]);
  });

  test("is tried again less and less often, and at once when it pays again", () => {
    const shrinker = new Shrinkers("adaptive").of({ sensitive: false })!;
    const writer = new FrameWriter(() => 0);
    const tried = (payload: Uint8Array): boolean => {
      const start = writer.begin(FrameType.Stream, 0, 1, payload.length);
      writer.arena.set(payload, start);
      return shrinker.shrink(writer, start, start + payload.length) < start + payload.length;
    };
    for (let i = 0; i < 2_000; i++) tried(bytes(noise(2_000)));
    let until = 0;
    while (!tried(bytes(text(2_000)))) until++;
    expect(until).toBeGreaterThan(10);
    expect(until).toBeLessThanOrEqual(256);
    expect([tried(bytes(text(2_000))), tried(bytes(text(2_000)))]).toEqual([true, true]);
  });
});

describe("on the wire", () => {
  const compressedFrames = (chunks: readonly Uint8Array[]): number =>
    framesOf(chunks).filter(({ flags }) => (flags & Flag.Compressed) !== 0).length;

  test.each(["off", "asked", "adaptive"] as const)(
    "calls and events of a session that compresses: %s",
    async (compression) => {
      const { daemon, plugin, wire, closed } = pairUp({}, undefined, { compression });
      const echo = daemon.client(Echo);
      for (const size of [10, 5_000, 200_000]) {
        expect((await echo.unary({ key: "k", value: text(size) })).value).toBe(text(size));
        expect((await echo.unary({ key: "k", value: noise(size) })).value).toBe(noise(size));
        // Sealed, and so never shortened.
        expect((await echo.secret({ key: "k", value: text(size) })).value).toBe(text(size));
      }
      const heard: number[] = [];
      plugin.subscribe(({ body }) => void heard.push(body.length));
      await daemon.publish("a.b", PairCodec, { key: "k", value: text(9_000) }, { acknowledge: true });
      expect(heard.length).toBe(1);
      const counts = [compressedFrames(wire.fromDaemon), compressedFrames(wire.fromPlugin)];
      if (compression === "adaptive") expect(Math.min(...counts)).toBeGreaterThan(3);
      else expect(counts).toEqual([0, 0]);
      for (const { flags } of framesOf([...wire.fromDaemon, ...wire.fromPlugin])) {
        expect(flags & (Flag.Compressed | Flag.Encrypted)).not.toBe(Flag.Compressed | Flag.Encrypted);
      }
      expect(closed).toEqual({});
      checkWire(wire.fromPlugin, wire.fromDaemon);
    },
  );
});

/** A COMPRESSED Request, or what claims to be one. */
function compressed(payload: Uint8Array, announced = payload.length, block?: Uint8Array): Uint8Array {
  const target = new Uint8Array(payload.length + 1_000);
  const end = compressBlock(payload, 0, payload.length, target, 0, target.length);
  const own = block ?? target.subarray(0, end);
  const whole = new Uint8Array(4 + own.length);
  new DataView(whole.buffer).setUint32(0, announced);
  whole.set(own, 4);
  return whole;
}
const call = (): Uint8Array => encodeRequest({ methodId: methodId("unary"), body: pair("k", text(3_000)) });
const asCompressed = (
  payload: Uint8Array,
  flags: number = Flag.EndStream,
): { type: number; flags: number; id: number; payload: Uint8Array } => ({
  type: FrameType.Request,
  flags: flags | Flag.Compressed,
  id: 1,
  payload,
});

describe("a receiver", () => {
  test("answers a COMPRESSED request, in one frame and in fragments of which some are", async () => {
    const raw = new RawEnd({ agreed: { compression: "asked" } });
    await raw.exchange(asCompressed(compressed(call())));
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
    const whole = call();
    await raw.exchange(
      { ...asCompressed(compressed(whole.slice(0, 1_000)), Flag.More), id: 3 },
      { type: FrameType.Request, flags: Flag.More, id: 3, payload: whole.slice(1_000, 1_100) },
      { ...asCompressed(compressed(whole.slice(1_100))), id: 3 },
    );
    expect(raw.of(FrameType.Response, 3)).toHaveLength(1);
    await expectAlive(raw, 5);
  });

  test.each<readonly [string, string, Uint8Array]>([
    ["more than a fragment is announced", "FRAME_TOO_LARGE", compressed(call(), 65_493)],
    ["4 GiB are announced", "FRAME_TOO_LARGE", compressed(call(), 0xffff_ffff)],
    ["more than the block can yield is announced", "BAD_COMPRESSION", compressed(call(), 60_000, new Uint8Array(200))],
    ["nothing is announced", "BAD_COMPRESSION", compressed(call(), 0)],
    ["more is announced than comes out", "BAD_COMPRESSION", compressed(call(), call().length + 1)],
    ["less is announced than comes out", "BAD_COMPRESSION", compressed(call(), call().length - 1)],
    ["the block is none", "BAD_COMPRESSION", compressed(call(), 100, Uint8Array.of(0xff, 1))],
    ["there is no block", "BAD_COMPRESSION", Uint8Array.of(0, 0, 0, 1)],
    ["there is no length", "BAD_COMPRESSION", Uint8Array.of(0, 1)],
  ])("ends the connection when %s: %s", async (_, reason, payload) => {
    const raw = new RawEnd({ agreed: { compression: "asked" } });
    await raw.exchange(asCompressed(payload));
    expectEnd(raw, reason);
  });

  test("takes no COMPRESSED frame that nobody agreed on, nor one that is sealed, nor one of a control message", async () => {
    const plain = new RawEnd();
    await plain.exchange(asCompressed(compressed(call())));
    expectEnd(plain, "BAD_FLAGS");
    const sealed = new RawEnd({ agreed: { compression: "asked" } });
    await sealed.exchange({ ...asCompressed(compressed(call())), sealed: true });
    expectEnd(sealed, "BAD_FLAGS");
    const control = new RawEnd({ agreed: { compression: "asked" } });
    await control.exchange({ type: FrameType.Credit, flags: Flag.Compressed, id: 0, payload: compressed(call()) });
    expectEnd(control, "BAD_FLAGS");
  });

  test("charges what comes out, not what came in", async () => {
    const raw = new RawEnd({ agreed: { compression: "asked" } });
    const zeros = compressed(new Uint8Array(65_492));
    const stream = { type: FrameType.Stream, flags: Flag.More | Flag.Compressed, id: 1, payload: zeros };
    await raw.exchange({ type: FrameType.Request, id: 1, payload: encodeRequest({ methodId: methodId("up") }) });
    // The window has 65,536 less the Request.
    await raw.exchange(stream);
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test("spends no memory on what it refuses", () => {
    const bomb = compressed(new Uint8Array(10), 0xffff_ffff);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1_000; i++) expect(() => inflate(bomb, 0, bomb.length)).toThrow(/announces 4294967295/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});

test("requests of one session are still requests", async () => {
  const raw = new RawEnd({ agreed: { compression: "adaptive" } });
  await raw.exchange(request(1, "unary", { body: pair("k", text(5_000)) }));
  const [answer] = raw.of(FrameType.Response, 1);
  expect(answer!.flags & Flag.Compressed).toBe(Flag.Compressed);
});
