// The rules of enums, lists and maps themselves, and of google.protobuf.Any.
import type {
  AnyRules,
  BoolRules,
  EnumRules,
  FieldMaskRules,
  MapRules,
  RepeatedRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { EnumModel, FieldModel, MessageModel } from "../model.js";
import type { Check, Test } from "./check.js";
import type { RulePlace, RuleSet } from "./rule-set.js";

type Add = (rule: string, test: Test, message: string) => void;

function collect(set: RulePlace, type: string, fill: (add: Add) => void): Check[] {
  const checks: Check[] = [];
  fill((rule, test, message) => checks.push({ test, ruleId: `${type}.${rule}`, rulePath: set.at(rule), message }));
  set.finish();
  return checks;
}

/** The checks of `bool` rules. */
export function boolChecks(set: RuleSet<BoolRules>): Check[] {
  return collect(set, "bool", (add) => {
    const constant = set.take("const");
    if (constant !== undefined) add("const", { kind: "not_equal", value: constant }, `must equal ${constant}`);
    set.take("example");
  });
}

/** The checks of `enum` rules. */
export function enumChecks(set: RuleSet<EnumRules>, type: EnumModel): Check[] {
  return collect(set, "enum", (add) => {
    if (set.take("definedOnly") === true) {
      const values = [...new Set(type.values.map((value) => value.number))];
      add("defined_only", { kind: "not_in", values }, "value must be one of the defined enum values");
    }
    const constant = set.take("const");
    if (constant !== undefined) add("const", { kind: "not_equal", value: constant }, `must equal ${constant}`);
    const allowed = set.take("in") ?? [];
    if (allowed.length > 0) add("in", { kind: "not_in", values: allowed }, `must be in list [${allowed.join(", ")}]`);
    const forbidden = set.take("notIn") ?? [];
    if (forbidden.length > 0) {
      add("not_in", { kind: "in", values: forbidden }, `must not be in list [${forbidden.join(", ")}]`);
    }
    set.take("example");
  });
}

/** The checks of `repeated` rules on the list itself. */
export function listChecks(set: RuleSet<RepeatedRules>, field: FieldModel): Check[] {
  return collect(set, "repeated", (add) => {
    const min = set.take("minItems");
    if (min !== undefined) {
      add("min_items", { kind: "size", of: "items", is: "less", count: min }, `must contain at least ${min} item(s)`);
    }
    const max = set.take("maxItems");
    if (max !== undefined) {
      add(
        "max_items",
        { kind: "size", of: "items", is: "more", count: max },
        `must contain no more than ${max} item(s)`,
      );
    }
    // As in protovalidate, messages are never found equal; wrappers count as the scalars that they hold.
    if (set.take("unique") === true && (field.type.kind !== "message" || isWrapper(field.type.message))) {
      add("unique", { kind: "not_unique" }, "repeated value must contain unique items");
    }
    set.take("items");
  });
}

/** The checks of `map` rules on the map itself. */
export function mapChecks(set: RuleSet<MapRules>): Check[] {
  return collect(set, "map", (add) => {
    const min = set.take("minPairs");
    if (min !== undefined) {
      add("min_pairs", { kind: "size", of: "entries", is: "less", count: min }, `map must be at least ${min} entries`);
    }
    const max = set.take("maxPairs");
    if (max !== undefined) {
      add("max_pairs", { kind: "size", of: "entries", is: "more", count: max }, `map must be at most ${max} entries`);
    }
    set.take("keys");
    set.take("values");
  });
}

/** The checks of `any` rules: they are about the type URL. */
export function anyChecks(set: RuleSet<AnyRules>): Check[] {
  return collect(set, "any", (add) => {
    const allowed = set.take("in") ?? [];
    if (allowed.length > 0) add("in", { kind: "not_in", values: allowed }, "type URL must be in the allow list");
    const forbidden = set.take("notIn") ?? [];
    if (forbidden.length > 0)
      add("not_in", { kind: "in", values: forbidden }, "type URL must not be in the block list");
  });
}

/** The checks of `field_mask` rules: they are about the paths. */
export function fieldMaskChecks(set: RuleSet<FieldMaskRules>): Check[] {
  return collect(set, "field_mask", (add) => {
    const constant = set.take("const")?.paths;
    if (constant !== undefined) {
      add("const", { kind: "paths", lead: "elsewhere", paths: constant }, `must equal paths ${list(constant)}`);
    }
    const allowed = set.take("in") ?? [];
    if (allowed.length > 0) {
      add("in", { kind: "paths", lead: "outside", paths: allowed }, `must only contain paths in ${list(allowed)}`);
    }
    const forbidden = set.take("notIn") ?? [];
    if (forbidden.length > 0) {
      const message = `must not contain any paths in ${list(forbidden)}`;
      add("not_in", { kind: "paths", lead: "inside", paths: forbidden }, message);
    }
    set.take("example");
  });
}

function isWrapper({ file }: MessageModel): boolean {
  return file.path === "google/protobuf/wrappers.proto";
}

function list(values: readonly string[]): string {
  return `[${values.join(", ")}]`;
}
