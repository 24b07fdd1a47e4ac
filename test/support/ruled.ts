// Random messages that keep close to the rules of their schema: what a rule names, and what is next to it, comes up often.
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  getExtension,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import type { DescExtension, FileRegistry } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { textOf } from "./arbitrary.js";

/** How deep messages nest in one another. */
const maxNesting = 3;

/** What the rules of a field name. */
interface Named {
  readonly numbers: number[];
  readonly texts: string[];
  readonly bytes: Uint8Array[];
}

/** Init objects of a message with rules. */
export function ruledInitOf(
  desc: DescMessage,
  registry: FileRegistry,
  nesting = 0,
): fc.Arbitrary<Record<string, unknown>> {
  const wellKnown = timeOf(desc);
  if (wellKnown !== undefined) return wellKnown;
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  // protobuf-es takes what every object inherits for an init value; only fields that are set can be compared there.
  const inherited = desc.members.map((member) => member.localName).filter((name) => name in Object.prototype);
  for (const member of desc.members) {
    if (member.kind === "oneof") {
      const cases = member.fields
        .filter((field) => nesting < maxNesting || field.message === undefined)
        .map((field) => valueOf(field, registry, nesting).map((value) => ({ case: field.localName, value })));
      members[member.localName] = fc.oneof(fc.constant({ case: undefined }), ...cases);
      continue;
    }
    const value = fieldOf(member, registry, nesting);
    if (value !== undefined) members[member.localName] = value;
  }
  return fc.record(members, { requiredKeys: inherited, noNullPrototype: true });
}

function fieldOf(field: DescField, registry: FileRegistry, nesting: number): fc.Arbitrary<unknown> | undefined {
  if (nesting >= maxNesting && field.message !== undefined) return undefined;
  if (field.fieldKind === "list") {
    const value = valueOf(field, registry, nesting);
    const twice = fc.tuple(value, value).map(([a, b]) => [a, b, a]);
    const few = { arbitrary: fc.array(value, { maxLength: 5 }), weight: 5 };
    if (field.message !== undefined) return fc.oneof(few, twice);
    // Long lists take another way through the check for duplicates.
    return fc.oneof(few, twice, fc.array(value, { minLength: 17, maxLength: 40 }));
  }
  if (field.fieldKind === "map") {
    const entry = fc.tuple(keyOf(field, registry), valueOf(field, registry, nesting));
    return fc.array(entry, { maxLength: 5 }).map((entries) => Object.fromEntries(entries));
  }
  return valueOf(field, registry, nesting);
}

function valueOf(field: DescField, registry: FileRegistry, nesting: number): fc.Arbitrary<unknown> {
  const named = namedBy(field, registry);
  if (field.scalar !== undefined) {
    const asText = "longAsString" in field && field.longAsString;
    const value = scalarOf(field.scalar, named);
    return asText ? value.map(String) : value;
  }
  if (field.enum !== undefined) return enumOf(field.enum);
  const message = field.message!;
  if (message.typeName === "google.protobuf.Struct") return fc.constant({ a: 1 });
  const isWrapper = /^google\.protobuf\.\w+Value$/.test(message.typeName);
  if (isWrapper) {
    const value = scalarOf(message.fields[0]!.scalar!, named);
    const unwrapped = field.fieldKind === "message" && field.oneof === undefined;
    return unwrapped ? value : fc.record({ value }, { requiredKeys: [], noNullPrototype: true });
  }
  if (message.typeName === "google.protobuf.FieldMask") {
    const name = fc.constantFrom("a", "ab", "b", "", ...named.texts);
    const path = fc.oneof(
      name,
      fc.tuple(name, name).map(([a, b]) => `${a}.${b}`),
      changed(name),
    );
    const paths = fc.oneof(fc.array(path, { maxLength: 3 }), fc.constant(named.texts));
    return fc.record({ paths }, { requiredKeys: [], noNullPrototype: true });
  }
  if (message.typeName === "google.protobuf.Any") {
    return fc.record({ typeUrl: text(named) }, { requiredKeys: [], noNullPrototype: true });
  }
  return ruledInitOf(message, registry, nesting + 1);
}

function keyOf(field: DescField & { fieldKind: "map" }, registry: FileRegistry): fc.Arbitrary<string> {
  const special = fc.constantFrom("__proto__", "constructor", 'a"b\\c', "line\r\n", "");
  const key = scalarOf(field.mapKey, namedBy(field, registry)).map(String);
  return field.mapKey === ScalarType.STRING ? fc.oneof({ arbitrary: key, weight: 4 }, special) : key;
}

function enumOf({ open, values }: DescEnum): fc.Arbitrary<number> {
  const known = fc.constantFrom(...values.map((value) => value.number));
  return open ? fc.oneof({ arbitrary: known, weight: 3 }, fc.constantFrom(77, -1, 3)) : known;
}

