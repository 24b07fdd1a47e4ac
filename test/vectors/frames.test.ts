import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeFrameTwin, encodeFrameTwin, TwinError, type TwinReceiver, twinTypes } from "../twin/frame-twin.js";
import { xxh64Twin } from "../twin/xxh64-twin.js";
import { buildFrameVectors, type FrameVectors, type VectorReceiver } from "./frame-vectors.js";

const text = readFileSync(new URL("../../golden/vectors/frames.json", import.meta.url), "utf8");
const vectors = JSON.parse(text) as FrameVectors;
const unhex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

const receiver = (at: VectorReceiver): TwinReceiver => ({
  ...at,
  sessionId: BigInt(`0x${at.sessionId}`),
  highestOwn: BigInt(at.highestOwn),
  highestPeer: BigInt(at.highestPeer),
});

describe("frames.json", () => {
  it("is what make-frames.mjs writes", () => {
    expect(vectors).toEqual(buildFrameVectors());
  });

  it("names no case twice and has each type", () => {
    const names = [...vectors.valid, ...vectors.invalid].map((vector) => vector.name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(vectors.valid.map((vector) => vector.frame.type))).toEqual(new Set(twinTypes.keys()));
  });

  it.each(vectors.valid.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    const bytes = unhex(vector.hex);
    const decoded = decodeFrameTwin(bytes, receiver(vector.receiver))!;
    expect(decoded.size).toBe(bytes.length);
    expect(twinTypes.get(decoded.frame.type)!.name).toBe(vector.frame.typeName);
    expect(decoded.frame).toEqual({
      type: vector.frame.type,
      flags: vector.frame.flags,
      messageId: BigInt(vector.frame.messageId),
      sessionId: BigInt(`0x${vector.frame.sessionId}`),
      timestamp: BigInt(vector.frame.timestamp),
      payload: unhex(vector.frame.payload),
    });
    expect(encodeFrameTwin(decoded.frame)).toEqual(bytes);
  });

  it("no prefix of a lawful frame is a frame or a fault", () => {
    for (const vector of vectors.valid) {
      const bytes = unhex(vector.hex);
      for (let count = 0; count < bytes.length; count++) {
        expect(decodeFrameTwin(bytes.subarray(0, count), receiver(vector.receiver))).toBeUndefined();
      }
    }
  });

  it.each(vectors.incomplete.map((vector) => [vector.name, vector] as const))("%s need more", (_, vector) => {
    expect(decodeFrameTwin(unhex(vector.hex), receiver(vector.receiver))).toBeUndefined();
  });

  it.each(vectors.invalid.map((vector) => [vector.name, vector] as const))("refuses: %s", (_, vector) => {
    let reason = "accepted";
    try {
      decodeFrameTwin(unhex(vector.hex), receiver(vector.receiver));
    } catch (error) {
      if (!(error instanceof TwinError)) throw error;
      reason = error.reason;
    }
    expect(reason).toBe(vector.reason);
  });

  it("any flipped bit of a lawful frame is noticed", () => {
    const vector = vectors.valid[0]!;
    const bytes = unhex(vector.hex);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      let accepted = false;
      try {
        // A longer announced length makes the frame incomplete; everything else has to be refused.
        accepted = decodeFrameTwin(changed, receiver(vector.receiver)) !== undefined;
      } catch (error) {
        expect(error).toBeInstanceOf(TwinError);
      }
      expect(accepted, `bit ${bit}`).toBe(false);
    }
  });
});

describe("XXH64 twin", () => {
  // From xxHash's own tests (Cyan4973/xxHash, cli/xsum_sanity_check.c): its generated buffer, lengths, seeds, results.
  const prime32 = 2654435761n;
  const buffer = new Uint8Array(222);
  for (let i = 0, state = prime32; i < buffer.length; i++) {
    buffer[i] = Number(state >> 56n);
    state = BigInt.asUintN(64, state * 11400714785074694797n);
  }

  it.each([
    [0, 0n, 0xef46db3751d8e999n],
    [0, prime32, 0xac75fda2929b17efn],
    [1, 0n, 0xe934a84adb052768n],
    [1, prime32, 0x5014607643a9b4c3n],
    [4, 0n, 0x9136a0dca57457een],
    [14, 0n, 0x8282dcc4994e35c8n],
    [14, prime32, 0xc3bd6bf63deb6df0n],
    [222, 0n, 0xb641ae8cb691c174n],
    [222, prime32, 0x20cb8ab7ae10c14an],
  ])("%i bytes, seed %i", (length, seed, expected) => {
    expect(xxh64Twin(buffer.subarray(0, length), seed)).toBe(expected);
  });
});
