// As much of protobuf as the payloads of the protocol take: fields in, fields out.

/** A value as it stands on the wire: a varint, 4 bytes as a number, or bytes with their length. */
export type WireValue = bigint | number | Buffer;
/** The fields of a message, each with its values in order. */
export type Fields = ReadonlyMap<number, readonly WireValue[]>;

/** One field: a bigint as varint, a number as fixed32, text and bytes with their length. */
export function field(number: number, value: bigint | number | string | Uint8Array): Buffer {
  if (typeof value === "bigint") return Buffer.concat([tag(number, 0), varint(value)]);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0);
    return Buffer.concat([tag(number, 5), bytes]);
  }
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return Buffer.concat([tag(number, 2), varint(BigInt(bytes.length)), bytes]);
}

function tag(number: number, wire: number): Buffer {
  return varint(BigInt(number * 8 + wire));
}

/** A varint of 64 bits. */
export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

/**
 * The fields of a message.
 *
 * @throws Error when the bytes are no protobuf.
 */
export function decode(bytes: Buffer): Fields {
  const fields = new Map<number, WireValue[]>();
  let at = 0;
  const read = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new Error("a varint does not end");
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new Error("a field does not end");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const head = Number(read());
    const number = Math.floor(head / 8);
    let value: WireValue;
    if (head % 8 === 0) value = read();
    else if (head % 8 === 1) value = take(8).readBigUInt64LE();
    else if (head % 8 === 2) value = take(Number(read()));
    else if (head % 8 === 5) value = take(4).readUInt32LE();
    else throw new Error(`a tag has the wire type ${head % 8}`);
    if (number === 0) throw new Error("a field has the number 0");
    const values = fields.get(number);
    if (values === undefined) fields.set(number, [value]);
    else values.push(value);
  }
  return fields;
}

/** The last value of a field as a number; 0 without one. */
export function numberOf(fields: Fields, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === "bigint" || typeof value === "number" ? Number(value) : 0;
}

/** The values of a field that are bytes. */
export function bytesOf(fields: Fields, number: number): Buffer[] {
  return (fields.get(number) ?? []).filter((value) => Buffer.isBuffer(value));
}

/** The last value of a field as text; empty without one. */
export function textOf(fields: Fields, number: number): string {
  return bytesOf(fields, number).at(-1)?.toString() ?? "";
}
