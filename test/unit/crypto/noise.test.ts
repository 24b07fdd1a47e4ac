import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CipherSuite, DhKeyPair } from "../../../runtime/typescript/src/crypto/cipher-suite.js";
import { HandshakeState, maxNoiseMessageBytes } from "../../../runtime/typescript/src/crypto/noise.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";

const prologue = new TextEncoder().encode("test");
const none = new Uint8Array(0);
const failed = expect.objectContaining({ reason: "HANDSHAKE_FAILED" });
const reflected = expect.objectContaining({ reason: "REFLECTION" });

const newPair = (): DhKeyPair => nodeSuite.keyPair(nodeSuite.random(32));

interface Sides {
  readonly initiator: HandshakeState;
  readonly responder: HandshakeState;
}

interface SideOptions {
  readonly suite?: CipherSuite;
  readonly initiatorKey?: DhKeyPair;
  readonly responderKey?: DhKeyPair;
  readonly responderPrologue?: Uint8Array;
}

function sides(options: SideOptions = {}): Sides {
  const { suite = nodeSuite, initiatorKey = newPair(), responderKey = newPair() } = options;
  return {
    initiator: new HandshakeState({ suite, initiator: true, prologue, staticKey: initiatorKey }),
    responder: new HandshakeState({
      suite,
      initiator: false,
      prologue: options.responderPrologue ?? prologue,
      staticKey: responderKey,
    }),
  };
}

/** Runs a handshake, each message changed on its way. Returns the payloads as they were read. */
function run(
  { initiator, responder }: Sides,
  tamper: (message: Uint8Array, index: number) => Uint8Array,
): Uint8Array[] {
  return payloads.map((payload, index) => {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator];
    return reader.readMessage(tamper(writer.writeMessage(payload), index));
  });
}

/** The reason of the CrucibleError that `action` throws; anything else that it throws goes on. */
function reasonOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CrucibleError) return error.reason;
    throw error;
  }
  return "nothing was thrown";
}

const payloads = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3, 3, 3)];
const same = (message: Uint8Array): Uint8Array => message;

