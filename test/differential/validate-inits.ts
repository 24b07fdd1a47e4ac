// Random init objects near what the rules of their fields name. Made by hand rather than by fast-check: the run makes
// millions of them.
import { type DescField, type DescMessage, getOption, isFieldSet, ScalarType } from "@bufbuild/protobuf";
import {
  field as fieldExtension,
  type FieldRules,
  FieldRulesSchema,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import type { Random } from "../fuzz/random.js";
import { formatSamples } from "./validate-samples.js";
import { startSeconds } from "./validate-rules.js";

/** How deep messages nest in one another. */
const maxNesting = 2;

/** What the rules of a value name. */
interface Named {
  readonly numbers: (number | bigint)[];
  readonly texts: string[];
  readonly bytes: Uint8Array[];
  readonly times: { seconds: bigint; nanos: number }[];
}

const none: Named = { numbers: [], texts: [], bytes: [], times: [] };

/** What the rules of a field name, of its items or entries apart. */
interface FieldNames {
  readonly whole: Named;
  readonly value: Named;
  readonly key: Named;
}

const cache = new WeakMap<DescField, FieldNames>();

/** A random init object of a message. */
export function randomInit(desc: DescMessage, random: Random, nesting = 0): Record<string, unknown> {
  const init: Record<string, unknown> = {};
  for (const member of desc.members) {
    if (random.below(5) === 0) continue;
    if (member.kind === "oneof") {
      const field = random.pick(member.fields);
      if (nesting >= maxNesting && field.message !== undefined) continue;
      init[member.localName] = { case: field.localName, value: valueOf(field, random, nesting) };
      continue;
    }
    if (nesting >= maxNesting && member.message !== undefined) continue;
    init[member.localName] = fieldValue(member, random, nesting);
  }
  return init;
}

function fieldValue(field: DescField, random: Random, nesting: number): unknown {
  if (field.fieldKind === "list") {
    const count = random.below(12) === 0 ? 17 + random.below(8) : random.below(6);
    const items = Array.from({ length: field.message === undefined ? count : count % 3 }, () =>
      valueOf(field, random, nesting),
    );
    if (items.length > 1 && random.below(3) === 0)
      items[random.below(items.length)] = items[random.below(items.length)];
    return items;
  }
  if (field.fieldKind === "map") {
    const entries: Record<string, unknown> = {};
    for (let i = random.below(5); i > 0; i--) {
      const key = keyOf(field, random);
      // Assigning would set the prototype.
      Object.defineProperty(entries, key, { value: valueOf(field, random, nesting), ...ordinary });
    }
    return entries;
  }
  return valueOf(field, random, nesting);
}

const ordinary = { enumerable: true, configurable: true, writable: true };

function keyOf(field: DescField & { fieldKind: "map" }, random: Random): string {
  if (field.mapKey === ScalarType.STRING && random.below(6) === 0) {
    return random.pick(["__proto__", "constructor", 'a"b\\c', "line\r\n", ""]);
  }
  return String(scalarOf(field.mapKey, namesOf(field).key, random));
}

function valueOf(field: DescField, random: Random, nesting: number): unknown {
  const names = namesOf(field);
  const named = field.fieldKind === "list" || field.fieldKind === "map" ? names.value : names.whole;
  if (field.scalar !== undefined) {
    const value = scalarOf(field.scalar, named, random);
    return "longAsString" in field && field.longAsString ? String(value) : value;
  }
  if (field.enum !== undefined) {
    return random.below(6) === 0 ? random.pick([77, -1, 3]) : random.pick(field.enum.values).number;
  }
  const message = field.message!;
  switch (message.typeName) {
    case "google.protobuf.Any":
      return random.below(6) === 0 ? {} : { typeUrl: textOf(named, random) };
    case "google.protobuf.FieldMask":
      return random.below(6) === 0 ? {} : { paths: pathsOf(named, random) };
    case "google.protobuf.Duration":
    case "google.protobuf.Timestamp":
      return timeOf(named, random);
  }
  if (message.file.proto.name === "google/protobuf/wrappers.proto") {
    const value = scalarOf(message.fields[0]!.scalar!, named, random);
    if (field.fieldKind === "message" && field.oneof === undefined) return value;
    return random.below(6) === 0 ? {} : { value };
  }
  return randomInit(message, random, nesting + 1);
}

function scalarOf(type: ScalarType, named: Named, random: Random): unknown {
  switch (type) {
    case ScalarType.BOOL:
      return random.below(2) === 0;
    case ScalarType.STRING:
      return textOf(named, random);
    case ScalarType.BYTES:
      return bytesOf(named, random);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT: {
      if (random.below(5) === 0) return random.pick([0, -0, Number.NaN, Infinity, -Infinity, 1e-7]);
      return Number(random.pick([0, 1, ...named.numbers])) + random.pick([0, 0, 0, 0.25, -0.25, 1, -1]);
    }
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return Number(BigInt.asIntN(32, integerOf(named, random)));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return Number(BigInt.asUintN(32, integerOf(named, random)));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return BigInt.asUintN(64, integerOf(named, random));
    default:
      return BigInt.asIntN(64, integerOf(named, random));
  }
}

function integerOf({ numbers }: Named, random: Random): bigint {
  if (random.below(10) === 0) return BigInt(random.below(0x7fffffff)) * BigInt(random.below(0x7fffffff));
  const number = random.pick([0, 1, ...numbers]);
  const whole = typeof number === "bigint" ? number : BigInt(Math.trunc(Number.isFinite(number) ? number : 0));
  return whole + BigInt(random.below(3) - 1);
}

const units = ["x", "a", "é", "€", "😀", "\ud800", "\udc00"];

function textOf({ texts, numbers }: Named, random: Random): string {
  switch (random.below(8)) {
    case 0:
      return random.pick(["", "a", "abc", "foo", "bar", "12", "c"]);
    case 1:
      return random.pick(["", "a", ...texts]) + random.pick(["", "a", ...texts]) + random.pick(["", ...texts]);
    case 2:
    case 3: {
      const length = Number(random.pick([0, 1, ...numbers])) + random.below(3) - 1;
      if (length > 400) return "x";
      let text = "";
      for (let i = 0; i < length; i++) text += random.pick(units);
      return text;
    }
    case 4:
    case 5:
      return random.pick(formatSamples);
    case 6:
      return changed(random.pick(formatSamples), random);
    default:
      return changed(random.pick(["a", ...texts]), random);
  }
}

/** Text with one character dropped, doubled or replaced. */
function changed(whole: string, random: Random): string {
  const at = random.below(whole.length + 1);
  const by = random.pick(["", "", "-", ".", ":", "/", "%", "A", "0", "\n", "é", whole.slice(at, at + 1).repeat(2)]);
  return whole.slice(0, at) + by + whole.slice(at + 1);
}

function bytesOf({ bytes, numbers }: Named, random: Random): Uint8Array {
  if (random.below(2) === 0) {
    const parts = [0, 1, 2].map(() => random.pick([new Uint8Array(0), ...bytes]));
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }
  const length = Number(random.pick([0, 1, 4, 16, ...numbers])) + random.below(3) - 1;
  return new Uint8Array(Math.min(Math.max(length, 0), 100)).fill(random.pick([0, 97, 255]));
}

function pathsOf({ texts }: Named, random: Random): string[] {
  if (random.below(3) === 0) return [...texts];
  const name = (): string => random.pick(["a", "ab", "b", "", ...texts]);
  return Array.from({ length: random.below(4) }, () => (random.below(3) === 0 ? `${name()}.${name()}` : name()));
}

function timeOf({ times }: Named, random: Random): Record<string, unknown> {
  if (random.below(3) === 0) {
    // Far enough from now, and from an hour away of it, that the time a run takes makes no difference.
    const offset = BigInt(random.pick([-1_000_000, -100_000, 100_000, 1_000_000]));
    return { seconds: startSeconds + offset, nanos: random.below(1_000_000_000) };
  }
  const { seconds, nanos } = random.pick([{ seconds: 0n, nanos: 0 }, ...times]);
  const time: Record<string, unknown> = {};
  if (random.below(8) > 0) time["seconds"] = seconds + BigInt(random.pick([0, 0, 0, 1, -1]));
  if (random.below(8) > 0) time["nanos"] = nanos + random.pick([0, 0, 1, -1]);
  return time;
}

function namesOf(field: DescField): FieldNames {
  const known = cache.get(field);
  if (known !== undefined) return known;
  const rules = getOption(field, fieldExtension);
  const { type } = rules;
  const names: FieldNames = {
    whole: collected(rules),
    value: collected(type.case === "repeated" ? type.value.items : type.case === "map" ? type.value.values : undefined),
    key: collected(type.case === "map" ? type.value.keys : undefined),
  };
  cache.set(field, names);
  return names;
}

function collected(rules: FieldRules | undefined): Named {
  if (rules === undefined) return none;
  const named: Named = { numbers: [], texts: [], bytes: [], times: [] };
  collect(reflect(FieldRulesSchema, rules), named);
  return named;
}

function collect(message: ReflectMessage, named: Named): void {
  for (const field of message.fields) {
    if (!isFieldSet(message.message, field)) continue;
    const value: unknown = message.get(field);
    const values: readonly unknown[] = field.fieldKind === "list" ? [...message.get(field)] : [value];
    for (const one of values) {
      if (typeof one === "number" || typeof one === "bigint") named.numbers.push(one);
      else if (typeof one === "string") named.texts.push(one);
      else if (one instanceof Uint8Array) named.bytes.push(one);
      else if (/\.(?:Duration|Timestamp)$/.test(field.message?.typeName ?? "")) {
        const { seconds, nanos } = (one as ReflectMessage).message as unknown as { seconds: bigint; nanos: number };
        named.times.push({ seconds, nanos });
      } else if (field.message !== undefined) collect(one as ReflectMessage, named);
    }
  }
}
