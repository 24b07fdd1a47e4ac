// Random init objects for any message, for property tests and as seeds of fuzzing.
import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescOneof,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";

/** How deep messages nest in one another. */
const maxNesting = 3;

/** Init objects of a message: any field may be missing, required ones excepted. */
export function initOf(desc: DescMessage, nesting = 0): fc.Arbitrary<Record<string, unknown>> {
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const member of desc.members) {
    const value = member.kind === "oneof" ? oneofOf(member, nesting) : fieldOf(member, nesting);
    if (value === undefined) continue;
    members[member.localName] = value;
    // protobuf-es takes what every object inherits for an init value; only fields that are set can be compared there.
    const inherited = member.localName in Object.prototype;
    if (inherited || (member.kind === "field" && member.presence === Presence.LEGACY_REQUIRED)) {
      required.push(member.localName);
    }
  }
  return fc.record(members, { requiredKeys: required, noNullPrototype: true });
}

/** Values of a field; undefined when it would nest too deep and may be missing. */
function fieldOf(field: DescField, nesting: number): fc.Arbitrary<unknown> | undefined {
  const tooDeep = nesting >= maxNesting && field.message !== undefined && !isJson(field);
  if (tooDeep && field.presence !== Presence.LEGACY_REQUIRED) return undefined;
  switch (field.fieldKind) {
    case "scalar":
    case "enum":
    case "message":
      return singularOf(field, nesting);
    case "list":
      return fc.array(singularOf(field, nesting + 1), { maxLength: 4 });
    case "map":
      return fc
        .array(fc.tuple(keyOf(field.mapKey), singularOf(field, nesting + 1)), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries));
  }
}

function oneofOf(oneof: DescOneof, nesting: number): fc.Arbitrary<unknown> {
  const cases = oneof.fields
    .filter((field) => nesting < maxNesting || field.message === undefined)
    .map((field) => singularOf(field, nesting).map((value) => ({ case: field.localName, value })));
  return fc.oneof(fc.constant({ case: undefined }), ...cases);
}

/** One value of the field: an element of a list, a value of a map. */
function singularOf(field: DescField, nesting: number): fc.Arbitrary<unknown> {
  if (field.scalar !== undefined) return scalarOf(field.scalar, field.fieldKind !== "map" && field.longAsString);
  if (field.enum !== undefined) return enumOf(field.enum);
  if (isJson(field)) return jsonOf();
  const wrapped = field.fieldKind === "message" && field.oneof === undefined ? wrappedScalar(field.message) : undefined;
  if (wrapped !== undefined) return scalarOf(wrapped, false);
  return initOf(field.message!, nesting + 1);
}

/** What a wrapper such as google.protobuf.Int64Value wraps; undefined for other messages. */
export function wrappedScalar(message: DescMessage): ScalarType | undefined {
  return /^google\.protobuf\.\w+Value$/.test(message.typeName) && message.typeName !== "google.protobuf.ListValue"
    ? message.fields[0]?.scalar
    : undefined;
}

/** Whether the field holds a google.protobuf.Struct as JSON. */
export function isJson(field: DescField | DescExtension): boolean {
  return field.message?.typeName === "google.protobuf.Struct" && field.parent?.typeName !== "google.protobuf.Value";
}

/** Objects of JSON. */
export function jsonOf(): fc.Arbitrary<unknown> {
  return fc.dictionary(textOf(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3, noNullPrototype: true });
}

/** Numbers of an enum; of an open one any. */
export function enumOf({ open, values }: DescEnum): fc.Arbitrary<number> {
  const known = fc.constantFrom(...values.map((value) => value.number));
  return open ? fc.oneof(known, fc.integer()) : known;
}

/** Text that is mostly short and ASCII, with everything that strings can hold in between. */
export function textOf(): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.string({ maxLength: 40 }), weight: 4 },
    { arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }), weight: 2 },
    { arbitrary: fc.string({ unit: "binary", maxLength: 400 }), weight: 1 },
    { arbitrary: fc.integer({ min: 0, max: 6000 }).map((length) => "x".repeat(length)), weight: 1 },
    // Each half of a pair alone is no valid text and becomes U+FFFD.
    { arbitrary: fc.constantFrom("\ud800", "a\udc00b", "\ud83d\ude00", "\ufeff", "\ufffd", "\u0000"), weight: 1 },
  );
}

/** Keys of a map, as the properties that hold its values. */
export function keyOf(type: ScalarType): fc.Arbitrary<string> {
  if (type === ScalarType.STRING) {
    return fc.oneof(textOf(), fc.constantFrom("__proto__", "constructor", "toString", ""));
  }
  return scalarOf(type, false).map(String);
}

const edges32 = [0, 1, -1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, 2147483647, -2147483648];

/** Values of a scalar type, its edges more often than chance has them; 64-bit integers as text where asked for. */
export function scalarOf(type: ScalarType, asText: boolean): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.DOUBLE:
      return fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity));
    case ScalarType.FLOAT:
      return fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity));
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.oneof(fc.integer(), fc.constantFrom(...edges32));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(...edges32.map((edge) => edge >>> 0)));
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return text(
        edges64((bits) => BigInt.asIntN(64, bits)),
        asText,
      );
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return text(
        edges64((bits) => BigInt.asUintN(64, bits)),
        asText,
      );
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return textOf();
    case ScalarType.BYTES:
      return fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(5000).fill(7)));
  }
}

/** 64-bit integers, with those around each power of two more often than chance has them. */
function edges64(wrap: (bits: bigint) => bigint): fc.Arbitrary<bigint> {
  const near = fc.tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: -2, max: 2 }), fc.boolean());
  const powers = near.map(([power, offset, minus]) => (1n << BigInt(power)) * (minus ? -1n : 1n) + BigInt(offset));
  return fc.oneof(fc.bigInt(-(1n << 63n), (1n << 64n) - 1n), powers).map(wrap);
}

function text(arbitrary: fc.Arbitrary<bigint>, asText: boolean): fc.Arbitrary<bigint | string> {
  return asText ? arbitrary.map(String) : arbitrary;
}
