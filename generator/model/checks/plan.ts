// From the rules that a schema states to what a validator checks.
import type { FieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Mistake } from "../../errors.js";
import { fieldCel, messageCel, type Part, predefinedCel, thisType } from "../cel/rule.js";
import type { EnumModel, FieldModel, MessageModel, Model, ValueType } from "../model.js";
import { bytesChecks } from "./bytes.js";
import type { Check, FieldPlan, GroupPlan, MessagePlan, ValuePlan } from "./check.js";
import { anyChecks, boolChecks, enumChecks, fieldMaskChecks, listChecks, mapChecks } from "./collection.js";
import { numericChecks } from "./numeric.js";
import { refuse, type RuleContext, RuleSet, snakeCase } from "./rule-set.js";
import { textChecks } from "./text.js";
import { durationChecks, timestampChecks } from "./time.js";

/** `Ignore` of buf/validate/validate.proto. */
const Ignore = { Unspecified: 0, IfZeroValue: 1, Always: 3 } as const;

/** The rules that messages of protobuf itself take, beside those of their fields. */
const messageRules: Readonly<Record<string, string>> = {
  "google.protobuf.Any": "any",
  "google.protobuf.BoolValue": "bool",
  "google.protobuf.BytesValue": "bytes",
  "google.protobuf.DoubleValue": "double",
  "google.protobuf.Duration": "duration",
  "google.protobuf.FieldMask": "fieldMask",
  "google.protobuf.FloatValue": "float",
  "google.protobuf.Int32Value": "int32",
  "google.protobuf.Int64Value": "int64",
  "google.protobuf.StringValue": "string",
  "google.protobuf.Timestamp": "timestamp",
  "google.protobuf.UInt32Value": "uint32",
  "google.protobuf.UInt64Value": "uint64",
};

/**
 * Plans the validator of a message.
 *
 * @param mistakes gets what cannot be compiled, or contradicts itself.
 */
export function planMessage(message: MessageModel, model: Model, mistakes: Mistake[]): MessagePlan {
  const groups = planGroups(message, model, mistakes);
  const inGroup = new Set(groups.flatMap((group) => group.fields));
  const fields = message.fields.map((field) => {
    return planField(field, inGroup.has(field), { model, mistakes, element: field });
  });
  return {
    message,
    fields: fields.filter((plan) => plan !== undefined),
    cel: message.rules === undefined ? [] : messageCel(message.rules, message, { model, mistakes, element: message }),
    groups,
    oneofs: message.oneofs.filter((oneof) => oneof.rules?.required === true),
  };
}

function planGroups(message: MessageModel, model: Model, mistakes: Mistake[]): GroupPlan[] {
  const { rules } = message;
  if (rules === undefined) return [];
  const set = new RuleSet(rules, "", { model, mistakes, element: message });
  const groups = (set.take("oneof") ?? []).map(({ fields, required }) => {
    if (fields.length === 0) refuse(set.context, "oneof", "names no field; name at least one");
    const found = fields.flatMap((name, i) => {
      const field = message.fields.find((one) => one.name === name);
      if (field === undefined) refuse(set.context, "oneof", `names ${name}, which is no field of the message`);
      else if (fields.indexOf(name) < i) refuse(set.context, "oneof", `names ${name} twice; name each field once`);
      return field ?? [];
    });
    return { fields: found, required };
  });
  set.take("cel");
  set.take("celExpression");
  set.finish();
  return groups;
}

function planField(field: FieldModel, inGroup: boolean, context: RuleContext): FieldPlan | undefined {
  const set = field.rules && new RuleSet(field.rules, "", context);
  // Fields of a group are as if they were members of a oneof: an unset one is not looked at.
  const ignore = set?.take("ignore") ?? (inGroup ? Ignore.IfZeroValue : Ignore.Unspecified);
  if ((ignore as number) === Ignore.Always) return undefined;
  const required = set?.take("required") ?? false;
  const value = planValue(field, field.cardinality, set, context);
  const plan = {
    field,
    required,
    value: { ...value, unlessZero: (ignore as number) === Ignore.IfZeroValue },
    items: undefined as ValuePlan | undefined,
    keys: undefined as ValuePlan | undefined,
    values: undefined as ValuePlan | undefined,
  };
  const type = field.rules?.type;
  if (field.cardinality === "list") {
    plan.items = planPart(field, type?.case === "repeated" ? type.value.items : undefined, "repeated.items", context);
  } else if (field.cardinality === "map") {
    const rules = type?.case === "map" ? type.value : undefined;
    plan.keys = planKey(field, rules?.keys, context);
    plan.values = planPart(field, rules?.values, "map.values", context);
  }
  const idle = [plan.value, plan.items, plan.keys, plan.values].every((part) => part === undefined || isIdle(part));
  return idle && !required ? undefined : plan;
}

