import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CipherSuite } from "../../../runtime/typescript/src/crypto/cipher-suite.js";
import { HandshakeState } from "../../../runtime/typescript/src/crypto/noise.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly resp_prologue: string;
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const file = new URL("../../../golden/vectors/noise-xx.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] };

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

/** The suite with one fixed "random" value: the ephemeral key. */
const suiteWith = (ephemeral: string): CipherSuite => ({ ...nodeSuite, random: () => bytes(ephemeral) });

function stateOf(vector: Vector, initiator: boolean): HandshakeState {
  const suite = suiteWith(initiator ? vector.init_ephemeral : vector.resp_ephemeral);
  return new HandshakeState({
    suite,
    initiator,
    prologue: bytes(initiator ? vector.init_prologue : vector.resp_prologue),
    staticKey: suite.keyPair(bytes(initiator ? vector.init_static : vector.resp_static)),
  });
}

describe("public Noise vectors", () => {
  test("there are some", () => {
    expect(vectors.length).toBeGreaterThan(0);
    expect(vectors.every((vector) => vector.messages.length > 3)).toBe(true);
  });

  test.each(vectors)("$protocol_name, handshake hash $handshake_hash", (vector) => {
    const initiator = stateOf(vector, true);
    const responder = stateOf(vector, false);
    for (const [index, { payload, ciphertext }] of vector.messages.slice(0, 3).entries()) {
      const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator];
      expect(hex(writer.writeMessage(bytes(payload)))).toBe(ciphertext);
      expect(hex(reader.readMessage(bytes(ciphertext)))).toBe(payload);
    }
    expect(hex(initiator.handshakeHash)).toBe(vector.handshake_hash);
    expect(hex(responder.handshakeHash)).toBe(vector.handshake_hash);
    const sending = initiator.split();
    const receiving = responder.split();
    const none = new Uint8Array(0);
    for (const [index, { payload, ciphertext }] of vector.messages.slice(3).entries()) {
      // The fourth message is the responder's.
      const half = index % 2 === 0 ? 1 : 0;
      const [writer, reader] = half === 1 ? [receiving, sending] : [sending, receiving];
      expect(hex(writer[half].encryptWithAd(none, bytes(payload)))).toBe(ciphertext);
      expect(hex(reader[half].decryptWithAd(none, bytes(ciphertext)))).toBe(payload);
    }
  });
});
