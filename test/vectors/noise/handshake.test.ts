import { createCipheriv, createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import { createDaemonVerifier } from "../../../runtime/typescript/src/crypto/node/verify-daemon.js";
import { TokenLedger } from "../../../runtime/typescript/src/daemon/token-ledger.js";
import { TokenVerifier } from "../../../runtime/typescript/src/daemon/token-verifier.js";
import { DaemonHandshake } from "../../../runtime/typescript/src/session/handshake/daemon-handshake.js";
import type { SessionEntry } from "../../../runtime/typescript/src/session/handshake/entry.js";
import { PluginHandshake } from "../../../runtime/typescript/src/session/handshake/plugin-handshake.js";
import { bytes, credentialsOf, deriveHandshake, type HandshakeInput, hex, suiteWith } from "./handshake-vector.js";

interface Frame {
  readonly count: number;
  readonly header: string;
  readonly plaintext: string;
  readonly sealed: string;
}

interface Expected {
  readonly pluginStaticPublic: string;
  readonly message1: string;
  readonly message2: string;
  readonly message3: string;
  readonly handshakeHash: string;
  readonly pluginToDaemonKey: string;
  readonly daemonToPluginKey: string;
  readonly pluginToDaemonKeyAfterRekey: string;
  readonly pluginToDaemonFrames: readonly Frame[];
  readonly daemonToPluginFrames: readonly Frame[];
}

interface Vector {
  readonly name: string;
  readonly input: HandshakeInput;
  readonly expected: Expected;
}

const file = new URL("../../../golden/vectors/handshake.json", import.meta.url);
const document = JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] };

// For a deliberate change of the protocol: the inputs stay, what follows from them is written anew.
if (process.env["UPDATE_VECTORS"] === "1") {
  const vectors = document.vectors.map(({ name, input }) => ({ name, input, expected: deriveHandshake(input) }));
  writeFileSync(file, `${JSON.stringify({ ...document, vectors }, undefined, 2)}\n`);
}

test("there are handshakes with and without a channel binding", () => {
  expect(document.vectors.map(({ input }) => input.binding.length)).toEqual([0, 64, 0, 0]);
});

test("there are handshakes that open a session, join one and resume one", () => {
  expect(document.vectors.map(({ input }) => input.entry?.intent ?? 1)).toEqual([1, 1, 2, 3]);
});

function entryOf({ entry }: HandshakeInput): SessionEntry | undefined {
  return entry === undefined ? undefined : { ...entry, sessionTicket: bytes(entry.sessionTicket) };
}

describe.each(document.vectors)("$name", ({ input, expected }) => {
  const clock = { ...systemClock, unixMs: () => input.nowSeconds * 1000 };

  test("every value follows from the inputs", () => {
    expect(deriveHandshake(input)).toEqual(expected);
  });

  test("plugin and daemon say the same bytes, each accepting the other", async () => {
    const binding = bytes(input.binding);
    const pluginSuite = suiteWith(input.pluginEphemeral);
    const daemonSuite = suiteWith(input.daemonEphemeral);
    const plugin = new PluginHandshake({
      suite: pluginSuite,
      staticKey: pluginSuite.keyPair(bytes(input.pluginStatic)),
      binding,
      offer: input.pluginOffer,
      daemonId: input.daemonId,
      verifyDaemon: createDaemonVerifier({ ca: bytes(input.caCertificate), daemonId: input.daemonId, clock }),
      token: input.token,
      entry: entryOf(input),
    });
    const shown: unknown[] = [];
    const x = Buffer.from(input.tokenPublicKey, "hex").toString("base64url");
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    const verifier = new TokenVerifier({
      daemonId: input.daemonId,
      bootId: input.bootId,
      keys: [{ kid: input.tokenKeyId, publicKey, issuer: input.daemonId, kinds: ["launch"] }],
      ledger: new TokenLedger({ clock }),
      clock,
    });
    const daemon = new DaemonHandshake({
      suite: daemonSuite,
      staticKey: daemonSuite.keyPair(bytes(input.daemonStatic)),
      credentials: credentialsOf(input),
      daemonId: input.daemonId,
      binding,
      offer: input.daemonOffer,
      verifyPlugin: (token, staticKey): Promise<unknown> =>
        verifier.verify(token, { staticKey, pluginId: input.pluginId }),
      verifyTicket: (entry, staticKey) => shown.push(entry, hex(staticKey)),
    });
    const message1 = plugin.message1();
    const message2 = daemon.message1(message1);
    const message3 = plugin.message2(message2);
    const result = await daemon.message3(message3);
    expect([message1, message2, message3].map(hex)).toEqual([expected.message1, expected.message2, expected.message3]);
    expect(result.intent).toBe(input.entry?.intent ?? 1);
    expect(shown).toEqual(input.entry === undefined ? [] : [entryOf(input), expected.pluginStaticPublic]);
    expect(hex(result.handshakeHash)).toBe(expected.handshakeHash);
    expect(hex(plugin.result.handshakeHash)).toBe(expected.handshakeHash);
    for (const { header, plaintext, sealed } of expected.pluginToDaemonFrames.slice(0, 3)) {
      const frame = bytes(header + sealed);
      const end = result.receive.open(frame, 0, 36, frame.length);
      expect(hex(frame.subarray(36, end))).toBe(plaintext);
    }
    for (const { header, plaintext, sealed } of expected.daemonToPluginFrames) {
      const frame = bytes(header + plaintext + "00".repeat(16));
      result.send.seal(frame, 0, 36, frame.length - 16);
      expect(hex(frame.subarray(36))).toBe(sealed);
      plugin.result.receive.open(frame, 0, 36, frame.length);
    }
  });

  test("frames are AES-256-GCM by their count, under another key after 2^20 of them", () => {
    const frames = expected.pluginToDaemonFrames;
    expect(frames.map(({ count }) => count)).toEqual([0, 1, 2, 2 ** 20 - 1, 2 ** 20]);
    for (const { count, header, plaintext, sealed } of frames) {
      const key = count < 2 ** 20 ? expected.pluginToDaemonKey : expected.pluginToDaemonKeyAfterRekey;
      const nonce = Buffer.alloc(12);
      nonce.writeBigUInt64BE(BigInt(count), 4);
      const cipher = createCipheriv("aes-256-gcm", bytes(key), nonce);
      cipher.setAAD(bytes(header));
      expect(cipher.update(plaintext, "hex", "hex") + cipher.final("hex") + hex(cipher.getAuthTag())).toBe(sealed);
    }
    const rekey = createCipheriv("aes-256-gcm", bytes(expected.pluginToDaemonKey), bytes("00000000ffffffffffffffff"));
    expect(hex(rekey.update(new Uint8Array(32)))).toBe(expected.pluginToDaemonKeyAfterRekey);
  });
});
