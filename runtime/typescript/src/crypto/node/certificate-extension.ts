// Reads extensions of a certificate, for which platforms have no answer, or none that agrees.
import { Buffer } from "node:buffer";
import { dotted, inner, objectIdentifier, Tag, type Value, valuesOf } from "./der.js";

/** `[3] EXPLICIT Extensions` of a TBSCertificate (RFC 5280 §4.1). */
const extensionsTag = 0xa3;
const extendedKeyUsage = objectIdentifier("2.5.29.37");
const subjectKeyIdentifier = objectIdentifier("2.5.29.14");

/**
 * The purposes in a certificate's extended key usage (RFC 5280 §4.2.1.12), as dotted numbers.
 *
 * @returns empty when it has no such extension, or more than one, or the bytes are no DER.
 */
export function extendedKeyUsageOf(certificate: Buffer): string[] {
  const [purposes] = inner(extensionOf(certificate, extendedKeyUsage));
  return purposes?.tag === Tag.Sequence ? inner(purposes).map(({ content }) => dotted(content)) : [];
}

/** What a certificate calls its key (RFC 5280 §4.2.1.2); undefined in the cases that have no purposes above. */
export function keyIdentifierOf(certificate: Buffer): Buffer | undefined {
  const [identifier] = inner(extensionOf(certificate, subjectKeyIdentifier));
  return identifier?.tag === Tag.OctetString ? identifier.content : undefined;
}

/** The octets of the one extension with this identifier. */
function extensionOf(certificate: Buffer, identifier: Buffer): Value | undefined {
  const tbs = inner(inner(valuesOf(certificate)[0])[0]);
  const extensions = inner(inner(tbs.find(({ tag }) => tag === extensionsTag))[0]);
  const [wanted] = valuesOf(identifier);
  const found = extensions.map(inner).filter(([id]) => {
    return id?.tag === Tag.ObjectIdentifier && id.content.equals(wanted!.content);
  });
  // The value is the last one; whether it is critical stands before it, when it is.
  const value = found.length === 1 ? found[0]?.at(-1) : undefined;
  return value?.tag === Tag.OctetString ? value : undefined;
}
