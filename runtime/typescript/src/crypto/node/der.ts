// DER (X.690), as much as certificates need.
import { Buffer } from "node:buffer";

/** A value of DER: its tag and content. */
export interface Value {
  readonly tag: number;
  readonly content: Buffer;
}

/** Tags of the values that certificates are made of. */
export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  Sequence: 0x30,
  Set: 0x31,
} as const;

/** The tag of `[number]`, a value of primitive or of constructed form. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** A value of these parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
  const prefix = Buffer.alloc(2 + size);
  prefix[0] = tag;
  prefix[1] = 0x80 | size;
  prefix.writeUIntBE(length, 2, size);
  return Buffer.concat([prefix, content]);
}

/** The content of a value; nothing of none. */
export function inner(value: Value | undefined): Value[] {
  return value === undefined ? [] : valuesOf(value.content);
}

/** The values that follow one another; none when one of them is cut off, or of 64 KiB and more. */
export function valuesOf(bytes: Buffer): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? 0x80;
    at += 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size < 1 || size > 2 || at + size > bytes.length) return [];
      length = bytes.readUIntBE(at, size);
      at += size;
    }
    if (at + length > bytes.length) return [];
    values.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return values;
}

/** An object identifier, by its dotted numbers. */
export function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...others] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const number of [first! * 40 + second!, ...others]) {
    const groups = [number % 128];
    for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) groups.push((rest % 128) + 128);
    bytes.push(...groups.toReversed());
  }
  return der(Tag.ObjectIdentifier, Buffer.from(bytes));
}

/** The content of an object identifier as one writes it. */
export function dotted(content: Buffer): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...others] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...others].join(".");
}
