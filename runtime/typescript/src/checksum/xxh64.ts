import { verifyChecksumByScript, writeChecksumByScript } from "./xxh64-script.js";
import { digestOffset, windowBytes, windowOffset, xxh64Module } from "./xxh64-wasm.js";

// What is used of WebAssembly; its declarations come with those of a browser only.
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

interface Xxh64Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  hash(length: number, total: number): void;
  absorb(length: number, before: number): void;
  seal(begin: number, bytes: number): void;
  verify(begin: number, bytes: number): number;
}

type State = "unused" | "wasm" | "script";

let state: State = "unused";
let wasm: Xxh64Exports;
let memory: Uint8Array;

// Up to 40 bytes a loop copies as fast as `set` with the view that it needs. The frames of a Heartbeat have 45 and 47: 10 ns
// more, and 150 bytes of garbage less.
const loopBytes = 48;

/** Instantiates at the first use, so that an import costs nothing: about 0.7 ms once. */
function prepare(): State {
  const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
  try {
    if (api === undefined) return "script";
    wasm = new api.Instance(new api.Module(Uint8Array.from(atob(xxh64Module), (byte) => byte.charCodeAt(0))))
      .exports as Xxh64Exports;
    memory = new Uint8Array(wasm.memory.buffer);
    return "wasm";
  } catch {
    // A content security policy, or a process started without executable memory, may forbid WebAssembly.
    return "script";
  }
}

/** The module's memory, which never changes its place; undefined where there is no WebAssembly. */
export function moduleMemory(): Uint8Array | undefined {
  if (state === "unused") state = prepare();
  return state === "wasm" ? memory : undefined;
}

/** Leaves the digest of bytes[start, end) in the module's memory. */
function hash(bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length <= loopBytes) {
    for (let i = 0; i < length; i++) memory[windowOffset + i] = bytes[start + i]!;
    wasm.hash(length, length);
  } else if (length <= windowBytes) {
    memory.set(bytes.subarray(start, end), windowOffset);
    wasm.hash(length, length);
  } else {
    hashLong(bytes, start, end);
  }
}

function hashLong(bytes: Uint8Array, start: number, end: number): void {
  let offset = start;
  for (; end - offset > windowBytes; offset += windowBytes) {
    memory.set(bytes.subarray(offset, offset + windowBytes), windowOffset);
    wasm.absorb(windowBytes, offset - start);
  }
  memory.set(bytes.subarray(offset, end), windowOffset);
  wasm.hash(end - offset, end - start);
}

/**
 * Writes the checksum of bytes[start, end), XXH64 with seed 0, big-endian, to the 8 bytes at `end`. The caller has made
 * room for them.
 */
export function writeChecksum(bytes: Uint8Array, start: number, end: number): void {
  if (state !== "wasm") {
    if (state === "unused") state = prepare();
    if (state === "script") return writeChecksumByScript(bytes, start, end);
  }
  hash(bytes, start, end);
  // Byte by byte: WebAssembly's memory is little-endian on every machine, typed arrays of wider elements are not. A loop
  // would take 8 ns more of about 100 for a frame of 100 bytes.
  bytes[end] = memory[digestOffset + 7]!;
  bytes[end + 1] = memory[digestOffset + 6]!;
  bytes[end + 2] = memory[digestOffset + 5]!;
  bytes[end + 3] = memory[digestOffset + 4]!;
  bytes[end + 4] = memory[digestOffset + 3]!;
  bytes[end + 5] = memory[digestOffset + 2]!;
  bytes[end + 6] = memory[digestOffset + 1]!;
  bytes[end + 7] = memory[digestOffset]!;
}

/** Whether the 8 bytes at `end` are the checksum of bytes[start, end). The caller knows that they are there. */
export function verifyChecksum(bytes: Uint8Array, start: number, end: number): boolean {
  if (state !== "wasm") {
    if (state === "unused") state = prepare();
    if (state === "script") return verifyChecksumByScript(bytes, start, end);
  }
  hash(bytes, start, end);
  return (
    bytes[end] === memory[digestOffset + 7] &&
    bytes[end + 1] === memory[digestOffset + 6] &&
    bytes[end + 2] === memory[digestOffset + 5] &&
    bytes[end + 3] === memory[digestOffset + 4] &&
    bytes[end + 4] === memory[digestOffset + 3] &&
    bytes[end + 5] === memory[digestOffset + 2] &&
    bytes[end + 6] === memory[digestOffset + 1] &&
    bytes[end + 7] === memory[digestOffset]
  );
}

/** As `writeChecksum`, for `bytes` from `address` on of the module's memory. */
export function writeChecksumAt(address: number, bytes: number): void {
  wasm.seal(address, bytes);
}

/** As `verifyChecksum`, for `bytes` from `address` on of the module's memory. */
export function verifyChecksumAt(address: number, bytes: number): boolean {
  return wasm.verify(address, bytes) === 1;
}
