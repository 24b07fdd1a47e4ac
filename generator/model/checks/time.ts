import { toJson } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { DurationRules, TimestampRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Bound, Check, Test, TimeConstant } from "./check.js";
import { namedBound, rangeCheck } from "./numeric.js";
import { refuse, type RulePlace, type RuleSet } from "./rule-set.js";

type TimeBound = ReturnType<typeof namedBound> & { readonly value: TimeConstant };
type TimeMessage = Duration | Timestamp;

/** The checks of `duration` rules. */
export function durationChecks(set: RuleSet<DurationRules>): Check[] {
  const checks: Check[] = [];
  const add = (rule: string, test: Test, message: string): void => {
    checks.push({ test, ruleId: `duration.${rule}`, rulePath: set.at(rule), message });
  };
  constantCheck(set, set.take("const"), add);
  checks.push(...timeRange(set, "duration", set.take("greaterThan"), set.take("lessThan")));
  const allowed = set.take("in") ?? [];
  if (allowed.length > 0) {
    add("in", { kind: "not_in", values: allowed.map(constantOf) }, `must be in list ${list(set, "in", allowed)}`);
  }
  const forbidden = set.take("notIn") ?? [];
  if (forbidden.length > 0) {
    const shown = list(set, "not_in", forbidden);
    add("not_in", { kind: "in", values: forbidden.map(constantOf) }, `must not be in list ${shown}`);
  }
  set.take("example");
  set.finish();
  return checks;
}

/** The checks of `timestamp` rules. */
export function timestampChecks(set: RuleSet<TimestampRules>): Check[] {
  const checks: Check[] = [];
  const add = (rule: string, test: Test, message: string): void => {
    checks.push({ test, ruleId: `timestamp.${rule}`, rulePath: set.at(rule), message });
  };
  constantCheck(set, set.take("const"), add);
  const lower = set.take("greaterThan");
  const upper = set.take("lessThan");
  if (upper?.case === "ltNow" && upper.value) add("lt_now", { kind: "future" }, "must be less than now");
  checks.push(...timeRange(set, "timestamp", lower, upper));
  if (lower?.case === "gtNow" && lower.value) add("gt_now", { kind: "past" }, "must be greater than now");
  const within = set.take("within");
  if (within !== undefined) {
    const test = { kind: "not_near_now", within: constantOf(within) } as const;
    add("within", test, `must be within ${show(set, "within", within)} of now`);
  }
  set.take("example");
  set.finish();
  return checks;
}

/** One end of a range as the rules hold it. */
interface End {
  readonly case: string | undefined;
  readonly value?: TimeMessage | boolean | undefined;
}

function timeRange(set: RulePlace, type: string, lower: End | undefined, upper: End | undefined): readonly Check[] {
  const read = (end: End | undefined): TimeBound | undefined => {
    if (typeof end?.value !== "object") return undefined;
    const name = end.case as TimeBound["name"];
    const value = constantOf(end.value);
    return { ...namedBound(name, value, show(set, name, end.value)), value };
  };
  const range = rangeCheck(read(lower), read(upper), type, set.path, false, compareTimes);
  return range === undefined ? [] : [range];
}

function constantCheck(
  set: RulePlace,
  constant: TimeMessage | undefined,
  add: (rule: string, test: Test, message: string) => void,
): void {
  if (constant === undefined) return;
  add("const", { kind: "not_equal", value: constantOf(constant) }, `must equal ${show(set, "const", constant)}`);
}

function constantOf({ seconds, nanos }: TimeMessage): TimeConstant {
  return { seconds, nanos };
}

function compareTimes(a: Bound["value"], b: Bound["value"]): number {
  const [first, second] = [a as TimeConstant, b as TimeConstant];
  if (first.seconds !== second.seconds) return first.seconds < second.seconds ? -1 : 1;
  return first.nanos - second.nanos;
}

function list(set: RulePlace, name: string, values: readonly TimeMessage[]): string {
  return `[${values.map((value) => show(set, name, value)).join(", ")}]`;
}

/** A constant as messages show it: as JSON has it. */
function show(set: RulePlace, name: string, { $typeName, seconds, nanos }: TimeMessage): string {
  try {
    return $typeName === DurationSchema.typeName
      ? String(toJson(DurationSchema, { $typeName: DurationSchema.typeName, seconds, nanos }))
      : String(toJson(TimestampSchema, { $typeName: TimestampSchema.typeName, seconds, nanos }));
  } catch {
    refuse(set.context, set.at(name), "names a time that does not exist; correct its seconds or nanos");
    return "";
  }
}
