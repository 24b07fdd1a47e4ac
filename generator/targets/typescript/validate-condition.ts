// From what breaks a rule to the condition that finds it.
import type { Bound, Check, Constant, Test, TextFormat } from "../../model/checks/check.js";
import type { FileContext } from "./context.js";
import { bytesLiteral, type Condition, numberLiteral, only, stringLiteral } from "./validate-layout.js";

type RuntimeName = Parameters<FileContext["runtime"]>[0];

const formats: Readonly<Record<TextFormat, RuntimeName>> = {
  email: "isEmail",
  hostname: "isHostname",
  ip: "isIp",
  ipv4: "isIpv4",
  ipv6: "isIpv6",
  uri: "isUri",
  uri_ref: "isUriRef",
  address: "isAddress",
  uuid: "isUuid",
  tuuid: "isTrimmedUuid",
  ip_with_prefixlen: "isIpWithPrefixLength",
  ipv4_with_prefixlen: "isIpv4WithPrefixLength",
  ipv6_with_prefixlen: "isIpv6WithPrefixLength",
  ip_prefix: "isIpPrefix",
  ipv4_prefix: "isIpv4Prefix",
  ipv6_prefix: "isIpv6Prefix",
  host_and_port: "isHostAndPort",
  ulid: "isUlid",
  protobuf_fqn: "isProtobufFqn",
  protobuf_dot_fqn: "isProtobufDotFqn",
  header_name: "isHeaderName",
  loose_header_name: "isLooseHeaderName",
  header_value: "isHeaderValue",
  loose_header_value: "isLooseHeaderValue",
};

/** Longer constants are declared in front of the validator, so that conditions stay on their line. */
const maxInlineLength = 64;

/** What a condition needs to know beside its rule. */
export interface ConditionContext {
  readonly file: FileContext;
  /** The identifier that holds the value. */
  readonly value: string;
  /** The value is of type bytes, or a list of them. */
  readonly isBytes: boolean;
  /** For a list of wrappers, the expression for what they hold. */
  readonly unwrapped: string | undefined;
  /** The constant that is declared for a long literal; undefined where it stands for itself. */
  declared(literal: string): string | undefined;
  /** The expression that tells whether a text matches the pattern of the rule. */
  matches(text: string): string;
}

/** The literals of a rule that are too long for its condition. */
export function longLiterals(check: Check): string[] {
  const { test } = check;
  if (test.kind === "paths" && test.paths.length > 0) return [listLiteral(test.paths)];
  if (caseLabels(check) !== undefined || !("value" in test || "values" in test)) return [];
  const values = "values" in test ? test.values : [test.value];
  return values
    .filter((value) => typeof value === "string" || value instanceof Uint8Array)
    .map(literal)
    .filter((text) => text.length > maxInlineLength);
}

/** The condition under which a value breaks a rule. */
export function conditionOf({ test }: Check, context: ConditionContext): Condition {
  const { value, isBytes } = context;
  const runtime: Runtime = (name, ...args) => {
    const shown = args.map((argument) => context.declared(argument) ?? argument);
    return `${context.file.runtime(name)}(${shown.join(", ")})`;
  };
  const text = (constant: Constant): string => context.declared(literal(constant)) ?? literal(constant);
  switch (test.kind) {
    case "not_equal":
      return only(differs(value, test.value, runtime, text));
    case "not_in":
      return { operands: test.values.map((one) => differs(value, one, runtime, text)), operator: "&&" };
    case "in":
      return { operands: test.values.map((one) => equals(value, one, runtime, text)), operator: "||" };
    case "out_of_range":
      return range(value, test, runtime);
    case "not_a_number":
      return only(`Number.isNaN(${value})`);
    case "not_finite":
      return only(`!Number.isFinite(${value})`);
    case "size":
      return only(size(value, test, runtime));
    case "no_match":
      return only(`!${context.matches(isBytes ? runtime("utf8Text", value) : value)}`);
    case "no_prefix":
    case "no_suffix":
    case "lacks":
    case "contains":
      return only(part(value, test, runtime, text));
    case "no_format":
      return only(`!${runtime(formats[test.format], value)}`);
    case "no_length":
      return { operands: test.lengths.map((length) => `${value}.length !== ${length}`), operator: "&&" };
    case "empty":
      return only(isBytes ? `${value}.length === 0` : `${value} === ""`);
    case "not_unique":
      return only(`!${runtime(isBytes ? "isUniqueBytes" : "isUnique", context.unwrapped ?? value)}`);
    case "paths":
      return only(paths(value, test, runtime));
    case "future":
      return only(`${runtime("compareToNow", value)} > 0`);
    case "past":
      return only(`${runtime("compareToNow", value)} < 0`);
    case "not_near_now":
      return only(`!${runtime("isNearNow", value, ...timeArguments(test.within))}`);
  }
}

/** The labels of a `switch` for a long list; undefined where a condition is as clear. */
export function caseLabels({ test }: Check): string[] | undefined {
  if (test.kind !== "in" && test.kind !== "not_in") return undefined;
  if (test.values.length <= 3 || test.values.some((value) => typeof value === "object")) return undefined;
  return [...new Set(test.values.map(literal))];
}

