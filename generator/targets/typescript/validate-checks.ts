// The statements that check one value that is at hand.
import type { Check, ValuePlan } from "../../model/checks/check.js";
import { celStatements } from "./cel/statement.js";
import { caseLabels, conditionOf } from "./validate-condition.js";
import { assignCall, constant, indentOf, lines, only, type Statement, stringLiteral, when } from "./validate-layout.js";
import type { ValidateScope } from "./validate-scope.js";
import { type Place, type ValueFacts, valueFacts } from "./validate-value.js";

/** Whether anything is checked of a value itself, apart from what is checked inside of it. */
export function hasOwnChecks({ cel, checks, predefined }: ValuePlan): boolean {
  return cel.length + checks.length + predefined.length > 0;
}

/** The property that is checked in the place of a value: none where rules look at the value as it is. */
export function innerOf({ cel, checks, predefined }: ValuePlan, { inner }: ValueFacts): string | undefined {
  const isAny = inner === "typeUrl";
  return isAny && cel.length + predefined.length > 0 && checks.length === 0 ? undefined : inner;
}

/** The statements for a value: for the message that it is, then for its rules. */
export function checkStatements(plan: ValuePlan, place: Place, scope: ValidateScope): Statement[] {
  const nested = plan.nested === undefined ? [] : nestedStatements(plan.nested, place, scope);
  return [
    ...celStatements(plan.cel, place, scope),
    ...nested,
    ...plan.checks.flatMap((check) => checkStatement(check, place, scope) ?? []),
    ...celStatements(plan.predefined, place, scope),
  ];
}

function nestedStatements(message: NonNullable<ValuePlan["nested"]>, place: Place, scope: ValidateScope): Statement[] {
  const note = assignCall("violations", scope.context.runtime("within"), ["violations", place.path, "nested"]);
  return [
    constant("nested", [scope.nestedCall(message, place.field.parent, place.name)]),
    when(only("nested !== undefined"), [note]),
  ];
}

function checkStatement(check: Check, place: Place, scope: ValidateScope): Statement | undefined {
  const labels = caseLabels(check);
  if (labels !== undefined) return switchStatement(check, labels, place, scope);
  const otherwise = check.otherwise && checkStatement(check.otherwise, place, scope);
  if (check.test.kind === "empty" && place.isNotZero) return otherwise;
  const condition = conditionOf(check, {
    file: scope.context,
    value: place.name,
    isBytes: place.isBytes,
    unwrapped: check.test.kind === "not_unique" ? unwrapped(place, scope) : undefined,
    declared: (literal) => scope.declared(check, literal),
    matches: (text) => scope.matches(check, text),
  });
  return when(condition, [violation(check, place, scope)], otherwise === undefined ? [] : [otherwise]);
}

/** What the wrappers of a list hold; undefined for other lists. */
function unwrapped({ field, name }: Place, scope: ValidateScope): string | undefined {
  const { inner, zero } = valueFacts(field, scope.context);
  return inner === undefined ? undefined : `${name}.map((one) => one.${inner} ?? ${zero?.() ?? ""})`;
}

/** A long list of values as the labels of a `switch`. */
function switchStatement(check: Check, labels: readonly string[], place: Place, scope: ValidateScope): Statement {
  const note = violation(check, place, scope);
  return lines((level) => {
    const indent = indentOf(level);
    const cases = labels.map((label) => `${indent}  case ${label}:`);
    const wrong = note.print(level + 2);
    return [
      `${indent}switch (${place.name}) {`,
      ...cases,
      ...(check.test.kind === "in" ? wrong : []),
      `${indent}    break;`,
      ...(check.test.kind === "in" ? [] : [`${indent}  default:`, ...wrong]),
      `${indent}}`,
    ];
  });
}

function violation(check: Check, place: Place, scope: ValidateScope): ReturnType<typeof assignCall> {
  const args = ["violations", place.path, stringLiteral(check.ruleId), stringLiteral(check.message)];
  if (check.rulePath !== check.ruleId || place.forKey) args.push(stringLiteral(check.rulePath));
  if (place.forKey) args.push("true");
  return assignCall("violations", scope.context.runtime("violate"), args);
}
