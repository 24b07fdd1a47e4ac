// Memory for messages that are being written.

/** Node's way to memory that is not filled with zeros; absent on other platforms. */
const { Buffer: node } = globalThis as {
  Buffer?: { allocUnsafeSlow(size: number): Uint8Array };
};

/**
 * Bytes of any content, with an ArrayBuffer of their own, for what is written before it is read. Zeros that nobody
 * reads were the most of what `encode` itself took, 14 % of encoding notes of 2 KB (profile, Node 20).
 */
export function allocate(size: number): Uint8Array {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the constructor takes a number as well, but no union.
  return new Uint8Array((node?.allocUnsafeSlow(size).buffer ?? size) as ArrayBuffer);
}
