import {
  apply,
  assembleModule,
  choose,
  type Code,
  get,
  f64Zero,
  i32Const,
  i64Const,
  load32,
  load64,
  load8,
  opcode,
  repeatWhile,
  set,
  store64,
  valueType,
  when,
} from "./wasm-writer.js";

/** Where the digest is left, little-endian, 8 bytes. */
export const digestOffset = 0;
/** Where the bytes to be hashed are put. */
export const windowOffset = 64;
/** How many bytes the window takes. A multiple of 32, so that no stripe is ever cut. */
export const windowBytes = 65_536;

/** Where memory for frames begins, whose checksums are made where they lie, and how much of it there is. */
export const framesOffset = 131_072;
export const framesBytes = 33_554_432;
const pageBytes = 65_536;

const lanesOffset = 8;

// The primes and the steps below are those of the XXH64 specification
// (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), with seed 0.
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const add = (a: Code, b: Code): Code => apply(opcode.i64Add, a, b);
const multiply = (a: Code, b: bigint): Code => apply(opcode.i64Mul, a, i64Const(b));
const xor = (a: Code, b: Code): Code => apply(opcode.i64Xor, a, b);
const rotate = (a: Code, bits: bigint): Code => apply(opcode.i64RotateLeft, a, i64Const(bits));
const shift = (a: Code, bits: bigint): Code => apply(opcode.i64ShiftRightUnsigned, a, i64Const(bits));
const atMost = (a: Code, b: Code): Code => apply(opcode.i32LeUnsigned, a, b);
const advance = (local: number, by: number): Code => set(local, apply(opcode.i32Add, get(local), i32Const(by)));

const round = (accumulator: Code, input: Code): Code =>
  multiply(rotate(add(accumulator, multiply(input, prime2)), 31n), prime1);
const roundOfZero = (input: Code): Code => multiply(rotate(multiply(input, prime2), 31n), prime1);

// The parameters and locals of `hash` and `absorb`.
const length = 0;
const total = 1;
const position = 2;
const limit = 3;
const end = 4;
const hash = 5;
const lanes = [6, 7, 8, 9] as const;
const parameters = [valueType.i32, valueType.f64];
const locals = [valueType.i32, valueType.i32, valueType.i32, ...Array<number>(5).fill(valueType.i64)];

const startOfWindow: Code = [
  ...set(position, i32Const(windowOffset)),
  ...set(end, apply(opcode.i32Add, get(length), i32Const(windowOffset))),
];

const laneAddress = (index: number): number => lanesOffset + 8 * index;
const initialLanes: Code = [prime1 + prime2, prime2, 0n, -prime1].flatMap((v, i) => set(lanes[i]!, i64Const(v)));
const loadLanes: Code = lanes.flatMap((lane, i) => set(lane, load64(i32Const(0), laneAddress(i))));
const storeLanes: Code = lanes.flatMap((lane, i) => store64(i32Const(0), get(lane), laneAddress(i)));
const totalAsI64: Code = apply(opcode.i64TruncateF64Unsigned, get(total));

const consumeStripes: Code = [
  ...set(limit, apply(opcode.i32Sub, get(end), i32Const(32))),
  ...when(
    atMost(get(position), get(limit)),
    repeatWhile(atMost(get(position), get(limit)), [
      ...lanes.flatMap((lane, i) => set(lane, round(get(lane), load64(get(position), 8 * i)))),
      ...advance(position, 32),
    ]),
  ),
];

const [a, b, c, d] = lanes;
const merge = (lane: number): Code =>
  set(hash, add(multiply(xor(get(hash), roundOfZero(get(lane))), prime1), i64Const(prime4)));
const mergeLanes: Code = [
  ...set(hash, add(add(rotate(get(a), 1n), rotate(get(b), 7n)), add(rotate(get(c), 12n), rotate(get(d), 18n)))),
  ...lanes.flatMap(merge),
];

const here = get(position);
const has = (bytes: number): Code => apply(opcode.i32GeUnsigned, apply(opcode.i32Sub, get(end), here), i32Const(bytes));
const eight = xor(get(hash), roundOfZero(load64(here)));
const four = xor(get(hash), multiply(load32(here), prime1));
const one = xor(get(hash), multiply(load8(here), prime5));

const consumeTail: Code = [
  ...when(
    has(8),
    repeatWhile(has(8), [
      ...set(hash, add(multiply(rotate(eight, 27n), prime1), i64Const(prime4))),
      ...advance(position, 8),
    ]),
  ),
  ...when(has(4), [...set(hash, add(multiply(rotate(four, 23n), prime2), i64Const(prime3))), ...advance(position, 4)]),
  ...when(has(1), repeatWhile(has(1), [...set(hash, multiply(rotate(one, 11n), prime1)), ...advance(position, 1)])),
];

