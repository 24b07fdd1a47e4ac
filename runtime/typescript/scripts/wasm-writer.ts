/**
 * A very small assembler for WebAssembly: instructions in folded form, each a run of bytes that leaves its value on the
 * stack. The numbers are those of the core specification, "Binary Format" (https://webassembly.github.io/spec/core/).
 */
export type Code = readonly number[];

/** Types of values. */
export const valueType = { i32: 0x7f, i64: 0x7e, f64: 0x7c } as const;

/** Instructions that take their operands from the stack, and nothing else. */
export const opcode = {
  i32LeUnsigned: 0x4d,
  i32GeUnsigned: 0x4f,
  i64Equal: 0x51,
  i64LessThan: 0x53,
  f64Equal: 0x61,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Add: 0x7c,
  i64Mul: 0x7e,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64ShiftRightUnsigned: 0x88,
  i64RotateLeft: 0x89,
  i64ExtendI32Unsigned: 0xad,
  i64TruncateF64Unsigned: 0xb1,
  f64ConvertI32Unsigned: 0xb8,
} as const;

/** An instruction after its operands. */
export function apply(instruction: number, ...operands: readonly Code[]): Code {
  return [...operands.flat(), instruction];
}

/** A 32-bit constant. */
export function i32Const(value: number): Code {
  return [0x41, ...signedLeb(BigInt(value))];
}

/** A 64-bit constant, given unsigned or signed. */
export function i64Const(value: bigint): Code {
  return [0x42, ...signedLeb(BigInt.asIntN(64, value))];
}

/** The floating-point constant 0. */
export const f64Zero: Code = [0x44, 0, 0, 0, 0, 0, 0, 0, 0];

/** The value of a parameter or local. */
export function get(local: number): Code {
  return [0x20, ...unsignedLeb(local)];
}

/** Gives a local a value. */
export function set(local: number, value: Code): Code {
  return [...value, 0x21, ...unsignedLeb(local)];
}

/** Loads 64 bits at `address` + `offset`, little-endian, from any alignment. */
export function load64(address: Code, offset = 0): Code {
  return [...address, 0x29, 0, ...unsignedLeb(offset)];
}

/** Loads 32 bits as an unsigned 64-bit value. */
export function load32(address: Code): Code {
  return [...address, 0x35, 0, 0];
}

/** Loads a byte as an unsigned 64-bit value. */
export function load8(address: Code): Code {
  return [...address, 0x31, 0, 0];
}

/** Stores 64 bits at `address` + `offset`, little-endian. */
export function store64(address: Code, value: Code, offset = 0): Code {
  return [...address, ...value, 0x37, 0, ...unsignedLeb(offset)];
}

/** `body` when `condition`, else nothing. */
export function when(condition: Code, body: Code): Code {
  return [...condition, 0x04, 0x40, ...body, 0x0b];
}

/** `body` when `condition`, else `otherwise`. */
export function choose(condition: Code, body: Code, otherwise: Code): Code {
  return [...condition, 0x04, 0x40, ...body, 0x05, ...otherwise, 0x0b];
}

/** `body` at least once, and again while `condition`. */
export function repeatWhile(condition: Code, body: Code): Code {
  return [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];
}

/** A function under the name it is exported by. Locals are numbered after the parameters. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  /** What it returns: the value that its body leaves. Default: nothing. */
  readonly results?: readonly number[];
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A whole module: `functions`, and a memory of `pages` × 64 KiB that never grows, exported as "memory". */
export function assembleModule(pages: number, functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [
    0x60,
    ...vector(f.parameters.map((type) => [type])),
    ...vector((f.results ?? []).map((type) => [type])),
  ]);
  const bodies = functions.map((f) => {
    const code = [...vector(f.locals.map((type) => [1, type])), ...f.body, 0x0b];
    return [...unsignedLeb(code.length), ...code];
  });
  const exported = functions.map((f, index) => [...text(f.name), 0, ...unsignedLeb(index)]);
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsignedLeb(index)))),
    ...section(5, vector([[1, ...unsignedLeb(pages), ...unsignedLeb(pages)]])),
    ...section(7, vector([...exported, [...text("memory"), 2, 0]])),
    ...section(10, vector(bodies)),
  ]);
}

const magicAndVersion: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function section(id: number, content: Code): Code {
  return [id, ...unsignedLeb(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsignedLeb(items.length), ...items.flat()];
}

function text(ascii: string): Code {
  return vector(Array.from(ascii, (character) => [character.charCodeAt(0)]));
}

function unsignedLeb(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

function signedLeb(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const done = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
  return done ? [low] : [low | 0x80, ...signedLeb(rest)];
}
