// Random rules of buf.validate for a value of a given type, and everything that rules name: messages are made near it.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type FieldRules, FieldRulesSchema, Ignore } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Random } from "../fuzz/random.js";

/** The name of a set of rules, as `FieldRules.type` has it. */
export type RuleKind = Exclude<FieldRules["type"]["case"], undefined | "repeated" | "map">;

type RulesInit = MessageInitShape<typeof FieldRulesSchema>;
type TypeInit = NonNullable<RulesInit["type"]>;

const words = ["", "a", "ab", "abc", "é", "日本", "😀", "a.b", "/x", ".md", "x-y", 'q"\\', "draft", "longer than most"];
const patterns = ["^[a-z]+$", "^a", "c$", "^[0-9]{2,4}$", "^(?:foo|ba[rz])$", "^x?y*z$"];
const formats = (
  "email hostname ip ipv4 ipv6 uri uriRef address uuid tuuid ipWithPrefixlen ipv4WithPrefixlen ipv6WithPrefixlen ipPrefix " +
  "ipv4Prefix ipv6Prefix hostAndPort ulid protobufFqn protobufDotFqn"
).split(" ");

/** Now, in seconds, when the run began. */
export const startSeconds: bigint = BigInt(Math.floor(Date.now() / 1000));

/** Random rules for a value, perhaps with `required` and `ignore`. */
export function randomRules(random: Random, kind: RuleKind | undefined, enumNumbers: readonly number[]): FieldRules {
  const rules: RulesInit = {};
  if (random.below(5) === 0) rules.required = true;
  if (random.below(4) === 0) rules.ignore = random.pick([Ignore.UNSPECIFIED, Ignore.IF_ZERO_VALUE, Ignore.ALWAYS]);
  if (kind !== undefined && random.below(5) > 0) rules.type = typeRules(random, kind, enumNumbers);
  return create(FieldRulesSchema, rules);
}

/** Wraps the rules of items in those of their list. */
export function listRules(random: Random, items: FieldRules | undefined): FieldRules {
  const value: Record<string, unknown> = {};
  if (items !== undefined) value["items"] = items;
  if (random.below(3) === 0) value["minItems"] = BigInt(random.below(4));
  if (random.below(3) === 0) value["maxItems"] = BigInt(random.below(5));
  if (random.below(3) === 0) value["unique"] = random.below(6) > 0;
  return aroundRules(random, { case: "repeated", value } as TypeInit);
}

/** Wraps the rules of keys and values in those of their map. */
export function mapRules(random: Random, keys: FieldRules | undefined, values: FieldRules | undefined): FieldRules {
  const value: Record<string, unknown> = {};
  if (keys !== undefined) value["keys"] = keys;
  if (values !== undefined) value["values"] = values;
  if (random.below(3) === 0) value["minPairs"] = BigInt(random.below(3));
  if (random.below(3) === 0) value["maxPairs"] = BigInt(random.below(4));
  return aroundRules(random, { case: "map", value } as TypeInit);
}

function aroundRules(random: Random, type: TypeInit): FieldRules {
  const rules: RulesInit = { type };
  if (random.below(6) === 0) rules.required = true;
  if (random.below(5) === 0) rules.ignore = random.pick([Ignore.UNSPECIFIED, Ignore.IF_ZERO_VALUE, Ignore.ALWAYS]);
  return create(FieldRulesSchema, rules);
}

function typeRules(random: Random, kind: RuleKind, enumNumbers: readonly number[]): TypeInit {
  const value = valueRules(random, kind, enumNumbers);
  return { case: kind, value } as unknown as TypeInit;
}

