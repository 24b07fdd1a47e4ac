import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { daemonUri, serverAuth } from "../../../runtime/typescript/src/crypto/identity.js";

x509.cryptoProvider.set(webcrypto);

/** Loaded in the order it wants: after Reflect metadata. */
export { x509 };

/** A certificate and its keys. */
export interface Certified {
  readonly der: Uint8Array;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly name: string;
}

/** How a test's certificate differs from a good one. */
export interface Difference {
  readonly name?: string;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly ca?: boolean;
  readonly basicConstraints?: boolean;
  readonly keyUsage?: number;
  readonly usages?: readonly string[];
  readonly names?: readonly x509.JsonGeneralName[];
  readonly algorithm?: { readonly name: string; readonly namedCurve?: string; readonly hash?: string };
}

export const p256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;

/** A certificate of whatever kind, signed by `issuer` or, when there is none, by itself. */
export async function certify(
  nowMs: number,
  issuer: Certified | undefined,
  difference: Difference,
): Promise<Certified> {
  const algorithm = difference.algorithm ?? p256;
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const name = difference.name ?? "CN=test";
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "0101",
    subject: name,
    issuer: issuer?.name ?? name,
    notBefore: new Date(difference.notBeforeMs ?? nowMs - dayMs),
    notAfter: new Date(difference.notAfterMs ?? nowMs + dayMs),
    signingAlgorithm: issuer === undefined ? algorithm : p256,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      ...(difference.basicConstraints === false
        ? []
        : [new x509.BasicConstraintsExtension(difference.ca ?? false, undefined, true)]),
      new x509.KeyUsagesExtension(difference.keyUsage ?? x509.KeyUsageFlags.digitalSignature, true),
      ...(difference.usages === undefined ? [] : [new x509.ExtendedKeyUsageExtension([...difference.usages])]),
      ...(difference.names === undefined ? [] : [new x509.SubjectAlternativeNameExtension([...difference.names])]),
    ],
  });
  return { der: new Uint8Array(certificate.rawData), keys, name };
}

/** An authority. */
export function certifyAuthority(nowMs: number, difference: Difference = {}): Promise<Certified> {
  const keyUsage = x509.KeyUsageFlags.keyCertSign;
  return certify(nowMs, undefined, { name: "CN=authority", ca: true, keyUsage, ...difference });
}

/** A daemon's leaf, good but for the difference. */
export function certifyDaemon(
  nowMs: number,
  issuer: Certified,
  daemonId: string,
  difference: Difference = {},
): Promise<Certified> {
  const names = [{ type: "url", value: daemonUri(daemonId) }] as const;
  return certify(nowMs, issuer, { name: "CN=daemon", usages: [serverAuth], names, ...difference });
}
