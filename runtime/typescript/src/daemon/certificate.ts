import { Buffer } from "node:buffer";
import { createHash, type KeyObject, randomBytes, sign, type X509Certificate } from "node:crypto";
import { contextTag, der, inner, objectIdentifier, Tag, valuesOf } from "../crypto/node/der.js";
import { keyIdentifierOf } from "../crypto/node/certificate-extension.js";

/** What a certificate says, RFC 5280 §4.1, beside what it is made with. */
export interface CertificateContent {
  /** DER, as of `nameOf` and `subjectOf`. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Whole seconds are kept. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** P-256. */
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const ecdsaWithSha256 = der(Tag.Sequence, objectIdentifier("1.2.840.10045.4.3.2"));
const yes = der(Tag.Boolean, Buffer.of(0xff));

/** Makes a certificate, version 3, signed by a key of P-256: PEM. */
export function makeCertificate(content: CertificateContent, signingKey: KeyObject): string {
  const tbs = der(
    Tag.Sequence,
    der(contextTag(0, true), der(Tag.Integer, Buffer.of(2))),
    der(Tag.Integer, serialNumber()),
    ecdsaWithSha256,
    content.issuer,
    der(Tag.Sequence, timeOf(content.notBeforeMs), timeOf(content.notAfterMs)),
    content.subject,
    content.publicKey.export({ format: "der", type: "spki" }),
    der(contextTag(3, true), der(Tag.Sequence, ...content.extensions)),
  );
  const signature = der(Tag.BitString, Buffer.of(0), sign("sha256", tbs, signingKey));
  const lines = der(Tag.Sequence, tbs, ecdsaWithSha256, signature)
    .toString("base64")
    .match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** The name of an organization (O) and, in it, of somebody (CN). */
export function nameOf(organization: string, commonName: string): Buffer {
  const part = (identifier: string, text: string): Buffer =>
    der(Tag.Set, der(Tag.Sequence, objectIdentifier(identifier), der(Tag.Utf8String, Buffer.from(text))));
  return der(Tag.Sequence, part("2.5.4.10", organization), part("2.5.4.3", commonName));
}

/** Whom a certificate is about, byte for byte. */
export function subjectOf(certificate: X509Certificate): Buffer {
  const tbs = inner(inner(valuesOf(certificate.raw)[0])[0]);
  // Behind version, serial number, algorithm, issuer and validity.
  return der(Tag.Sequence, tbs[5]!.content);
}

// ---- extensions

/** An authority, which has no other below it; or none. */
export function basicConstraints(authority: boolean): Buffer {
  const content = authority ? [yes, der(Tag.Integer, Buffer.of(0))] : [];
  return extension("2.5.29.19", true, der(Tag.Sequence, ...content));
}

/** Signs certificates and lists of revoked ones; or what it is shown for. */
export function keyUsage(authority: boolean): Buffer {
  // Bits 5 and 6, or bit 0, and how many of the last byte are unused.
  return extension("2.5.29.15", true, der(Tag.BitString, authority ? Buffer.of(1, 0x06) : Buffer.of(7, 0x80)));
}

export function extendedKeyUsage(purpose: string): Buffer {
  return extension("2.5.29.37", false, der(Tag.Sequence, objectIdentifier(purpose)));
}

/** The only name: a URI, ASCII. */
export function subjectAlternativeName(uri: string): Buffer {
  return extension("2.5.29.17", false, der(Tag.Sequence, der(contextTag(6, false), Buffer.from(uri, "latin1"))));
}

export function subjectKeyIdentifier(publicKey: KeyObject): Buffer {
  return extension("2.5.29.14", false, der(Tag.OctetString, keyIdentifier(publicKey)));
}

/** Names the key of the certificate that it is issued by. */
export function authorityKeyIdentifier(authority: X509Certificate): Buffer {
  const identifier = keyIdentifierOf(authority.raw) ?? keyIdentifier(authority.publicKey);
  return extension("2.5.29.35", false, der(Tag.Sequence, der(contextTag(0, false), identifier)));
}

function extension(identifier: string, critical: boolean, value: Buffer): Buffer {
  return der(Tag.Sequence, objectIdentifier(identifier), ...(critical ? [yes] : []), der(Tag.OctetString, value));
}

// ---- parts

/** SHA-1 of the key itself, RFC 5280 §4.2.1.2: a name, which protects nothing. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const [, key] = inner(valuesOf(publicKey.export({ format: "der", type: "spki" }))[0]);
  // The first byte of a BIT STRING says how many bits are unused.
  return createHash("sha1").update(key!.content.subarray(1)).digest();
}

/** UTCTime up to 2049, GeneralizedTime from then on, RFC 5280 §4.1.2.5. */
function timeOf(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/\D/g, "")}Z`;
  const short = digits < "2050";
  return der(short ? Tag.UtcTime : Tag.GeneralizedTime, Buffer.from(short ? digits.slice(2) : digits));
}

/** 16 random bytes; the first bit is clear, since serial numbers are positive, and the second one set: none is shorter. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}