function valueRules(random: Random, kind: RuleKind, enumNumbers: readonly number[]): Record<string, unknown> {
  const some = <T>(make: () => T): T[] => Array.from({ length: 1 + random.below(6) }, make);
  const rules: Record<string, unknown> = {};
  const maybe = (name: string, oneIn: number, make: () => unknown): void => {
    if (random.below(oneIn) === 0) rules[name] = make();
  };
  const size = (): bigint => BigInt(random.below(8));
  switch (kind) {
    case "bool":
      maybe("const", 2, () => random.below(2) === 0);
      return rules;
    case "string": {
      const text = (): string => random.pick(words);
      maybe("const", 10, text);
      for (const name of ["len", "lenBytes"]) maybe(name, 10, size);
      for (const name of ["minLen", "maxLen", "minBytes", "maxBytes"]) maybe(name, 5, size);
      for (const name of ["prefix", "suffix", "contains", "notContains"]) maybe(name, 8, text);
      maybe("in", 8, () => some(text));
      maybe("notIn", 8, () => some(text));
      maybe("pattern", 8, () => random.pick(patterns));
      maybe("strict", 4, () => random.below(2) === 0);
      maybe("wellKnown", 2, () =>
        random.below(6) === 0
          ? { case: "wellKnownRegex", value: random.below(3) }
          : { case: random.pick(formats), value: random.below(8) > 0 },
      );
      return rules;
    }
    case "bytes": {
      const bytes = (): Uint8Array => new TextEncoder().encode(random.pick(words));
      maybe("const", 10, bytes);
      maybe("len", 10, size);
      for (const name of ["minLen", "maxLen"]) maybe(name, 4, size);
      for (const name of ["prefix", "suffix", "contains"]) maybe(name, 6, bytes);
      maybe("in", 6, () => some(bytes));
      maybe("notIn", 6, () => some(bytes));
      maybe("wellKnown", 3, () => ({ case: random.pick(["ip", "ipv4", "ipv6", "uuid"]), value: random.below(8) > 0 }));
      return rules;
    }
    case "enum": {
      const number = (): number => random.pick(enumNumbers);
      maybe("const", 6, number);
      maybe("definedOnly", 3, () => random.below(6) > 0);
      maybe("in", 4, () => some(number));
      maybe("notIn", 4, () => some(number));
      return rules;
    }
    case "any": {
      const url = (): string => `type.googleapis.com/${random.pick(["a.A", "b.B", "c.C"])}`;
      maybe("in", 2, () => some(url));
      maybe("notIn", 3, () => some(url));
      return rules;
    }
    case "fieldMask": {
      const path = (): string => random.pick(["a", "b", "a.b", "a.b.c", "ab", "c_d"]);
      maybe("const", 5, () => ({ paths: random.below(4) === 0 ? [] : some(path) }));
      maybe("in", 2, () => some(path));
      maybe("notIn", 2, () => some(path));
      return rules;
    }
    case "duration":
    case "timestamp":
      return timeRules(random, kind, rules, maybe, some);
    default: {
      const number = numberOf(random, kind);
      maybe("const", 8, number);
      maybe("in", 6, () => some(number));
      maybe("notIn", 6, () => some(number));
      maybe("lessThan", 2, () => ({ case: random.pick(["lt", "lte"]), value: number() }));
      maybe("greaterThan", 2, () => ({ case: random.pick(["gt", "gte"]), value: number() }));
      if (kind === "float" || kind === "double") maybe("finite", 4, () => random.below(4) > 0);
      return rules;
    }
  }
}

function timeRules(
  random: Random,
  kind: "duration" | "timestamp",
  rules: Record<string, unknown>,
  maybe: (name: string, oneIn: number, make: () => unknown) => void,
  some: <T>(make: () => T) => T[],
): Record<string, unknown> {
  const time = (): object => {
    const seconds = BigInt(random.below(20) - (kind === "duration" ? 10 : 0));
    const nanos = random.pick([0, 0, 1, 500_000_000, 999_999_999, 123_000]);
    return { seconds, nanos: seconds < 0n ? -nanos : nanos };
  };
  const end = (names: readonly [string, string], now: string): object =>
    kind === "timestamp" && random.below(3) === 0
      ? { case: now, value: random.below(6) > 0 }
      : { case: random.pick(names), value: time() };
  maybe("const", 8, time);
  maybe("lessThan", 2, () => end(["lt", "lte"], "ltNow"));
  maybe("greaterThan", 2, () => end(["gt", "gte"], "gtNow"));
  if (kind === "duration") {
    maybe("in", 6, () => some(time));
    maybe("notIn", 6, () => some(time));
  } else {
    maybe("within", 5, () => ({ seconds: 3600n, nanos: 0 }));
  }
  return rules;
}

const near = [0, 1, -1, 2, 5, 10, 100, 127, 1000];

/** Makes constants of a numeric type. */
function numberOf(random: Random, kind: string): () => number | bigint {
  switch (kind) {
    case "float":
    case "double": {
      const most = kind === "float" ? 3.4e38 : Number.MAX_VALUE;
      const odd = [0.1, -0.5, 1e21, 1e-7, -0, Number.NaN, Infinity, -Infinity, most];
      return () => (random.below(3) === 0 ? random.pick(odd) : random.pick(near));
    }
    case "int32":
    case "sint32":
    case "sfixed32":
      return () => random.pick([...near, 2147483647, -2147483648]);
    case "uint32":
    case "fixed32":
      return () => Math.abs(random.pick([...near, 4294967295]));
    case "uint64":
    case "fixed64":
      return () => random.pick([...near.map((one) => BigInt(Math.abs(one))), (1n << 64n) - 1n, 1n << 53n]);
    default:
      return () => random.pick([...near.map(BigInt), (1n << 63n) - 1n, -(1n << 63n), 1n << 53n]);
  }
}
