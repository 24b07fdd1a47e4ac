/** Just enough protobuf to write the payloads of vectors by hand: a field is its number and a value that names its wire type. */
export type TwinValue =
  | { readonly varint: bigint | number }
  | { readonly fixed32: number }
  | { readonly fixed64: bigint }
  | { readonly bytes: Uint8Array }
  | { readonly text: string };
export type TwinField = readonly [number: number, value: TwinValue];

function varint(value: bigint | number): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return out;
}

function littleEndian(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function field(number: number, value: TwinValue): number[] {
  if ("varint" in value) return [...varint(number * 8), ...varint(value.varint)];
  if ("fixed64" in value) return [...varint(number * 8 + 1), ...littleEndian(value.fixed64, 8)];
  if ("fixed32" in value) return [...varint(number * 8 + 5), ...littleEndian(BigInt(value.fixed32), 4)];
  const bytes = "text" in value ? new TextEncoder().encode(value.text) : value.bytes;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** The fields of one message, in the order given; nothing is left out because it is a default. */
export function encodeMessageTwin(fields: readonly TwinField[]): Uint8Array {
  return Uint8Array.from(fields.flatMap(([number, value]) => field(number, value)));
}

/** FNV-1a with 32 bits over the UTF-8 of `text`: the wire id of a method. */
export function fnv1a32Twin(text: string): number {
  let hash = 0x811c9dc5n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(32, (hash ^ BigInt(byte)) * 0x01000193n);
  }
  return Number(hash);
}
