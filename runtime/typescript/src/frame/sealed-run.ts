import { readUint32 } from "../bytes/big-endian.js";
import { CrucibleError } from "../error/index.js";
import { headerBytes, offsetLength } from "./frame.js";
import { checkHeader, type FrameSink } from "./header.js";
import type { FlagTable } from "./rules.js";

/** A run that has so many bytes takes no further frame. */
export const fullRunBytes = 65_536;
/** What the payload of a Sealed frame may have beyond that of the largest frame in it: a full run, its header, the tag. */
export const sealedExtraBytes: number = fullRunBytes + headerBytes + 16;

/**
 * Delivers the frames of an opened Sealed frame, whose plaintext is `bytes[start, end)`: each with its header and without
 * a checksum, checked as if it had come alone.
 */
export function readRun(bytes: Uint8Array, start: number, end: number, table: FlagTable, sink: FrameSink): void {
  let at = start;
  do {
    if (end - at < headerBytes) throw cut();
    checkHeader(bytes, at, table, sink);
    const frameEnd = at + headerBytes + readUint32(bytes, at + offsetLength);
    if (frameEnd > end) throw cut();
    sink.onFrame(bytes, at, frameEnd);
    at = frameEnd;
  } while (at < end);
}

function cut(): CrucibleError {
  return new CrucibleError("BAD_ENVELOPE", "a Sealed frame holds no run of whole frames; the peer's runtime is broken");
}
