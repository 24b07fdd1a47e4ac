// The statements that check one field, or the fields of one oneof.
import type { FieldPlan, ValuePlan } from "../../model/checks/check.js";
import type { FieldModel, OneofModel } from "../../model/model.js";
import { hasDefaults, showsDefault } from "./codec-field.js";
import { owned } from "./codec-types.js";
import { propertyName } from "./names.js";
import { checkStatements, hasOwnChecks, innerOf } from "./validate-checks.js";
import { assignCall, block, constant, lines, only, type Statement, stringLiteral, when } from "./validate-layout.js";
import type { ValidateScope } from "./validate-scope.js";
import { keyFacts, type Place, type ValueFacts, valueFacts } from "./validate-value.js";

/** The statements for a field outside of oneofs. */
export function fieldStatements(plan: FieldPlan, scope: ValidateScope): Statement[] {
  switch (plan.field.cardinality) {
    case "singular":
      return plan.field.presence === "implicit" ? implicitStatements(plan, scope) : explicitStatements(plan, scope);
    case "list":
      return listStatements(plan, scope);
    case "map":
      return mapStatements(plan, scope);
  }
}

/** A field that is set when it is not zero. */
function implicitStatements(plan: FieldPlan, scope: ValidateScope): Statement[] {
  const { field, value } = plan;
  const facts = valueFacts(field, scope.context);
  const name = scope.local(propertyName(field), field.number, []);
  const isNotZero = plan.required || value.unlessZero;
  const checks = checkStatements(value, { ...placeOf(field, name), isNotZero }, scope);
  return [
    readConstant(name, readMember(field, scope), facts, facts.zero),
    ...guarded(plan, only(facts.isZero(name)), only(facts.isNotZero(name)), checks, scope),
  ];
}

/** A field that knows set from unset. */
function explicitStatements(plan: FieldPlan, scope: ValidateScope): Statement[] {
  const { field, value } = plan;
  const facts = valueFacts(field, scope.context);
  const name = scope.local(propertyName(field), field.number, ["nested", "value"]);
  const inner = innerOf(value, facts);
  const annotation = facts.annotation && `${facts.annotation} | undefined`;
  const checks = [];
  if (facts.convert !== undefined && hasOwnChecks(value)) {
    const converted = scope.local(`${propertyName(field)}Value`, field.number, []);
    checks.push(constant(converted, [`${facts.convert()}(${name})`]));
    checks.push(...checkStatements(value, placeOf(field, converted), scope));
  } else if (inner !== undefined && hasOwnChecks(value)) {
    checks.push(constant("value", [`${name}.${inner}`, facts.zero?.() ?? ""]));
    checks.push(...checkStatements(value, { ...placeOf(field, "value"), outer: name }, scope));
  } else {
    checks.push(...checkStatements(value, placeOf(field, name), scope));
  }
  const set = only(`${name} !== undefined`);
  return [
    constant(name + annotation, [readMember(field, scope)]),
    ...(plan.required ? guarded(plan, only(`${name} === undefined`), set, checks, scope) : [when(set, checks)]),
  ];
}

function listStatements(plan: FieldPlan, scope: ValidateScope): Statement[] {
  const { field, value, items } = plan;
  const name = scope.local(propertyName(field), field.number, ["i", "item", "nested"]);
  const checks: Statement[] = checkStatements(value, placeOf(field, name), scope);
  if (items !== undefined) {
    const path = `\`${field.name}[\${i}]\``;
    const body = elementStatements(field, `${name}[i]!`, path, items, "item", scope);
    checks.push(block(`for (let i = 0; i < ${name}.length; i++)`, body));
  }
  return [
    constant(name, [readMember(field, scope), scope.context.runtime("noItems")]),
    ...guarded(plan, only(`${name}.length === 0`), only(`${name}.length > 0`), checks, scope),
  ];
}

function mapStatements(plan: FieldPlan, scope: ValidateScope): Statement[] {
  const { field, value, keys, values } = plan;
  const { context } = scope;
  const name = scope.local(propertyName(field), field.number, ["key", "keyValue", "nested", "value"]);
  const checks: Statement[] = checkStatements(value, placeOf(field, name), scope);
  if (keys !== undefined || values !== undefined) {
    const path =
      field.mapKey === "string"
        ? `${context.runtime("entryPath")}(${stringLiteral(field.name)}, key)`
        : `\`${field.name}[\${key}]\``;
    const body = [
      ...(keys === undefined ? [] : keyStatements(field, path, keys, scope)),
      ...(values === undefined ? [] : elementStatements(field, `${name}[key]!`, path, values, "value", scope)),
    ];
    checks.push(block(`for (const key in ${name})`, body));
  }
  const read = constant(name, [readMember(field, scope), context.runtime("noEntries")]);
  if (!plan.required && !value.unlessZero) return [read, ...checks];
  const count = `${context.runtime("entryCount")}(${name})`;
  return [read, ...guarded(plan, only(`${count} === 0`), only(`${count} > 0`), checks, scope)];
}

