import { createCipheriv } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CipherState } from "../../../runtime/typescript/src/crypto/cipher-state.js";
import { createFrameCipher, type FrameCipher } from "../../../runtime/typescript/src/crypto/frame-cipher.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const aadLength = 36;
const badSeal = expect.objectContaining({ reason: "BAD_SEAL" });

function pair(rekeyFrames?: number): { send: FrameCipher; receive: FrameCipher } {
  return {
    send: createFrameCipher(new CipherState(nodeSuite, key), "send", rekeyFrames),
    receive: createFrameCipher(new CipherState(nodeSuite, key), "receive", rekeyFrames),
  };
}

/** A header of 36 bytes, the payload, and room for the tag. */
function frame(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(aadLength + payload.length + 16);
  for (let index = 0; index < aadLength; index += 1) bytes[index] = index * 7;
  bytes.set(payload, aadLength);
  return bytes;
}

function sealed(cipher: FrameCipher, payload: Uint8Array): Uint8Array {
  const bytes = frame(payload);
  expect(cipher.seal(bytes, 0, aadLength, aadLength + payload.length)).toBe(bytes.length);
  return bytes;
}

function opened(cipher: FrameCipher, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  return copy.slice(aadLength, cipher.open(copy, 0, aadLength, copy.length));
}

/** AES-256-GCM written out once more, from the specification of the nonce. */
function reference(withKey: Uint8Array, counter: number, bytes: Uint8Array): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(counter), 4);
  const cipher = createCipheriv("aes-256-gcm", withKey, nonce);
  cipher.setAAD(bytes.subarray(0, aadLength));
  const body = cipher.update(bytes.subarray(aadLength, bytes.length - 16));
  cipher.final();
  return Buffer.concat([bytes.subarray(0, aadLength), body, cipher.getAuthTag()]);
}

describe("frame cipher", () => {
  test("payloads of any size come back, in order", () => {
    const { send, receive } = pair();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (payload) => {
        expect(opened(receive, sealed(send, payload))).toEqual(payload);
      }),
      { numRuns: 200 },
    );
  });

  test("nonce, associated data and tag are those of the protocol", () => {
    const { send } = pair();
    for (let counter = 0; counter < 3; counter += 1) {
      const payload = Uint8Array.of(1, 2, 3, counter);
      expect(Buffer.compare(sealed(send, payload), reference(key, counter, frame(payload)))).toBe(0);
    }
  });

  test("what lies before and behind a frame in its buffer stays", () => {
    const { send, receive } = pair();
    const inner = frame(Uint8Array.of(9, 9, 9));
    const arena = new Uint8Array(inner.length + 100).fill(0xaa);
    arena.set(inner, 50);
    const end = send.seal(arena, 50, 50 + aadLength, 50 + aadLength + 3);
    expect(end).toBe(50 + inner.length);
    expect(arena.subarray(0, 50).every((byte) => byte === 0xaa)).toBe(true);
    expect(arena.subarray(end).every((byte) => byte === 0xaa)).toBe(true);
    expect(arena.subarray(50, 50 + aadLength)).toEqual(inner.subarray(0, aadLength));
    expect(receive.open(arena, 50, 50 + aadLength, end)).toBe(end - 16);
    expect(arena.subarray(50 + aadLength, 50 + aadLength + 3)).toEqual(Uint8Array.of(9, 9, 9));
  });

  test("every flipped bit is found, and the bytes stay sealed", () => {
    const bytes = sealed(
      pair().send,
      Uint8Array.from({ length: 40 }, (_, index) => index),
    );
    const { receive } = pair();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const bad = bytes.slice();
      bad[bit >> 3] = bad[bit >> 3]! ^ (1 << (bit & 7));
      const before = bad.slice();
      expect(() => receive.open(bad, 0, aadLength, bad.length)).toThrow(badSeal);
      expect(bad).toEqual(before);
    }
    expect(opened(receive, bytes).length).toBe(40);
  });

  test("a frame cut short, lost, repeated or out of order is found", () => {
    const { send } = pair();
    const frames = [0, 1, 2].map((each) => sealed(send, Uint8Array.of(each)));
    const cut = frames[0]!.subarray(0, frames[0]!.length - 1);
    expect(() => opened(pair().receive, cut)).toThrow(badSeal);
    expect(() => opened(pair().receive, frames[0]!.subarray(0, aadLength + 15))).toThrow(badSeal);
    expect(() => opened(pair().receive, frames[1]!)).toThrow(badSeal);
    const { receive } = pair();
    opened(receive, frames[0]!);
    expect(() => opened(receive, frames[0]!)).toThrow(badSeal);
    expect(() => opened(receive, frames[2]!)).toThrow(badSeal);
    expect(opened(receive, frames[1]!)).toEqual(Uint8Array.of(1));
  });

  test("both sides rekey after the same number of frames, as Noise says, and the nonce goes on", () => {
    const { send, receive } = pair(3);
    // REKEY: the first 32 bytes of 32 zeros, encrypted under the nonce 2^64-1.
    const cipher = createCipheriv("aes-256-gcm", key, Buffer.from("00000000ffffffffffffffff", "hex"));
    const second = cipher.update(new Uint8Array(32));
    for (let counter = 0; counter < 20; counter += 1) {
      const payload = Uint8Array.of(counter);
      const bytes = sealed(send, payload);
      if (counter < 3) expect(Buffer.compare(bytes, reference(key, counter, frame(payload)))).toBe(0);
      else if (counter < 6) expect(Buffer.compare(bytes, reference(second, counter, frame(payload)))).toBe(0);
      expect(opened(receive, bytes)).toEqual(payload);
    }
  });

  test("sides that rekey at different times part", () => {
    const { send } = pair(2);
    const { receive } = pair(3);
    opened(receive, sealed(send, Uint8Array.of(1)));
    opened(receive, sealed(send, Uint8Array.of(2)));
    const third = sealed(send, Uint8Array.of(3));
    expect(() => opened(receive, third)).toThrow(badSeal);
  });

  test("misuse by the caller is refused before anything happens", () => {
    const { send, receive } = pair();
    const bytes = frame(Uint8Array.of(1));
    const before = bytes.slice();
    expect(() => receive.seal(bytes, 0, aadLength, aadLength + 1)).toThrow(badSeal);
    expect(() => send.open(bytes, 0, aadLength, bytes.length)).toThrow(badSeal);
    expect(() => send.seal(bytes, 0, aadLength, aadLength + 2)).toThrow(badSeal);
    expect(() => send.seal(bytes, 10, 9, aadLength)).toThrow(badSeal);
    expect(() => send.seal(bytes, -1, aadLength, aadLength)).toThrow(badSeal);
    expect(() => send.seal(bytes, 0, aadLength, aadLength - 1)).toThrow(badSeal);
    expect(() => receive.open(bytes, 0, aadLength, bytes.length + 1)).toThrow(badSeal);
    expect(bytes).toEqual(before);
    // The counters have not moved either.
    expect(opened(receive, sealed(send, Uint8Array.of(5)))).toEqual(Uint8Array.of(5));
  });
});
