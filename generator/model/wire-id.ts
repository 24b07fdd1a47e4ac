const encoder = new TextEncoder();

/** The number a method has on the wire: FNV-1a, 32 bits, of the UTF-8 text `package.Service/Method`. */
export function wireId(wireName: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(wireName)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
