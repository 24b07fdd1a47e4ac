import { CelFault } from "./fault.js";

/** Compares bytes one by one: less than, equal to or greater than 0. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** `a + b`. */
export function concatBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** `bytes(text)`. */
export function textToBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `string(bytes)`, which have to be UTF-8. */
export function bytesToText(bytes: Uint8Array): string {
  try {
    return new TextDecoder(undefined, { fatal: true }).decode(bytes);
  } catch {
    throw new CelFault("bytes are no UTF-8");
  }
}
