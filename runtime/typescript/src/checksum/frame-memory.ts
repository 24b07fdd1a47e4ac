import { moduleMemory } from "./xxh64.js";
import { framesBytes, framesOffset } from "./xxh64-wasm.js";

/** Size of a block. */
export const frameBlockBytes = 262_144;

/** Where the blocks begin that nobody has. Undefined until the first is asked for; empty where there are none. */
let free: number[] | undefined;
let memory: ArrayBufferLike | undefined;

/**
 * A block of memory for frames, of any content, whose checksums need no copy; undefined when all are taken or there is no
 * WebAssembly. Who takes one gives it back, and never hands out views of it to somebody who may keep them: all blocks share
 * one ArrayBuffer. Memory of it that nobody has used takes no room. (Calls, 64 in flight, went from 0.33 of batched raw sockets
 * to 0.38 with reads in it and to 0.41 with writes too, both with what else changed then; messages of a stream from 890 to
 * 1,670 thousand a second; Node 24, turns side by side.)
 */
export function takeFrameBlock(): Uint8Array | undefined {
  if (free === undefined) {
    memory = moduleMemory()?.buffer;
    free = [];
    // The last one is taken first.
    if (memory !== undefined) {
      for (let at = framesBytes - frameBlockBytes; at >= 0; at -= frameBlockBytes) free.push(framesOffset + at);
    }
  }
  const at = free.pop();
  return at === undefined ? undefined : new Uint8Array(memory!, at, frameBlockBytes);
}

/** Gives back a block that nobody reads or writes any more. Once for each. */
export function giveFrameBlock(block: Uint8Array): void {
  free!.push(block.byteOffset);
}

/** Where `bytes` lie in the memory of frames; -1 when they are somewhere else. */
export function frameAddress(bytes: Uint8Array): number {
  return memory !== undefined && bytes.buffer === memory ? bytes.byteOffset : -1;
}
