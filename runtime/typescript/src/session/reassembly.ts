import { allocate } from "../codec/allocate.js";
import type { Call } from "./call.js";

/** Tag of the body of an envelope. */
const tagBody = 0x7a;

/**
 * Room for a message that says how long it will be grows by so much: what has arrived is copied each time, which keeps out
 * everything else meanwhile, for 128 MiB some 50 ms. Memory that nothing was written to is only promised by the system.
 */
const announcedGrowth = 4;

/**
 * Adds a fragment to the message of `call`. Room grows with what arrives, and never beyond what has arrived twice over, or
 * `announcedGrowth` times for a message that says that it will be so long; up to `aheadBytes` of that may be there before.
 */
export function appendFragment(call: Call, bytes: Uint8Array, start: number, end: number, aheadBytes: number): void {
  const total = call.assembled + end - start;
  let assembly = call.assembly;
  if (assembly === undefined) call.announced = announcedBytes(bytes, start, end);
  if (assembly === undefined || total > assembly.length) {
    const known = call.announced >= total;
    const most = known ? Math.max(announcedGrowth * total, aheadBytes) : 2 * total;
    // Of any content: nobody sees more of it than has been written.
    const larger = allocate(known ? Math.min(call.announced, most) : most);
    if (assembly !== undefined) larger.set(assembly.subarray(0, call.assembled));
    call.assembly = assembly = larger;
  }
  assembly.set(bytes.subarray(start, end), call.assembled);
  call.assembled = total;
}

/** Takes the complete message; the call is ready for its next. */
export function takeAssembly(call: Call): Uint8Array {
  const whole = call.assembly!.subarray(0, call.assembled);
  call.assembly = undefined;
  call.assembled = 0;
  return whole;
}

/**
 * How long the envelope will be that begins with `bytes[start, end)`, by what its body says; 0 when that cannot be seen.
 * A hint: nothing here is checked, which is left to whoever reads the whole.
 */
function announcedBytes(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const tag = bytes[at++]!;
    if (tag > 127) return 0;
    if ((tag & 7) === 5) {
      at += 4;
      continue;
    }
    if ((tag & 7) !== 2 && (tag & 7) !== 0) return 0;
    let value = 0;
    let scale = 1;
    let byte = 128;
    for (; byte > 127 && at < end; scale *= 128) {
      byte = bytes[at++]!;
      value += (byte & 127) * scale;
    }
    if (tag === tagBody) return at + value - start;
    if ((tag & 7) === 2) at += value;
  }
  return 0;
}
