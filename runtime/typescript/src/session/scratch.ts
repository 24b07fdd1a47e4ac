import { allocate } from "../codec/allocate.js";

/** Buffers of these sizes are kept: smaller ones cost little, larger ones too much to keep. */
const leastBytes = 131_072;
const mostBytes = 4_194_304;
const mostKept = 4;
/** Buffers nobody uses, of any content. */
const kept: Uint8Array[] = [];

/**
 * A buffer of at least `bytes`, of any content. Memory that is fresh costs more than what is written to it: 1 MiB takes
 * 22 µs to fill again and 260 the first time (Node 24).
 */
export function takeScratch(bytes: number): Uint8Array {
  for (let i = kept.length - 1; i >= 0; i--) {
    if (kept[i]!.length >= bytes) return kept.splice(i, 1)[0]!;
  }
  let size = leastBytes;
  while (size < bytes) size *= 2;
  return allocate(bytes > mostBytes ? bytes : size);
}

/** Gives a buffer back that nobody will read or write any more; `part` may be a view of it. */
export function giveScratch(part: Uint8Array): void {
  const { buffer } = part;
  if (buffer.byteLength < leastBytes || buffer.byteLength > mostBytes || kept.length === mostKept) return;
  kept.push(new Uint8Array(buffer));
}
