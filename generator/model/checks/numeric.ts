import type { DoubleRules, Int64Rules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Bound, Check, Constant, Test } from "./check.js";
import type { RuleSet } from "./rule-set.js";

/** The rules of any numeric type: all have the same names. */
export type NumericRules = DoubleRules | (Omit<Int64Rules, "$typeName"> & { $typeName: DoubleRules["$typeName"] });

/** One end of a range with the name of its rule and the words for it. */
interface NamedBound extends Bound {
  readonly name: "lt" | "lte" | "gt" | "gte";
  readonly words: string;
}

/** The checks of numeric rules: const, range, in, not_in, finite. */
export function numericChecks(set: RuleSet<NumericRules>): Check[] {
  const type = set.path.slice(set.path.lastIndexOf(".") + 1);
  const checks: Check[] = [];
  const add = (rule: string, check: Pick<Check, "test" | "message">): void => {
    checks.push({ ruleId: `${type}.${rule}`, rulePath: set.at(rule), ...check });
  };
  const isFloat = type === "float" || type === "double";

  const constant = set.take("const");
  if (constant !== undefined) {
    add("const", { test: { kind: "not_equal", value: constant }, message: `must equal ${String(constant)}` });
  }
  const { lower, upper } = readBounds(set);
  const range = rangeCheck(lower, upper, type, set.path, isFloat, compareNumbers);
  if (range !== undefined) checks.push(...withoutNaN(range));
  const allowed = set.take("in") ?? [];
  if (allowed.length > 0) {
    add("in", { test: { kind: "not_in", values: allowed }, message: `must be in list ${list(allowed)}` });
  }
  const forbidden = set.take("notIn") ?? [];
  if (forbidden.length > 0) {
    add("not_in", { test: { kind: "in", values: forbidden }, message: `must not be in list ${list(forbidden)}` });
  }
  if ((set as RuleSet<DoubleRules>).take("finite") === true) {
    add("finite", { test: { kind: "not_finite" }, message: "must be finite" });
  }
  (set as RuleSet<DoubleRules>).take("example");
  set.finish();
  return checks;
}

/**
 * The check of a range. Both ends together are one rule, which stands where the lower end does; a range whose upper end
 * is the smaller one allows what lies outside of it.
 */
export function rangeCheck<B extends NamedBound>(
  lower: B | undefined,
  upper: B | undefined,
  type: string,
  path: string,
  float: boolean,
  compare: (a: B["value"], b: B["value"]) => number,
): Check | undefined {
  const first = lower ?? upper;
  if (first === undefined) return undefined;
  const either = lower !== undefined && upper !== undefined && compare(upper.value, lower.value) < 0;
  const ends = [lower, upper].filter((end) => end !== undefined);
  const joined = ends.map((end) => end.words).join(either ? " or " : " and ");
  return {
    test: { kind: "out_of_range", lower, upper, either, float },
    ruleId: `${type}.${ends.map((end) => end.name).join("_")}${either ? "_exclusive" : ""}`,
    rulePath: `${path}.${first.name}`,
    message: `must be ${joined}`,
  };
}

/** An end of a range; `shown` is the value as messages show it. */
export function namedBound(name: NamedBound["name"], value: Constant, shown: string): NamedBound {
  const words = {
    lt: "less than",
    lte: "less than or equal to",
    gt: "greater than",
    gte: "greater than or equal to",
  };
  return { name, value, inclusive: name.length === 3, words: `${words[name]} ${shown}` };
}

function readBounds(set: RuleSet<NumericRules>): { lower: NamedBound | undefined; upper: NamedBound | undefined } {
  const read = (end: NumericRules["lessThan"] | NumericRules["greaterThan"] | undefined): NamedBound | undefined => {
    if (end?.case === undefined) return undefined;
    return namedBound(end.case, end.value, String(end.value));
  };
  return { lower: read(set.take("greaterThan")), upper: read(set.take("lessThan")) };
}

/** A range that ends at NaN: as in protovalidate, alone it refuses nothing but NaN, and beside another end nothing. */
function withoutNaN(range: Check): Check[] {
  const { lower, upper } = range.test as Extract<Test, { kind: "out_of_range" }>;
  const ends = [lower, upper].filter((end) => end !== undefined);
  if (!ends.some(({ value }) => Number.isNaN(value))) return [range];
  return ends.length > 1 ? [] : [{ ...range, test: { kind: "not_a_number" } }];
}

function compareNumbers(a: Constant, b: Constant): number {
  return a < b ? -1 : Number(a > b);
}

function list(values: readonly Constant[]): string {
  return `[${values.map(String).join(", ")}]`;
}
