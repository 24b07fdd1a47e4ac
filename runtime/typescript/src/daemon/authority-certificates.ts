import type { Buffer } from "node:buffer";
import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  X509Certificate,
} from "node:crypto";
import { clientAuth, daemonUri, pluginUri, serverAuth } from "../crypto/identity.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  makeCertificate,
  nameOf,
  subjectAlternativeName,
  subjectKeyIdentifier,
  subjectOf,
} from "./certificate.js";

/** A certificate and its private key, both PEM; the key as PKCS #8. */
export interface Certified {
  readonly certificate: string;
  readonly privateKey: string;
}

const dayMs = 86_400_000;
/** How long a new authority is valid. */
export const authorityLifetimeMs: number = 20 * 365 * dayMs;
/** How long a new leaf is valid, of the daemon or of a plugin. */
export const leafLifetimeMs: number = 365 * dayMs;
/** A leaf is renewed when it has less than this left. */
export const leafRenewalMs: number = 30 * dayMs;
/**
 * Certificates are valid from this much before they are made, so that clocks may differ. An authority's more: it cannot
 * be renewed when the clock it was made by turns out to have been in another time zone.
 */
const leafBackdateMs = 3_600_000;
const authorityBackdateMs = dayMs;

/** Makes the self-signed certificate (CA:TRUE, no intermediates below it) of a new authority; ECDSA P-256. */
export function createAuthorityCertificate(daemonId: string, nowMs: number): Certified {
  const { privateKey, publicKey } = newKey();
  const name = nameOf("crucible authority", daemonId);
  const content = {
    issuer: name,
    subject: name,
    notBeforeMs: nowMs - authorityBackdateMs,
    notAfterMs: nowMs + authorityLifetimeMs,
    publicKey,
    extensions: [basicConstraints(true), keyUsage(true), subjectKeyIdentifier(publicKey)],
  };
  return { certificate: makeCertificate(content, privateKey), privateKey: pemOf(privateKey) };
}

/** Makes a leaf for the daemon, issued by `authority` and never valid longer than it; ECDSA P-256. */
export function createLeafCertificate(authority: Certified, daemonId: string, nowMs: number): Certified {
  const subject = { name: nameOf("crucible daemon", daemonId), uri: daemonUri(daemonId) };
  return createLeaf(authority, { ...subject, usage: serverAuth }, nowMs);
}

/** Makes a leaf for a plugin, for TLS; as the daemon's, but for its name and what it is good for. */
export function createPluginCertificate(authority: Certified, pluginId: string, nowMs: number): Certified {
  const subject = { name: nameOf("crucible plugin", pluginId), uri: pluginUri(pluginId) };
  return createLeaf(authority, { ...subject, usage: clientAuth }, nowMs);
}

interface LeafSubject {
  /** DER. */
  readonly name: Buffer;
  readonly uri: string;
  /** Its extended key usage. */
  readonly usage: string;
}

function createLeaf(authority: Certified, { name, uri, usage }: LeafSubject, nowMs: number): Certified {
  const { privateKey, publicKey } = newKey();
  const issuer = new X509Certificate(authority.certificate);
  const content = {
    issuer: subjectOf(issuer),
    subject: name,
    notBeforeMs: nowMs - leafBackdateMs,
    notAfterMs: Math.min(nowMs + leafLifetimeMs, Date.parse(issuer.validTo)),
    publicKey,
    extensions: [
      basicConstraints(false),
      keyUsage(false),
      extendedKeyUsage(usage),
      subjectAlternativeName(uri),
      authorityKeyIdentifier(issuer),
      subjectKeyIdentifier(publicKey),
    ],
  };
  const certificate = makeCertificate(content, createPrivateKey(authority.privateKey));
  return { certificate, privateKey: pemOf(privateKey) };
}

/**
 * Whether a leaf should be replaced: expired, not valid yet, or not valid for much longer although its authority is.
 *
 * @param authorityEndsMs when the authority expires, Unix milliseconds.
 */
export function isRenewalDue(leaf: X509Certificate, authorityEndsMs: number, nowMs: number): boolean {
  const endsMs = Date.parse(leaf.validTo);
  if (nowMs < Date.parse(leaf.validFrom) || nowMs > endsMs) return true;
  return nowMs > endsMs - leafRenewalMs && endsMs < authorityEndsMs;
}

function newKey(): KeyPairKeyObjectResult {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ format: "pem", type: "pkcs8" }) as string;
}
