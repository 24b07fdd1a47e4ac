/**
 * An LZ4 block opened the slow and readable way, after the public description of the format (lz4/lz4,
 * doc/lz4_Block_format.md) alone: a list of bytes that grows, and an error for whatever is not in the description.
 */
export function openBlockTwin(block: Uint8Array): Uint8Array {
  const output: number[] = [];
  let at = 0;
  const next = (): number => {
    const byte = block[at++];
    if (byte === undefined) throw new Error("the block ends too soon");
    return byte;
  };
  const length = (half: number): number => {
    if (half < 15) return half;
    let sum = 15;
    for (;;) {
      const byte = next();
      sum += byte;
      if (byte < 255) return sum;
    }
  };
  for (;;) {
    const token = next();
    const literals = length(token >> 4);
    for (let i = 0; i < literals; i++) output.push(next());
    // The last sequence ends here.
    if (at === block.length) return Uint8Array.from(output);
    const offset = next() + 256 * next();
    if (offset === 0 || offset > output.length) throw new Error(`no byte is ${offset} bytes back`);
    const match = 4 + length(token & 15);
    for (let i = 0; i < match; i++) output.push(output[output.length - offset]!);
  }
}
