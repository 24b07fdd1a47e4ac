/**
 * XXH64 the slow and readable way, after the public specification (Cyan4973/xxHash, doc/xxhash_spec.md). Every number is
 * a BigInt reduced to 64 bits; XXH64 reads its input as little-endian.
 */
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotateLeft = (value: bigint, bits: bigint): bigint => u64(value << bits) | (value >> (64n - bits));

function littleEndian(bytes: Uint8Array, offset: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[offset + i]!);
  return value;
}

const round = (lane: bigint, input: bigint): bigint => u64(rotateLeft(u64(lane + input * prime2), 31n) * prime1);
const merge = (hash: bigint, lane: bigint): bigint => u64((hash ^ round(0n, lane)) * prime1 + prime4);

/** XXH64 of `bytes` as an unsigned 64-bit number. */
export function xxh64Twin(bytes: Uint8Array, seed = 0n): bigint {
  let offset = 0;
  let hash: bigint;
  if (bytes.length >= 32) {
    const lanes = [u64(seed + prime1 + prime2), u64(seed + prime2), seed, u64(seed - prime1)];
    for (; offset + 32 <= bytes.length; offset += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, littleEndian(bytes, offset + 8 * i, 8));
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = u64(lanes.reduce((sum, lane, i) => sum + rotateLeft(lane, turns[i]!), 0n));
    for (const lane of lanes) hash = merge(hash, lane);
  } else {
    hash = u64(seed + prime5);
  }
  hash = u64(hash + BigInt(bytes.length));
  for (; offset + 8 <= bytes.length; offset += 8) {
    hash = u64(rotateLeft(hash ^ round(0n, littleEndian(bytes, offset, 8)), 27n) * prime1 + prime4);
  }
  if (offset + 4 <= bytes.length) {
    hash = u64(rotateLeft(hash ^ u64(littleEndian(bytes, offset, 4) * prime1), 23n) * prime2 + prime3);
    offset += 4;
  }
  for (; offset < bytes.length; offset++) {
    hash = u64(rotateLeft(hash ^ u64(BigInt(bytes[offset]!) * prime5), 11n) * prime1);
  }
  hash = u64((hash ^ (hash >> 33n)) * prime2);
  hash = u64((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}
