import type { CipherSuite } from "../../../runtime/typescript/src/crypto/cipher-suite.js";
import { CipherState } from "../../../runtime/typescript/src/crypto/cipher-state.js";
import { createFrameCipher, defaultRekeyFrames } from "../../../runtime/typescript/src/crypto/frame-cipher.js";
import { type DaemonCredentials, keyStatement } from "../../../runtime/typescript/src/crypto/identity.js";
import { HandshakeState } from "../../../runtime/typescript/src/crypto/noise.js";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import {
  encodeDaemonHello,
  encodePluginHello,
  encodePluginProof,
  Intent,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import { negotiate, type Offer } from "../../../runtime/typescript/src/session/handshake/offer.js";
import { prologueOf } from "../../../runtime/typescript/src/session/handshake/payload.js";

/** What a handshake of golden/vectors/handshake.json starts from. Bytes are hex, keys private unless they say otherwise. */
export interface HandshakeInput {
  readonly nowSeconds: number;
  readonly binding: string;
  readonly daemonId: string;
  readonly bootId: string;
  readonly pluginId: string;
  readonly pluginStatic: string;
  readonly pluginEphemeral: string;
  readonly daemonStatic: string;
  readonly daemonEphemeral: string;
  readonly pluginOffer: Offer;
  readonly daemonOffer: Offer;
  readonly caCertificate: string;
  readonly leafCertificate: string;
  readonly notAfter: number;
  readonly keySignature: string;
  readonly tokenKeyId: string;
  readonly tokenPublicKey: string;
  readonly token: string;
  /** What is shown in place of the token where a session is entered: 2 for JOIN, 3 for RESUME. */
  readonly entry?: { readonly intent: 2 | 3; readonly sessionTicket: string };
}

export const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
export const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

/** The suite with one fixed "random" value, the ephemeral key; every AES key that is used goes to `keys`. */
export function suiteWith(ephemeral: string, keys: string[] = []): CipherSuite {
  return {
    ...nodeSuite,
    random: () => bytes(ephemeral),
    aeadKey: (key) => {
      keys.push(hex(key));
      return nodeSuite.aeadKey(key);
    },
  };
}

export function credentialsOf(input: HandshakeInput): DaemonCredentials {
  return {
    certificateChain: [bytes(input.leafCertificate)],
    notAfter: BigInt(input.notAfter),
    keySignature: bytes(input.keySignature),
  };
}

/** Everything that follows from the input, each step by itself, in hex. */
export function deriveHandshake(input: HandshakeInput): Record<string, unknown> {
  const keys: string[] = [];
  const prologue = prologueOf(bytes(input.binding));
  const pluginSuite = suiteWith(input.pluginEphemeral, keys);
  const daemonSuite = suiteWith(input.daemonEphemeral);
  const pluginStatic = pluginSuite.keyPair(bytes(input.pluginStatic));
  const daemonStatic = daemonSuite.keyPair(bytes(input.daemonStatic));
  const plugin = new HandshakeState({ suite: pluginSuite, initiator: true, prologue, staticKey: pluginStatic });
  const daemon = new HandshakeState({ suite: daemonSuite, initiator: false, prologue, staticKey: daemonStatic });

  const choice = negotiate(input.pluginOffer, input.daemonOffer, []);
  const payload1 = encodePluginHello({ ...input.pluginOffer, daemonId: input.daemonId });
  const payload2 = encodeDaemonHello({
    ...input.daemonOffer,
    ...credentialsOf(input),
    chosenProtocolVersion: choice.protocolVersion,
    chosenFeatures: choice.features,
  });
  const { entry } = input;
  const payload3 = encodePluginProof(
    entry === undefined
      ? { intent: Intent.NEW, token: input.token }
      : { intent: entry.intent, sessionTicket: bytes(entry.sessionTicket) },
  );
  const message1 = plugin.writeMessage(payload1);
  daemon.readMessage(message1);
  const message2 = daemon.writeMessage(payload2);
  plugin.readMessage(message2);
  const message3 = plugin.writeMessage(payload3);
  daemon.readMessage(message3);
  plugin.split();
  const [pluginKey, daemonKey] = keys.slice(-2) as [string, string];
  return {
    prologue: hex(prologue),
    pluginStaticPublic: hex(pluginStatic.publicKey),
    daemonStaticPublic: hex(daemonStatic.publicKey),
    keyStatement: hex(keyStatement(input.daemonId, BigInt(input.notAfter), daemonStatic.publicKey)),
    chosenProtocolVersion: choice.protocolVersion,
    chosenFeatures: choice.features,
    payload1: hex(payload1),
    message1: hex(message1),
    payload2: hex(payload2),
    message2: hex(message2),
    payload3: hex(payload3),
    message3: hex(message3),
    handshakeHash: hex(plugin.handshakeHash),
    pluginToDaemonKey: pluginKey,
    daemonToPluginKey: daemonKey,
    pluginToDaemonFrames: sealFrames(pluginKey, 0x10, [0, 1, 2, defaultRekeyFrames - 1, defaultRekeyFrames]),
    daemonToPluginFrames: sealFrames(daemonKey, 0x04, [0, 1]),
    pluginToDaemonKeyAfterRekey: rekeyed(pluginKey),
  };
}

/** Frames of one direction at the counts asked for; those between them are counted, not sealed. */
function sealFrames(key: string, type: number, counts: readonly number[]): unknown[] {
  const wanted = new Set(counts);
  const suite: CipherSuite = {
    ...nodeSuite,
    aeadKey: (raw) => {
      const real = nodeSuite.aeadKey(raw);
      return {
        open: real.open.bind(real),
        seal: (nonce, ad, into, start, end) => {
          // The rekey's own nonce, 2^64-1, is no count of a frame.
          const count = Number(new DataView(nonce.buffer).getBigUint64(4));
          if (wanted.has(count) || count > Number.MAX_SAFE_INTEGER) real.seal(nonce, ad, into, start, end);
        },
      };
    },
  };
  const cipher = createFrameCipher(new CipherState(suite, bytes(key)), "send");
  const last = Math.max(...counts);
  const frames: unknown[] = [];
  const skipped = new Uint8Array(52);
  for (let count = 0; count <= last; count += 1) {
    if (!wanted.has(count)) {
      cipher.seal(skipped, 0, 36, 36);
      continue;
    }
    const plaintext = new TextEncoder().encode(`frame ${count}`);
    const frame = new Uint8Array(36 + plaintext.length + 16);
    const header = new DataView(frame.buffer);
    header.setUint8(0, 1);
    header.setUint8(1, type);
    header.setUint16(2, 0x0002);
    header.setUint32(32, plaintext.length + 16);
    frame.set(plaintext, 36);
    cipher.seal(frame, 0, 36, 36 + plaintext.length);
    frames.push({
      count,
      header: hex(frame.subarray(0, 36)),
      plaintext: hex(plaintext),
      sealed: hex(frame.subarray(36)),
    });
  }
  return frames;
}

function rekeyed(key: string): string {
  const keys: string[] = [];
  new CipherState(suiteWith("", keys), bytes(key)).rekey();
  return keys.at(-1) ?? "";
}