function timeOf(desc: DescMessage): fc.Arbitrary<Record<string, unknown>> | undefined {
  if (desc.typeName !== "google.protobuf.Timestamp" && desc.typeName !== "google.protobuf.Duration") return undefined;
  // Far enough from the limits of `within` that the time between two calls makes no difference.
  const now = BigInt(Math.floor(Date.now() / 1000));
  const around = [-100_000n, -4000n, -3000n, 3000n, 4000n, 100_000n].map((offset) => now + offset);
  const seconds = fc.constantFrom(
    -11n,
    -10n,
    -1n,
    0n,
    1n,
    2n,
    4n,
    5n,
    6n,
    9n,
    10n,
    60n,
    61n,
    1_577_836_799n,
    1_577_836_800n,
    4_102_444_800n,
    ...around,
  );
  const nanos = fc.constantFrom(0, 0, 0, 1, 500_000_000, 999_999_999, -5);
  return fc.record({ seconds, nanos }, { requiredKeys: [], noNullPrototype: true });
}

function scalarOf(type: ScalarType, named: Named): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return text(named);
    case ScalarType.BYTES:
      return bytes(named);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return fc.oneof(near(named, 0.25), fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity));
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.oneof(near(named, 1).map(Math.trunc).filter(isInt32), fc.integer());
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.oneof(
        near(named, 1).map((value) => Math.trunc(value) >>> 0),
        fc.integer({ min: 0, max: 0xffffffff }),
      );
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return long(named).map((value) => BigInt.asUintN(64, value));
    default:
      return long(named).map((value) => BigInt.asIntN(64, value));
  }
}

function isInt32(value: number): boolean {
  return value === (value | 0);
}

function near({ numbers }: Named, step: number): fc.Arbitrary<number> {
  return fc.constantFrom(...[0, 1, ...numbers].flatMap((number) => [number - step, number, number + step]));
}

function long(named: Named): fc.Arbitrary<bigint> {
  const close = near(named, 1)
    .filter(Number.isSafeInteger)
    .map((value) => BigInt(Math.trunc(value)));
  return fc.oneof(
    close,
    fc.bigInt(-(1n << 63n), (1n << 64n) - 1n),
    fc.constantFrom(0n, (1n << 64n) - 1n, -(1n << 63n)),
  );
}

function text({ texts, numbers }: Named): fc.Arbitrary<string> {
  const lengths = numbers.flatMap((number) => (number <= 300 ? [number - 1, number, number + 1] : []));
  const units = fc.constantFrom("x", "é", "€", "😀", "\ud800", "a");
  const sized = fc
    .tuple(fc.constantFrom(0, 1, ...lengths.filter((length) => length > 0)), units)
    .map(([length, unit]) => unit.repeat(length));
  const known = fc.constantFrom("a", "abc", "a-b", "ab-c1", "no1", "+1 (2)", ...texts);
  const joined = fc.tuple(known, known).map(([a, b]) => a + b);
  return fc.oneof(known, joined, sized, changed(known), fc.stringMatching(/^[a-z_]{0,9}$/), textOf());
}

/** Text with one character dropped, doubled or replaced. */
function changed(known: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(known, fc.nat(), fc.constantFrom("", "-", ".", "A", "\n", "é")).map(([whole, at, by]) => {
    const index = at % (whole.length + 1);
    return whole.slice(0, index) + by + whole.slice(index + 1);
  });
}

function bytes({ bytes: known, numbers }: Named): fc.Arbitrary<Uint8Array> {
  const lengths = [0, 4, 16, ...numbers.filter((number) => number <= 300)].flatMap((number) => [number, number + 1]);
  const sized = fc.constantFrom(...lengths).map((length) => new Uint8Array(length).fill(97));
  const part = fc.constantFrom(new Uint8Array(0), ...known);
  const joined = fc.tuple(part, part, part).map((parts) => Uint8Array.from(parts.flatMap((one) => [...one])));
  return fc.oneof(sized, part, joined, fc.uint8Array({ maxLength: 20 }));
}

const cache = new Map<DescField, Named>();

/** Everything that the rules of a field name, at any depth. */
function namedBy(field: DescField, registry: FileRegistry): Named {
  const known = cache.get(field);
  if (known !== undefined) return known;
  const named: Named = { numbers: [], texts: [], bytes: [] };
  cache.set(field, named);
  const extension = registry.getExtension("buf.validate.field") as DescExtension | undefined;
  if (extension?.message !== undefined && field.proto.options !== undefined) {
    collect(reflect(extension.message, getExtension(field.proto.options, extension) as Message), named);
  }
  return named;
}

function collect(message: ReflectMessage, named: Named): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const value = message.get(field);
    const values = field.fieldKind === "list" ? [...message.get(field)] : [value];
    for (const one of values) {
      if (typeof one === "number" || typeof one === "bigint") named.numbers.push(Number(one));
      else if (typeof one === "string") named.texts.push(one);
      else if (one instanceof Uint8Array) named.bytes.push(one);
      else if (field.message !== undefined) collect(one as ReflectMessage, named);
    }
  }
}
