// Byte strings that nobody who means well would send, each made of a valid encoding.
import type { DescMessage } from "@bufbuild/protobuf";
import { mutate } from "../fuzz/mutate.js";
import { Random } from "../fuzz/random.js";

/** Encodings up to this length are cut at every byte, longer ones at as many random places. */
const everyCut = 48;
const maxBytes = 16_384;

/** Hostile variants of an encoding of the message. */
export function* hostileBytes(desc: DescMessage, valid: Uint8Array, seed: number): Generator<Uint8Array> {
  const random = new Random(seed);
  const bytes = valid.length > maxBytes ? valid.slice(0, maxBytes) : valid;
  const cuts = Math.min(bytes.length, everyCut);
  for (let i = 0; i < cuts; i++) yield bytes.slice(0, bytes.length <= everyCut ? i : random.below(bytes.length));
  for (let i = Math.min(bytes.length, 16); i > 0; i--) yield flipped(bytes, random);
  for (let i = 0; i < 16; i++) yield mutate(bytes, random, [bytes]);
  if (bytes.length > 0) yield withLongVarint(bytes, random);
  if (random.below(4) === 0) yield giantLength(desc, bytes, random);
  if (random.below(8) === 0) yield nested(desc, bytes, random);
}

function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice();
  const at = random.below(copy.length);
  copy[at] = copy[at]! ^ (1 << random.below(8));
  return copy;
}

/** The first byte below 128 behind a random place becomes a varint of more bytes with the same value. */
function withLongVarint(bytes: Uint8Array, random: Random): Uint8Array {
  const at = bytes.findIndex((byte, i) => byte < 128 && i >= random.below(bytes.length));
  if (at < 0) return bytes;
  const padding = Array.from({ length: random.below(12) }, () => 0x80);
  const long = padding.length === 0 ? [bytes[at]!] : [bytes[at]! | 0x80, ...padding.slice(1), 0];
  return concat(bytes.subarray(0, at), long, bytes.subarray(at + 1));
}

/** A field, known or not, that claims to be up to 4 GiB long. */
function giantLength(desc: DescMessage, bytes: Uint8Array, random: Random): Uint8Array {
  const number = desc.fields[random.below(desc.fields.length)]?.number ?? 7;
  const length = random.pick([0x7fffffff, 0xffffffff, 0x80000000, 0x40000000, bytes.length + 1]);
  return concat(varint(number * 8 + 2), varint(length), bytes);
}

/** The encoding, wrapped many times in a field that holds the message itself, or in groups that nobody knows. */
function nested(desc: DescMessage, bytes: Uint8Array, random: Random): Uint8Array {
  const recursive = desc.fields.filter(({ message, fieldKind }) => message === desc && fieldKind !== "map");
  const field = recursive[random.below(recursive.length)];
  const levels = random.pick([1, 2, 97, 98, 99, 100, 101, 300]);
  if (field === undefined || ("delimitedEncoding" in field && field.delimitedEncoding)) {
    const number = field?.number ?? 18_999;
    const start = varint(number * 8 + 3);
    const end = varint(number * 8 + 4);
    return concat(...repeat(start, levels), bytes.length < 1000 ? bytes : [], ...repeat(end, levels));
  }
  let inner = bytes.length < 1000 ? bytes : new Uint8Array(0);
  for (let i = 0; i < levels; i++) inner = concat(varint(field.number * 8 + 2), varint(inner.length), inner);
  return inner;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

function repeat<T>(item: T, count: number): T[] {
  return Array.from({ length: count }, () => item);
}

function concat(...parts: ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
