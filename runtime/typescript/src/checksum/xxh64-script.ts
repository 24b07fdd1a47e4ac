import { readUint32, writeUint32 } from "../bytes/big-endian.js";

/** XXH64 with 32-bit arithmetic alone: for platforms that forbid WebAssembly, and the twin that tests the module. */

// The five primes as halves: the high and the low 32 bits.
const prime1High = 0x9e3779b1;
const prime1Low = 0x85ebca87;
const prime2High = 0xc2b2ae3d;
const prime2Low = 0x27d4eb4f;
const prime3High = 0x165667b1;
const prime3Low = 0x9e3779f9;
const prime4High = 0x85ebca77;
const prime4Low = 0xc2b2ae63;
const prime5High = 0x27d4eb2f;
const prime5Low = 0x165667c5;

// The value being worked on. Two variables of the module, since a pair of numbers cannot be returned without allocation.
let high = 0;
let low = 0;

const lanes = new Int32Array(8);

function add(otherHigh: number, otherLow: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0);
  high = (high + otherHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  low = sum | 0;
}

function multiply(otherHigh: number, otherLow: number): void {
  const a = low >>> 16;
  const b = low & 0xffff;
  const c = otherLow >>> 16;
  const d = otherLow & 0xffff;
  const bd = b * d;
  // Each sum of the column stays below 2^53, so that doubles carry it exactly.
  const middle = a * d + b * c + Math.floor(bd / 0x10000);
  high = (Math.imul(high, otherLow) + Math.imul(low, otherHigh) + Math.imul(a, c) + Math.floor(middle / 0x10000)) | 0;
  low = (middle << 16) | (bd & 0xffff) | 0;
}

function rotate(bits: number): void {
  const oldHigh = high;
  high = (high << bits) | (low >>> (32 - bits));
  low = (low << bits) | (oldHigh >>> (32 - bits));
}

/** The round of the specification on an accumulator of 0: what an 8-byte input adds to the hash. */
function roundOfZero(inputHigh: number, inputLow: number): void {
  high = inputHigh;
  low = inputLow;
  multiply(prime2High, prime2Low);
  rotate(31);
  multiply(prime1High, prime1Low);
}

function readLow(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
}

function consumeStripes(bytes: Uint8Array, start: number, end: number): number {
  high = prime1High;
  low = prime1Low;
  add(prime2High, prime2Low);
  lanes[0] = high;
  lanes[1] = low;
  lanes[2] = prime2High;
  lanes[3] = prime2Low;
  lanes[4] = 0;
  lanes[5] = 0;
  lanes[6] = ~prime1High; // -prime1: its low half is not 0, so no carry comes up.
  lanes[7] = -prime1Low;
  let offset = start;
  for (; offset + 32 <= end; offset += 32) {
    for (let lane = 0; lane < 4; lane++) {
      high = readLow(bytes, offset + 8 * lane + 4);
      low = readLow(bytes, offset + 8 * lane);
      multiply(prime2High, prime2Low);
      add(lanes[2 * lane]!, lanes[2 * lane + 1]!);
      rotate(31);
      multiply(prime1High, prime1Low);
      lanes[2 * lane] = high;
      lanes[2 * lane + 1] = low;
    }
  }
  return offset;
}

function mergeLanes(): void {
  let sumHigh = 0;
  let sumLow = 0;
  for (let lane = 0; lane < 4; lane++) {
    high = lanes[2 * lane]!;
    low = lanes[2 * lane + 1]!;
    rotate(lane === 0 ? 1 : lane === 1 ? 7 : lane === 2 ? 12 : 18);
    add(sumHigh, sumLow);
    sumHigh = high;
    sumLow = low;
  }
  for (let lane = 0; lane < 4; lane++) {
    roundOfZero(lanes[2 * lane]!, lanes[2 * lane + 1]!);
    high ^= sumHigh;
    low ^= sumLow;
    multiply(prime1High, prime1Low);
    add(prime4High, prime4Low);
    sumHigh = high;
    sumLow = low;
  }
}

/** Leaves the digest of bytes[start, end) in `high` and `low`. */
function hash(bytes: Uint8Array, start: number, end: number): void {
  let offset = start;
  if (end - start >= 32) {
    offset = consumeStripes(bytes, start, end);
    mergeLanes();
  } else {
    high = prime5High;
    low = prime5Low;
  }
  add(Math.floor((end - start) / 0x100000000), (end - start) | 0);
  for (; offset + 8 <= end; offset += 8) {
    const oldHigh = high;
    const oldLow = low;
    roundOfZero(readLow(bytes, offset + 4), readLow(bytes, offset));
    high ^= oldHigh;
    low ^= oldLow;
    rotate(27);
    multiply(prime1High, prime1Low);
    add(prime4High, prime4Low);
  }
  if (offset + 4 <= end) {
    const oldHigh = high;
    const oldLow = low;
    high = 0;
    low = readLow(bytes, offset);
    multiply(prime1High, prime1Low);
    high ^= oldHigh;
    low ^= oldLow;
    rotate(23);
    multiply(prime2High, prime2Low);
    add(prime3High, prime3Low);
    offset += 4;
  }
  for (; offset < end; offset++) {
    const oldHigh = high;
    const oldLow = low;
    high = 0;
    low = bytes[offset]!;
    multiply(prime5High, prime5Low);
    high ^= oldHigh;
    low ^= oldLow;
    rotate(11);
    multiply(prime1High, prime1Low);
  }
  low ^= high >>> 1; // ^= itself >>> 33
  multiply(prime2High, prime2Low);
  low ^= (low >>> 29) | (high << 3);
  high ^= high >>> 29;
  multiply(prime3High, prime3Low);
  low ^= high; // ^= itself >>> 32
}

/** As writeChecksum of xxh64.ts. */
export function writeChecksumByScript(bytes: Uint8Array, start: number, end: number): void {
  hash(bytes, start, end);
  writeUint32(bytes, end, high);
  writeUint32(bytes, end + 4, low);
}

/** As verifyChecksum of xxh64.ts. */
export function verifyChecksumByScript(bytes: Uint8Array, start: number, end: number): boolean {
  hash(bytes, start, end);
  return readUint32(bytes, end) === high >>> 0 && readUint32(bytes, end + 4) === low >>> 0;
}
