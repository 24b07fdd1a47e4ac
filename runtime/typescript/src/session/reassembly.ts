import type { Call } from "./call.js";

/**
 * Adds a fragment to the message of `call`. Room grows with what arrives, doubling, and never beyond what has arrived
 * twice over.
 */
export function appendFragment(call: Call, bytes: Uint8Array, start: number, end: number): void {
  const total = call.assembled + end - start;
  let assembly = call.assembly;
  if (assembly === undefined || total > assembly.length) {
    const larger = new Uint8Array(2 * total);
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
