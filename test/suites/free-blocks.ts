import { giveFrameBlock, takeFrameBlock } from "../../runtime/typescript/src/checksum/frame-memory.js";

/** How many blocks of the memory of frames nobody has. */
export function freeBlocks(): number {
  const blocks: Uint8Array[] = [];
  for (let block = takeFrameBlock(); block !== undefined; block = takeFrameBlock()) blocks.push(block);
  for (const block of blocks) giveFrameBlock(block);
  return blocks.length;
}
