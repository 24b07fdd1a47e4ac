import { generateKeyPairSync, KeyObject, sign } from "node:crypto";
import { systemClock } from "../../../../runtime/typescript/src/clock/clock.js";
import type { CipherSuite, DhKeyPair } from "../../../../runtime/typescript/src/crypto/cipher-suite.js";
import type { FrameCipher } from "../../../../runtime/typescript/src/crypto/frame-cipher.js";
import { type DaemonCredentials, keyStatement } from "../../../../runtime/typescript/src/crypto/identity.js";
import { nodeSuite } from "../../../../runtime/typescript/src/crypto/node/node-suite.js";
import { createDaemonVerifier } from "../../../../runtime/typescript/src/crypto/node/verify-daemon.js";
import { TokenIssuer } from "../../../../runtime/typescript/src/daemon/token.js";
import { TokenLedger } from "../../../../runtime/typescript/src/daemon/token-ledger.js";
import {
  ownTrustedKey,
  TokenVerifier,
  type VerifiedToken,
} from "../../../../runtime/typescript/src/daemon/token-verifier.js";
import { DaemonHandshake } from "../../../../runtime/typescript/src/session/handshake/daemon-handshake.js";
import type { Offer } from "../../../../runtime/typescript/src/session/handshake/offer.js";
import { PluginHandshake } from "../../../../runtime/typescript/src/session/handshake/plugin-handshake.js";
import { type Certified, certifyAuthority, certifyDaemon } from "../../crypto/certificates.js";

export const nowMs: number = Date.UTC(2026, 0, 15);
export const daemonId = "knowledge-abcdefghijklmnop";
export const pluginId = "search";
export const offer: Offer = { protocolVersions: [1], features: ["credit", "events"], productVersion: "1.2.3" };

const bootId = "boot";
const clock = { ...systemClock, unixMs: () => nowMs };
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const tokenKey = { kid: "key", privateKey, publicKey };

/** A daemon and a plugin launched by it, with real certificates and tokens, as they stand before a handshake. */
export interface Parties {
  readonly authority: Certified;
  readonly daemonKey: DhKeyPair;
  readonly pluginKey: DhKeyPair;
  readonly credentials: DaemonCredentials;
  readonly token: string;
  readonly verifier: TokenVerifier;
}

export async function createParties(): Promise<Parties> {
  const authority = await certifyAuthority(nowMs);
  const leaf = await certifyDaemon(nowMs, authority, daemonId);
  const daemonKey = nodeSuite.keyPair(nodeSuite.random(32));
  const pluginKey = nodeSuite.keyPair(nodeSuite.random(32));
  const issuer = new TokenIssuer({ daemonId, bootId, key: tokenKey, clock });
  const keys = [ownTrustedKey(daemonId, tokenKey)];
  return {
    authority,
    daemonKey,
    pluginKey,
    credentials: vouch(leaf, daemonKey.publicKey),
    token: await issuer.issue({ pluginId, staticKey: pluginKey.publicKey }),
    verifier: new TokenVerifier({ daemonId, bootId, keys, ledger: new TokenLedger({ clock }), clock }),
  };
}

/** What a daemon with this leaf shows for its Noise key. */
export function vouch(leaf: Certified, staticKey: Uint8Array): DaemonCredentials {
  const notAfter = BigInt(nowMs / 1000 + 3600);
  const keySignature = sign(
    "sha256",
    keyStatement(daemonId, notAfter, staticKey),
    KeyObject.from(leaf.keys.privateKey),
  );
  return { certificateChain: [leaf.der], notAfter, keySignature };
}

/** How a side differs from what it should be. */
export interface SideOptions {
  readonly suite?: CipherSuite;
  readonly binding?: Uint8Array;
  readonly offer?: Offer;
  readonly daemonId?: string;
  readonly token?: string;
  readonly credentials?: DaemonCredentials;
  readonly staticKey?: DhKeyPair;
}

export function pluginSide(parties: Parties, options: SideOptions = {}): PluginHandshake {
  return new PluginHandshake({
    suite: nodeSuite,
    staticKey: parties.pluginKey,
    binding: new Uint8Array(0),
    offer,
    daemonId,
    verifyDaemon: createDaemonVerifier({ ca: parties.authority.der, daemonId, clock }),
    token: parties.token,
    ...options,
  });
}

export function daemonSide(parties: Parties, options: SideOptions = {}): DaemonHandshake<VerifiedToken> {
  return new DaemonHandshake({
    suite: nodeSuite,
    staticKey: parties.daemonKey,
    credentials: parties.credentials,
    daemonId,
    binding: new Uint8Array(0),
    offer,
    verifyPlugin: (token, staticKey) => parties.verifier.verify(token, { staticKey, pluginId }),
    ...options,
  });
}

/** Seals a payload with one cipher and opens it with the other. */
export function carry(send: FrameCipher, receive: FrameCipher, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(36 + payload.length + 16);
  bytes.set(payload, 36);
  const end = send.seal(bytes, 0, 36, 36 + payload.length);
  return bytes.slice(36, receive.open(bytes, 0, 36, end));
}