describe("Noise XX", () => {
  test("both sides learn each other's keys and payloads, and share keys", () => {
    const initiatorKey = newPair();
    const responderKey = newPair();
    const both = sides({ initiatorKey, responderKey });
    expect(run(both, same)).toEqual(payloads);
    expect(both.initiator.remoteStaticKey).toEqual(responderKey.publicKey);
    expect(both.responder.remoteStaticKey).toEqual(initiatorKey.publicKey);
    expect(both.initiator.handshakeHash).toEqual(both.responder.handshakeHash);
    const [first, second] = both.initiator.split();
    const [theirFirst, theirSecond] = both.responder.split();
    expect(theirFirst.decryptWithAd(none, first.encryptWithAd(none, prologue))).toEqual(prologue);
    expect(second.decryptWithAd(none, theirSecond.encryptWithAd(none, prologue))).toEqual(prologue);
    expect(() => second.decryptWithAd(none, first.encryptWithAd(none, prologue))).toThrow(CrucibleError);
  });

  test("messages may be Buffers, which stay as they are and may be used again at once", () => {
    const both = sides();
    const reuse: Buffer[] = [];
    const asBuffer = (message: Uint8Array): Uint8Array => {
      for (const used of reuse) used.fill(0xff);
      reuse.push(Buffer.from(message));
      return reuse.at(-1)!;
    };
    const read = payloads.map((payload, index) => {
      const [writer, reader] = index % 2 === 0 ? [both.initiator, both.responder] : [both.responder, both.initiator];
      const message = asBuffer(writer.writeMessage(Buffer.from(payload)));
      const before = Buffer.from(message);
      const result = reader.readMessage(message);
      expect(before.equals(message)).toBe(true);
      return result;
    });
    asBuffer(none);
    expect(read.map((payload) => [...payload])).toEqual(payloads.map((payload) => [...payload]));
    expect(both.initiator.handshakeHash).toEqual(both.responder.handshakeHash);
    const [first] = both.initiator.split();
    const sealed = Buffer.from(first.encryptWithAd(none, prologue));
    const kept = Buffer.from(sealed);
    expect(both.responder.split()[0].decryptWithAd(none, sealed)).toEqual(prologue);
    expect(sealed.equals(kept)).toBe(true);
  });

  test("a bit flipped anywhere in any message ends the handshake", () => {
    for (const target of [0, 1, 2]) {
      const length = [33, 98, 67][target]!;
      fc.assert(
        fc.property(fc.integer({ min: 0, max: length * 8 - 1 }), (bit) => {
          const both = sides();
          const flip = (message: Uint8Array, index: number): Uint8Array => {
            if (index !== target) return message;
            expect(message.length).toBe(length);
            const bad = message.slice();
            bad[bit >> 3] = bad[bit >> 3]! ^ (1 << (bit & 7));
            return bad;
          };
          // X25519 ignores the top bit of a key, and message 1 has no tag: the running hash finds it one message later.
          expect(reasonOf(() => run(both, flip))).toBe("HANDSHAKE_FAILED");
          expect(() => both.responder.split()).toThrow(failed);
        }),
        { numRuns: 150 },
      );
    }
  });

  test("messages cut anywhere end the handshake", () => {
    for (const target of [0, 1, 2]) {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: [32, 97, 66][target]! }), (length) => {
          const both = sides();
          const cut = (message: Uint8Array, index: number): Uint8Array =>
            index === target ? message.slice(0, length) : message;
          expect(reasonOf(() => run(both, cut))).toBe("HANDSHAKE_FAILED");
          expect(() => both.responder.split()).toThrow(failed);
        }),
        { numRuns: 60 },
      );
    }
  });

  test("random bytes as any message give one clear error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, initiator) => {
        const state = initiator ? sides().initiator : sides().responder;
        if (initiator) state.writeMessage(none);
        try {
          state.readMessage(bytes);
          // Message 1 has no secret: any 32 bytes are a key, the rest a payload.
          expect(initiator).toBe(false);
          expect(bytes.length).toBeGreaterThanOrEqual(32);
        } catch (error) {
          expect(error).toEqual(failed);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("different prologues do not meet", () => {
    const both = sides({ responderPrologue: none });
    expect(() => run(both, same)).toThrow(failed);
  });

  test("keys of low order are refused", () => {
    const { responder } = sides();
    const message = new Uint8Array(33);
    responder.readMessage(message);
    expect(() => responder.writeMessage(none)).toThrow(failed);
  });

  test("our own ephemeral or static key coming back is a reflection", () => {
    const { initiator } = sides();
    const message1 = initiator.writeMessage(payloads[0]!);
    const echoed = new Uint8Array(200);
    echoed.set(message1.subarray(0, 32));
    expect(() => initiator.readMessage(echoed)).toThrow(reflected);
    const own = newPair();
    // The responder holds the initiator's own static key, as if its messages came back through another connection.
    expect(() => run(sides({ initiatorKey: own, responderKey: own }), same)).toThrow(reflected);
    const asEphemeral = sides({ initiatorKey: own }).initiator;
    asEphemeral.writeMessage(none);
    const message2 = new Uint8Array(200);
    message2.set(own.publicKey);
    expect(() => asEphemeral.readMessage(message2)).toThrow(reflected);
    expect(() => sides({ responderKey: own }).responder.readMessage(own.publicKey)).toThrow(reflected);
  });

  test("after a reflection even a good message is refused", () => {
    const own = newPair();
    const { initiator, responder } = sides({ responderKey: own });
    expect(() => responder.readMessage(own.publicKey)).toThrow(reflected);
    const message1 = initiator.writeMessage(none);
    expect(() => responder.readMessage(message1)).toThrow(failed);
  });

  test("a peer that uses one key for everything is refused where we hold it too", () => {
    const fixed = nodeSuite.random(32);
    const both = sides({ suite: { ...nodeSuite, random: () => fixed } });
    // Both draw the same ephemeral key: to the initiator it is its own coming back.
    expect(() => run(both, same)).toThrow(reflected);
  });

  test("messages out of turn, and anything after an error, are refused", () => {
    const { initiator, responder } = sides();
    expect(() => responder.writeMessage(none)).toThrow(failed);
    expect(() => responder.split()).toThrow(failed);
    expect(() => responder.remoteStaticKey).toThrow(failed);
    const message1 = initiator.writeMessage(none);
    expect(() => initiator.writeMessage(none)).toThrow(failed);
    expect(() => initiator.readMessage(new Uint8Array(96))).toThrow(failed);
    const fresh = sides().responder;
    fresh.readMessage(message1);
    fresh.writeMessage(none);
    expect(() => fresh.readMessage(new Uint8Array(64))).toThrow(failed);
    expect(() => fresh.readMessage(new Uint8Array(64))).toThrow(failed);
  });

  test("no message exceeds 65,535 bytes", () => {
    const most = new Uint8Array(maxNoiseMessageBytes - 32);
    const both = sides();
    expect(both.responder.readMessage(both.initiator.writeMessage(most))).toEqual(most);
    expect(() => sides().initiator.writeMessage(new Uint8Array(most.length + 1))).toThrow(failed);
    expect(() => sides().responder.readMessage(new Uint8Array(maxNoiseMessageBytes + 1))).toThrow(failed);
  });
});