type Runtime = (name: RuntimeName, ...args: string[]) => string;

type Text = (constant: Constant) => string;

function differs(value: string, constant: Constant, runtime: Runtime, text: Text): string {
  if (typeof constant === "boolean") return constant ? `!${value}` : value;
  if (constant instanceof Uint8Array) return `!${equals(value, constant, runtime, text)}`;
  if (typeof constant === "object") return `${compareTime(value, constant, runtime)} !== 0`;
  return `${value} !== ${text(constant)}`;
}

function equals(value: string, constant: Constant, runtime: Runtime, text: Text): string {
  if (constant instanceof Uint8Array) return runtime("equalsBytes", value, literal(constant));
  if (typeof constant === "object") return `${compareTime(value, constant, runtime)} === 0`;
  return `${value} === ${text(constant)}`;
}

function range(value: string, test: Extract<Test, { kind: "out_of_range" }>, runtime: Runtime): Condition {
  const { lower, upper, either, float } = test;
  const compare = (sign: "<" | ">", { value: end }: Bound, orEqual: boolean): string => {
    const operator = orEqual ? `${sign}=` : sign;
    return typeof end === "object" && !(end instanceof Uint8Array)
      ? `${compareTime(value, end, runtime)} ${operator} 0`
      : `${value} ${operator} ${literal(end)}`;
  };
  if (float) {
    // Said the other way around, so that NaN is out of every range.
    const inside = [
      ...(lower ? [compare(">", lower, lower.inclusive)] : []),
      ...(upper ? [compare("<", upper, upper.inclusive)] : []),
    ];
    return only(`!(${inside.join(either ? " || " : " && ")})`);
  }
  const outside = [
    ...(lower ? [compare("<", lower, !lower.inclusive)] : []),
    ...(upper ? [compare(">", upper, !upper.inclusive)] : []),
  ];
  return { operands: outside, operator: either ? "&&" : "||" };
}

const sizeFunctions = {
  code_points: { less: "isShorterThan", more: "isLongerThan", other: "codePointCount" },
  utf8: { less: "isShorterInUtf8", more: "isLongerInUtf8", other: "utf8Length" },
} as const;

function size(value: string, test: Extract<Test, { kind: "size" }>, runtime: Runtime): string {
  // No length comes near to what a number cannot hold.
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  const count = String(test.count < most ? test.count : most);
  const operator = { less: "<", more: ">", other: "!==" }[test.is];
  switch (test.of) {
    case "code_points":
    case "utf8":
      if (test.is === "less" && test.count === 1n) return `${value} === ""`;
      if (test.is === "other") return `${runtime(sizeFunctions[test.of].other, value)} !== ${count}`;
      return runtime(sizeFunctions[test.of][test.is], value, count);
    case "entries":
      return `${runtime("entryCount", value)} ${operator} ${count}`;
    default:
      return `${value}.length ${operator} ${count}`;
  }
}

const partFunctions = {
  no_prefix: ["startsWith", "startsWithBytes"],
  no_suffix: ["endsWith", "endsWithBytes"],
  lacks: ["includes", "containsBytes"],
  contains: ["includes", "containsBytes"],
} as const;

function part(
  value: string,
  test: Extract<Test, { kind: "no_prefix" | "no_suffix" | "lacks" | "contains" }>,
  runtime: Runtime,
  text: Text,
): string {
  const [method, helper] = partFunctions[test.kind];
  const holds =
    typeof test.value === "string"
      ? `${value}.${method}(${text(test.value)})`
      : runtime(helper, value, literal(test.value));
  return test.kind === "contains" ? holds : `!${holds}`;
}

function paths(value: string, { lead, paths: named }: Extract<Test, { kind: "paths" }>, runtime: Runtime): string {
  if (named.length === 0) return `${value}.length > 0`;
  const list = listLiteral(named);
  switch (lead) {
    case "elsewhere":
      return `!${runtime("equalsPaths", value, list)}`;
    case "outside":
      return `!${runtime("isWithinPaths", value, list)}`;
    case "inside":
      return runtime("touchesPaths", value, list);
  }
}

function listLiteral(values: readonly string[]): string {
  return `[${values.map(stringLiteral).join(", ")}]`;
}

function compareTime(value: string, constant: { seconds: bigint; nanos: number }, runtime: Runtime): string {
  return runtime("compareTime", value, ...timeArguments(constant));
}

function timeArguments({ seconds, nanos }: { seconds: bigint; nanos: number }): string[] {
  return nanos === 0 ? [`${seconds}n`] : [`${seconds}n`, String(nanos)];
}

function literal(constant: Constant): string {
  switch (typeof constant) {
    case "number":
      return numberLiteral(constant);
    case "bigint":
      return `${constant}n`;
    case "string":
      return stringLiteral(constant);
    default:
      return constant instanceof Uint8Array ? bytesLiteral(constant) : String(constant);
  }
}
