// Reads the purposes of a certificate, for which platforms have no answer that agrees.
import { Buffer } from "node:buffer";

/** A value of DER: its tag and content. */
interface Value {
  readonly tag: number;
  readonly content: Buffer;
}

const objectIdentifier = 0x06;
const octetString = 0x04;
const sequence = 0x30;
/** `[3] EXPLICIT Extensions` of a TBSCertificate (RFC 5280 §4.1). */
const extensionsTag = 0xa3;
/** OID 2.5.29.37. */
const extendedKeyUsage = Buffer.of(0x55, 0x1d, 0x25);

/**
 * The purposes in a certificate's extended key usage (RFC 5280 §4.2.1.12), as dotted numbers.
 *
 * @returns empty when it has no such extension, or more than one, or the bytes are no DER.
 */
export function extendedKeyUsageOf(der: Buffer): string[] {
  const tbs = inner(inner(valuesOf(der)[0])[0]);
  const extensions = inner(inner(tbs.find(({ tag }) => tag === extensionsTag))[0]);
  const found = extensions.map(inner).filter(([id]) => {
    return id?.tag === objectIdentifier && id.content.equals(extendedKeyUsage);
  });
  // The value is the last one; whether it is critical stands before it, when it is.
  const value = found.length === 1 ? found[0]?.at(-1) : undefined;
  const [purposes] = value?.tag === octetString ? inner(value) : [];
  return purposes?.tag === sequence ? inner(purposes).map(({ content }) => dotted(content)) : [];
}

function inner(value: Value | undefined): Value[] {
  return value === undefined ? [] : valuesOf(value.content);
}

/** The values that follow one another; none when one of them is cut off, or of 64 KiB and more. */
function valuesOf(bytes: Buffer): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? 0x80;
    at += 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size < 1 || size > 2 || at + size > bytes.length) return [];
      length = bytes.readUIntBE(at, size);
      at += size;
    }
    if (at + length > bytes.length) return [];
    values.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return values;
}

/** An object identifier as one writes it. */
function dotted(content: Buffer): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...others] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...others].join(".");
}
