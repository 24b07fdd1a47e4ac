// Held against OpenSSL's answers, which Node gives, and against what another implementation reads and makes.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import {
  authorityLifetimeMs,
  type Certified,
  createAuthorityCertificate,
  createLeafCertificate,
  createPluginCertificate,
  leafLifetimeMs,
} from "../../../../runtime/typescript/src/daemon/authority-certificates.js";
import { x509 } from "../../crypto/certificates.js";

const nowMs = Date.UTC(2026, 10, 30, 12, 34, 56, 789);
const second = (ms: number): number => Math.floor(ms / 1000) * 1000;
const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags;

function read({ certificate, privateKey }: Certified): { openssl: X509Certificate; other: x509.X509Certificate } {
  const openssl = new X509Certificate(certificate);
  expect(openssl.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
  const other = new x509.X509Certificate(certificate);
  // All of it was read: written again, it is the same.
  expect(Buffer.from(other.rawData)).toEqual(openssl.raw);
  expect(other.serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/);
  return { openssl, other };
}

test("an authority signs itself and certificates, and has none below it", async () => {
  const { openssl, other } = read(createAuthorityCertificate("garden-abc", nowMs));
  expect(openssl.ca).toBe(true);
  expect(openssl.checkIssued(openssl) && openssl.verify(openssl.publicKey)).toBe(true);
  expect(await other.isSelfSigned()).toBe(true);
  expect(openssl.subject).toBe("O=crucible authority\nCN=garden-abc");
  expect(openssl.issuer).toBe(openssl.subject);
  expect(other.notBefore.getTime()).toBe(second(nowMs - 86_400_000));
  expect(other.notAfter.getTime()).toBe(second(nowMs + authorityLifetimeMs));
  expect(other.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: true, pathLength: 0, critical: true });
  expect(other.getExtension(x509.KeyUsagesExtension)).toMatchObject({ usages: keyCertSign | cRLSign, critical: true });
  const expected = await x509.SubjectKeyIdentifierExtension.create(other.publicKey);
  expect(other.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId).toBe(expected.keyId);
  expect(other.extensions).toHaveLength(3);
});

test.each([
  ["daemon", createLeafCertificate, "1.3.6.1.5.5.7.3.1"],
  ["plugin", createPluginCertificate, "1.3.6.1.5.5.7.3.2"],
] as const)("a leaf of a %s is issued by it, and is good for one thing", async (who, create, usage) => {
  const authority = createAuthorityCertificate("garden-abc", nowMs);
  const issuer = read(authority);
  const { openssl, other } = read(create(authority, "garden-abc", nowMs));
  expect(openssl.ca).toBe(false);
  expect(openssl.checkIssued(issuer.openssl) && openssl.verify(issuer.openssl.publicKey)).toBe(true);
  expect(await other.verify({ publicKey: issuer.other, signatureOnly: true })).toBe(true);
  expect(openssl.subject).toBe(`O=crucible ${who}\nCN=garden-abc`);
  expect(openssl.subjectAltName).toBe(`URI:crucible://${who}/garden-abc`);
  expect(other.notBefore.getTime()).toBe(second(nowMs - 3_600_000));
  expect(other.notAfter.getTime()).toBe(second(nowMs + leafLifetimeMs));
  expect(other.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
  expect(other.getExtension(x509.KeyUsagesExtension)).toMatchObject({ usages: digitalSignature, critical: true });
  expect(other.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual([usage]);
  expect(other.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(
    issuer.other.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
  );
  expect(other.extensions).toHaveLength(6);
});

test("a leaf is never valid longer than its authority, also beyond 2049", () => {
  const late = Date.UTC(2049, 11, 31);
  const authority = createAuthorityCertificate("garden-abc", late);
  const leaf = read(createLeafCertificate(authority, "garden-abc", late)).other;
  expect(leaf.notBefore.getTime()).toBe(late - 3_600_000);
  expect(leaf.notAfter.getTime()).toBe(late + leafLifetimeMs);
  const atItsEnd = late + authorityLifetimeMs - 1000;
  const last = read(createLeafCertificate(authority, "garden-abc", atItsEnd)).other;
  expect(last.notAfter.getTime()).toBe(late + authorityLifetimeMs);
});

test("goes on with an authority that another implementation has made, names and all", async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ O: ["crucible authority"] }, { CN: ["garden-abc"] }, { C: ["AT"] }],
    notBefore: new Date(nowMs - 1000),
    notAfter: new Date(nowMs + authorityLifetimeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.SubjectKeyIdentifierExtension("00112233")],
  });
  const privateKey = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  const { openssl, other } = read(
    createLeafCertificate({ certificate: made.toString("pem"), privateKey }, "garden-abc", nowMs),
  );
  const issuer = new X509Certificate(made.toString("pem"));
  expect(openssl.checkIssued(issuer) && openssl.verify(issuer.publicKey)).toBe(true);
  expect(other.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe("00112233");
});