function keyStatements(field: FieldModel, path: string, plan: ValuePlan, scope: ValidateScope): Statement[] {
  const facts = keyFacts(field, scope.context);
  const name = facts.convert === undefined ? "key" : "keyValue";
  const place = { field, name, path, forKey: true, isBytes: false, isNotZero: plan.unlessZero };
  const checks = checkStatements(plan, place, scope);
  return [
    ...(facts.convert === undefined ? [] : [constant(name, [facts.convert()])]),
    ...(plan.unlessZero ? [when(only(facts.isNotZero(name)), checks)] : checks),
  ];
}

/** The statements for an item of a list or a value of a map. */
function elementStatements(
  field: FieldModel,
  source: string,
  path: string,
  plan: ValuePlan,
  name: string,
  scope: ValidateScope,
): Statement[] {
  const facts = valueFacts(field, scope.context);
  const inner = innerOf(plan, facts);
  const outer = inner === undefined ? {} : { outer: source };
  const place = { ...placeOf(field, name), path, isNotZero: plan.unlessZero, ...outer };
  const read = inner === undefined ? source : `${source}.${inner}`;
  const checks = checkStatements(plan, place, scope);
  // Unlike for presence, -0 counts as zero here.
  const isFloat = field.type.kind === "scalar" && /^(?:double|float)$/.test(field.type.scalar);
  const isNotZero = isFloat ? `${name} !== 0` : facts.isNotZero(name);
  return [
    readConstant(name, read, facts, inner === undefined ? undefined : facts.zero),
    ...(plan.unlessZero ? [when(only(isNotZero), checks)] : checks),
  ];
}

/** The statements for the fields of a oneof that have something to check. */
export function oneofStatements(oneof: OneofModel, plans: readonly FieldPlan[], scope: ValidateScope): Statement[] {
  const name = scope.local(propertyName(oneof), plans[0]?.field.number ?? 0, ["nested", "value"]);
  const read = constant(name, [readMember(oneof, scope)]);
  if (plans.length > 1 && !plans.some((plan) => plan.required)) {
    const cases = plans.map((plan) =>
      block(`case ${caseOf(plan)}:`, [
        ...memberStatements(plan, name, scope),
        lines((level) => [`${"  ".repeat(level)}break;`]),
      ]),
    );
    return [read, block(`switch (${name}?.case)`, cases)];
  }
  return [
    read,
    ...plans.flatMap((plan) => {
      const set = only(`${name}?.case === ${caseOf(plan)}`);
      const checks = memberStatements(plan, name, scope);
      return plan.required
        ? guarded(plan, only(`${name}?.case !== ${caseOf(plan)}`), set, checks, scope)
        : [when(set, checks)];
    }),
  ];
}

/** What `case` of the oneof is when the field is set. */
function caseOf({ field }: FieldPlan): string {
  return stringLiteral(propertyName(field));
}

function memberStatements({ field, value }: FieldPlan, oneof: string, scope: ValidateScope): Statement[] {
  if (value.nested === undefined && !hasOwnChecks(value)) return [];
  const facts = valueFacts(field, scope.context);
  const inner = innerOf(value, facts);
  const source = inner === undefined ? `${oneof}.value` : `${oneof}.value.${inner}`;
  const outer = inner === undefined ? {} : { outer: `${oneof}.value` };
  return [
    readConstant("value", source, facts, inner === undefined ? undefined : facts.zero),
    ...checkStatements(value, { ...placeOf(field, "value"), ...outer }, scope),
  ];
}

/** Checks of a field that is set, below the rule `required` where it has that. */
function guarded(
  plan: FieldPlan,
  unset: ReturnType<typeof only>,
  set: ReturnType<typeof only>,
  checks: readonly Statement[],
  scope: ValidateScope,
): Statement[] {
  if (plan.required) {
    const note = ["violations", stringLiteral(plan.field.name), '"required"', '"value is required"'];
    return [when(unset, [assignCall("violations", scope.context.runtime("violate"), note)], checks)];
  }
  if (!plan.value.unlessZero) return [...checks];
  return checks.length === 0 ? [] : [when(set, checks)];
}

/** `const name = source ?? zero;` as the checks of the value need it. */
function readConstant(name: string, source: string, facts: ValueFacts, zero: ValueFacts["zero"]): Statement {
  const parts = zero === undefined ? [source] : [source, zero()];
  if (facts.convert !== undefined) return constant(name, [`${facts.convert()}(${parts.join(" ?? ")})`]);
  return constant(name + facts.annotation, parts);
}

/** The expression that reads a property: only what the message itself holds, where something else could be found. */
export function readMember(member: FieldModel | OneofModel, scope: ValidateScope): string {
  const property = propertyName(member);
  const inherits = member.kind === "field" && showsDefault(member) && hasDefaults(member.parent);
  if (!inherits && owned(property)) return `message.${property}`;
  return `${scope.context.runtime("own")}(message, ${stringLiteral(property)})`;
}

function placeOf(field: FieldModel, name: string): Place {
  const { type } = field;
  const isBytes =
    type.kind === "message"
      ? type.message.fullName === "google.protobuf.BytesValue"
      : type.kind === "scalar" && type.scalar === "bytes";
  return { field, name, path: stringLiteral(field.name), forKey: false, isBytes, isNotZero: false };
}