const avalanche: Code = [
  ...set(hash, multiply(xor(get(hash), shift(get(hash), 33n)), prime2)),
  ...set(hash, multiply(xor(get(hash), shift(get(hash), 29n)), prime3)),
  ...set(hash, xor(get(hash), shift(get(hash), 32n))),
];

// Those of `seal` and `verify`, which share the others with the above.
const begin = 0;
const bytes = 1;

/** Leaves in `hash` the digest of so many bytes from `begin` on. */
const hashFrame: Code = [
  ...set(position, get(begin)),
  ...set(end, apply(opcode.i32Add, get(begin), get(bytes))),
  ...choose(
    apply(opcode.i32GeUnsigned, get(bytes), i32Const(32)),
    [...initialLanes, ...consumeStripes, ...mergeLanes],
    [...set(hash, i64Const(prime5))],
  ),
  ...set(hash, add(get(hash), apply(opcode.i64ExtendI32Unsigned, get(bytes)))),
  ...consumeTail,
  ...avalanche,
];

/** The same bytes from the last to the first: a frame has its checksum big-endian. */
const swapped = (value: Code): Code =>
  (
    [
      [8n, 0x000000ff_000000ffn],
      [24n, 0x0000ff00_0000ff00n],
      [40n, 0x00ff0000_00ff0000n],
      [56n, 0xff000000_ff000000n],
    ] as const
  )
    .map(([bits, mask]) => apply(opcode.i64And, rotate(value, bits), i64Const(mask)))
    .reduce((all, one) => apply(opcode.i64Or, all, one));

/**
 * The module that hashes. Its memory holds the digest, the four lanes, the window and memory for frames, and never grows,
 * for that would take it away from who has views of it. It exports
 * - `hash(length, total)`: leaves the digest of an input of `total` bytes whose last `length` bytes, at most windowBytes,
 *   are in the window. When `length` is less than `total`, the others have been absorbed;
 * - `absorb(length, before)`: takes the first `length` bytes of the window, a multiple of 32, into the lanes; `before` is
 *   how many bytes were absorbed until now;
 * - `seal(begin, bytes)`: puts the checksum of so many bytes from `begin` on behind them, big-endian;
 * - `verify(begin, bytes)`: whether what is behind them is their checksum, 1 or 0.
 */
export function buildXxh64Module(): Uint8Array<ArrayBuffer> {
  const whole = apply(opcode.f64Equal, get(total), apply(opcode.f64ConvertI32Unsigned, get(length)));
  const first = apply(opcode.f64Equal, get(total), f64Zero);
  const short = apply(opcode.i64LessThan, totalAsI64, i64Const(32n));
  return assembleModule((framesOffset + framesBytes) / pageBytes, [
    {
      name: "hash",
      parameters,
      locals,
      body: [
        ...startOfWindow,
        ...choose(short, set(hash, i64Const(prime5)), [
          ...choose(whole, initialLanes, loadLanes),
          ...consumeStripes,
          ...mergeLanes,
        ]),
        ...set(hash, add(get(hash), totalAsI64)),
        ...consumeTail,
        ...avalanche,
        ...store64(i32Const(0), get(hash), digestOffset),
      ],
    },
    {
      name: "absorb",
      parameters,
      locals,
      body: [...startOfWindow, ...choose(first, initialLanes, loadLanes), ...consumeStripes, ...storeLanes],
    },
    {
      name: "seal",
      parameters: [valueType.i32, valueType.i32],
      locals,
      body: [...hashFrame, ...store64(get(end), swapped(get(hash)))],
    },
    {
      name: "verify",
      parameters: [valueType.i32, valueType.i32],
      results: [valueType.i32],
      locals,
      body: [...hashFrame, ...apply(opcode.i64Equal, load64(get(end)), swapped(get(hash)))],
    },
  ]);
}

/** The text of src/checksum/xxh64-wasm.ts, which embeds the module. */
export function xxh64ModuleSource(): string {
  const base64 = Buffer.from(buildXxh64Module()).toString("base64");
  const lines = base64.match(/.{1,112}/g) ?? [];
  return `// Made by runtime/typescript/scripts/xxh64-module.ts; do not edit.
// To make it again: npx vitest run -u test/unit/checksum

/** Where the digest is left, little-endian, 8 bytes. */
export const digestOffset = ${digestOffset};
/** Where the bytes to be hashed are put. */
export const windowOffset = ${windowOffset};
/** How many bytes the window takes. */
export const windowBytes = 0x${windowBytes.toString(16)};
/** Where memory for frames begins, and how much of it there is. */
export const framesOffset = 0x${framesOffset.toString(16)};
export const framesBytes = 0x${framesBytes.toString(16)};

/** The module, in base64. What it exports is described where it is made. */
export const xxh64Module: string =
  ${lines.map((line) => JSON.stringify(line)).join(" +\n  ")};
`;
}