function isIdle(plan: ValuePlan): boolean {
  return plan.nested === undefined && plan.cel.length + plan.checks.length + plan.predefined.length === 0;
}

/** Plans the items of a list or the values of a map. */
function planPart(
  field: FieldModel,
  rules: FieldRules | undefined,
  path: string,
  context: RuleContext,
): ValuePlan | undefined {
  const set = rules && new RuleSet(rules, path, context);
  const ignore: number = set?.take("ignore") ?? Ignore.Unspecified;
  // What is there cannot be missing: as in protovalidate, `required` says nothing here.
  set?.take("required");
  const plan = planValue(field, "singular", set, context);
  if (ignore === Ignore.Always || isIdle(plan)) return undefined;
  return { ...plan, unlessZero: ignore === Ignore.IfZeroValue && field.type.kind !== "message" };
}

function planKey(field: FieldModel, rules: FieldRules | undefined, context: RuleContext): ValuePlan | undefined {
  if (rules === undefined || field.mapKey === undefined) return undefined;
  const set = new RuleSet(rules, "map.keys", context);
  const ignore: number = set.take("ignore") ?? Ignore.Unspecified;
  set.take("required");
  const checks = typeChecks(set, field.mapKey, field, context);
  const plan = { ...celRules(set, field, "keys", context), nested: undefined, checks };
  set.finish();
  if (ignore === Ignore.Always || isIdle({ ...plan, unlessZero: false })) return undefined;
  return { ...plan, unlessZero: ignore === Ignore.IfZeroValue };
}

/** Plans a whole field, or one of its items or values, apart from what `ignore` says. */
function planValue(
  field: FieldModel,
  cardinality: FieldModel["cardinality"],
  set: RuleSet<FieldRules> | undefined,
  context: RuleContext,
): ValuePlan {
  const whole = cardinality !== "singular";
  const nested =
    !whole && field.type.kind === "message" && context.model.hasRules(field.type.message)
      ? field.type.message
      : undefined;
  if (set === undefined) return { cel: [], nested, checks: [], predefined: [], unlessZero: false };
  const wanted = cardinality === "list" ? "repeated" : cardinality === "map" ? "map" : ruleName(field.type);
  const checks = typeChecks(set, wanted, field, context);
  const part = set.path === "repeated.items" ? "items" : set.path === "map.values" ? "values" : "value";
  const rules = celRules(set, field, part, context);
  set.finish();
  return { ...rules, nested, checks, unlessZero: false };
}

/** The rules that are expressions. */
function celRules(
  set: RuleSet<FieldRules>,
  field: FieldModel,
  part: Part,
  context: RuleContext,
): Pick<ValuePlan, "cel" | "predefined"> {
  set.take("cel");
  set.take("celExpression");
  const type = thisType(field, part);
  const { case: kind, value } = set.rules.type;
  return {
    cel: fieldCel(set.rules, set.path, type, context),
    predefined: value === undefined ? [] : predefinedCel(value, set.at(snakeCase(kind)), type, context),
  };
}

/** The name of the rules that a value takes; undefined for messages without rules of their own. */
function ruleName(type: ValueType): string | undefined {
  if (type.kind === "scalar") return type.scalar;
  return type.kind === "enum" ? "enum" : messageRules[type.message.fullName];
}

/** The checks of the rules for the type of a value; rules for another type are a mistake. */
function typeChecks(
  set: RuleSet<FieldRules>,
  wanted: string | undefined,
  field: FieldModel,
  context: RuleContext,
): readonly Check[] {
  const type = set.take("type");
  if (type?.case === undefined) return [];
  const path = set.at(snakeCase(type.case));
  if (type.case !== wanted) {
    const next = wanted === undefined ? "remove it" : `use ${set.at(snakeCase(wanted))}`;
    refuse(context, path, `does not fit its type; ${next}`);
    return [];
  }
  switch (type.case) {
    case "string":
      return textChecks(new RuleSet(type.value, path, context));
    case "bytes":
      return bytesChecks(new RuleSet(type.value, path, context));
    case "bool":
      return boolChecks(new RuleSet(type.value, path, context));
    case "enum":
      return enumChecks(new RuleSet(type.value, path, context), (field.type as { enum: EnumModel }).enum);
    case "repeated":
      return listChecks(new RuleSet(type.value, path, context), field);
    case "map":
      return mapChecks(new RuleSet(type.value, path, context));
    case "any":
      return anyChecks(new RuleSet(type.value, path, context));
    case "duration":
      return durationChecks(new RuleSet(type.value, path, context));
    case "timestamp":
      return timestampChecks(new RuleSet(type.value, path, context));
    case "fieldMask":
      return fieldMaskChecks(new RuleSet(type.value, path, context));
    default:
      return numericChecks(new RuleSet(type.value, path, context) as unknown as Parameters<typeof numericChecks>[0]);
  }
}
