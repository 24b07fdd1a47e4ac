import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { X509Certificate } from "node:crypto";
import { type Clock, systemClock } from "../clock/clock.js";
import { isDaemonId, keyStatement } from "../crypto/identity.js";
import { createDaemonVerifier } from "../crypto/node/verify-daemon.js";
import { CrucibleError } from "../error/index.js";
import { type Certified, createAuthorityCertificate, createLeafCertificate } from "./authority-certificates.js";
import { okpThumbprint } from "./token-thumbprint.js";

/** What an authority is, as it lies in its file. All of it is secret but the id and the certificates. */
export interface AuthorityState {
  readonly format: 1;
  readonly daemonId: string;
  readonly ca: Certified;
  readonly leaf: Certified;
  /** Ed25519, PKCS #8 in PEM; signs this daemon's tokens. */
  readonly tokenKey: string;
}

/** Makes a new authority for a daemon of this name. */
export function createState(name: string, nowMs: number): AuthorityState {
  const daemonId = `${name}-${base32(randomBytes(10))}`;
  const ca = createAuthorityCertificate(daemonId, nowMs);
  const leaf = createLeafCertificate(ca, daemonId, nowMs);
  const { privateKey } = generateKeyPairSync("ed25519");
  return { format: 1, daemonId, ca, leaf, tokenKey: privateKey.export({ format: "pem", type: "pkcs8" }) as string };
}

/** The file's text. */
export function serializeState(state: AuthorityState): string {
  return `${JSON.stringify(state, undefined, 2)}\n`;
}

/**
 * Reads the file's text, and makes sure that all its parts belong together: dates alone are not judged.
 *
 * @throws CrucibleError AUTHORITY_INVALID; `path` is for its message.
 */
export function parseState(path: string, text: string): AuthorityState {
  try {
    const state: unknown = JSON.parse(text);
    if (!isState(state)) throw new Error("fields are missing or of another format");
    assertCoherent(state);
    return state;
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message.replaceAll(/\s+/g, " ") : String(cause);
    const next = "restore it from a backup, or delete it: the daemon then gets a new identity";
    throw new CrucibleError("AUTHORITY_INVALID", `the daemon's authority: ${path} is corrupt (${fact}): ${next}`, {
      cause,
    });
  }
}

/** The key that signs this daemon's tokens. */
export interface TokenKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The signing key in an Ed25519 key in PEM. Throws when it is none. */
export function parseTokenKey(pem: string): TokenKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== "ed25519") throw new Error("the token key is not Ed25519");
  const publicKey = createPublicKey(privateKey);
  const { x = "" } = publicKey.export({ format: "jwk" });
  return { kid: okpThumbprint("Ed25519", Buffer.from(x, "base64url")), privateKey, publicKey };
}

function isState(value: unknown): value is AuthorityState {
  if (!isRecord(value)) return false;
  const { format, daemonId, ca, leaf, tokenKey } = value as Partial<Record<keyof AuthorityState, unknown>>;
  return (
    format === 1 && typeof daemonId === "string" && isCertified(ca) && isCertified(leaf) && typeof tokenKey === "string"
  );
}

function isCertified(value: unknown): value is Certified {
  if (!isRecord(value)) return false;
  const { certificate, privateKey } = value as Partial<Record<keyof Certified, unknown>>;
  return typeof certificate === "string" && typeof privateKey === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Judges the state by what a plugin will ask of it: a statement signed now has to pass the plugin's own check. */
function assertCoherent(state: AuthorityState): void {
  const { daemonId } = state;
  if (!isDaemonId(daemonId)) throw new Error("the daemon id has no valid form");
  parseTokenKey(state.tokenKey);
  const ca = new X509Certificate(state.ca.certificate);
  if (!ca.checkPrivateKey(createPrivateKey(state.ca.privateKey))) throw new Error("the authority's key is not its own");
  const leaf = new X509Certificate(state.leaf.certificate);
  const validMs = Math.max(Date.parse(ca.validFrom), Date.parse(leaf.validFrom));
  const clock: Clock = { ...systemClock, unixMs: () => validMs };
  const notAfter = BigInt(Math.floor(validMs / 1000));
  const staticKey = new Uint8Array(32);
  const keySignature = sign("sha256", keyStatement(daemonId, notAfter, staticKey), state.leaf.privateKey);
  const verify = createDaemonVerifier({ ca: state.ca.certificate, daemonId, clock });
  verify({ certificateChain: [leaf.raw], notAfter, keySignature }, staticKey);
}

/** RFC 4648 base32 in lower case; 10 bytes give 16 characters without padding. */
function base32(bytes: Uint8Array): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replaceAll(/[01]{5}/g, (five) => alphabet[Number.parseInt(five, 2)] ?? "");
}
