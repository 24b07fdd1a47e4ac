import { createPrivateKey, generateKeyPairSync, randomBytes, webcrypto, type X509Certificate } from "node:crypto";
import { clientAuth, daemonUri, pluginUri, serverAuth } from "../crypto/identity.js";

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

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** @peculiar/x509 takes a quarter of a second to load: only for a new authority or leaf. It wants Reflect metadata first. */
async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

/** Makes the self-signed certificate (CA:TRUE, no intermediates below it) of a new authority; ECDSA P-256. */
export async function createAuthorityCertificate(daemonId: string, nowMs: number): Promise<Certified> {
  const x509 = await loadX509();
  const privateKey = newKey();
  const keys = await importKeys(privateKey);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ O: ["crucible authority"] }, { CN: [daemonId] }],
    notBefore: new Date(nowMs - authorityBackdateMs),
    notAfter: new Date(nowMs + authorityLifetimeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey };
}

/** Makes a leaf for the daemon, issued by `authority` and never valid longer than it; ECDSA P-256. */
export function createLeafCertificate(authority: Certified, daemonId: string, nowMs: number): Promise<Certified> {
  const subject = { organization: "crucible daemon", commonName: daemonId, uri: daemonUri(daemonId) };
  return createLeaf(authority, { ...subject, usage: serverAuth }, nowMs);
}

/** Makes a leaf for a plugin, for TLS; as the daemon's, but for its name and what it is good for. */
export function createPluginCertificate(authority: Certified, pluginId: string, nowMs: number): Promise<Certified> {
  const subject = { organization: "crucible plugin", commonName: pluginId, uri: pluginUri(pluginId) };
  return createLeaf(authority, { ...subject, usage: clientAuth }, nowMs);
}

interface LeafSubject {
  readonly organization: string;
  readonly commonName: string;
  readonly uri: string;
  /** Its extended key usage. */
  readonly usage: string;
}

async function createLeaf(
  authority: Certified,
  { organization, commonName, uri, usage }: LeafSubject,
  nowMs: number,
): Promise<Certified> {
  const x509 = await loadX509();
  const privateKey = newKey();
  const keys = await importKeys(privateKey);
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ O: [organization] }, { CN: [commonName] }],
    issuer: issuer.subjectName,
    notBefore: new Date(nowMs - leafBackdateMs),
    notAfter: new Date(Math.min(nowMs + leafLifetimeMs, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: (await importKeys(authority.privateKey)).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: uri }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey };
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

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "pem", type: "pkcs8" }) as string;
}

async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const key = createPrivateKey(pem);
  const { kty, crv, x, y } = key.export({ format: "jwk" });
  const pkcs8 = key.export({ format: "der", type: "pkcs8" });
  return {
    privateKey: await subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
    publicKey: await subtle.importKey("jwk", { kty, crv, x, y } as webcrypto.JsonWebKey, algorithm, true, ["verify"]),
  };
}

/** 16 random bytes in hex; the first bit is clear, since serial numbers are positive. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
