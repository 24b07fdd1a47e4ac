import { allocate } from "../../codec/allocate.js";
import { Extents } from "../extents.js";
import { loadLinuxMemory } from "./linux-memory.js";
import { Mapping } from "./mapping.js";

/** What is kept for copies of messages, and how many there may be. The system gives none of it before it is used. */
const landingBytes = 134_217_728;
const mostCopies = 1_024;
/** A copy below this is not worth it. */
const leastBytes = 1_048_576;
/** How long nothing has to be copied, in milliseconds, before the memory goes back. */
const restMs = 10_000;

let landing: { readonly mapping: Mapping; readonly extents: Extents } | undefined;
let timer: NodeJS.Timeout | undefined;

/**
 * Memory for a copy, of any content. Fresh memory costs several times what is copied into it, since the system has to find and clear
 * each page; what V8 frees goes back to the system. So long copies land in memory that is kept: a place is free again when its
 * ArrayBuffer has been collected.
 */
export function takeLanding(bytes: number): Uint8Array {
  if (bytes < leastBytes) return allocate(bytes);
  landing ??= {
    mapping: new Mapping(loadLinuxMemory(), undefined, landingBytes, true),
    extents: new Extents(landingBytes, mostCopies),
  };
  const { mapping, extents } = landing;
  const offset = extents.take(bytes);
  if (offset < 0) return allocate(bytes);
  timer ??= setTimeout(rest, restMs).unref();
  timer.refresh();
  return mapping.view(offset, bytes, () => extents.free(offset))!;
}

/** Nothing was copied for long. What somebody still has stays, and all else with it until the next time. */
function rest(): void {
  if (landing !== undefined && landing.extents.count === 0) landing.mapping.clear();
}
