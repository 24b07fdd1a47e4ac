// `<proto>_validate.ts`: for each message with rules a function that checks them, without reflection.
import { docComment } from "../../emit/doc.js";
import { fit } from "../../emit/layout.js";
import { GeneratorError, type Mistake } from "../../errors.js";
import type { GroupPlan, MessagePlan } from "../../model/checks/check.js";
import { planMessage } from "../../model/checks/plan.js";
import type { FieldModel, OneofModel } from "../../model/model.js";
import { messageCelStatements } from "./cel/statement.js";
import type { FileContext } from "./context.js";
import { propertyName } from "./names.js";
import { fieldStatements, oneofStatements, readMember } from "./validate-field.js";
import { assignCall, lines, only, printStatements, type Statement, stringLiteral, when } from "./validate-layout.js";
import { ValidateScope } from "./validate-scope.js";
import { valueFacts } from "./validate-value.js";

/**
 * The validators of a file; undefined when none of its messages has rules.
 *
 * @throws GeneratorError for rules that cannot be compiled: none is ever left out.
 */
export function validateView(context: FileContext): object | undefined {
  const { model, file } = context;
  const ruled = file.allMessages.filter((message) => model.hasRules(message));
  if (ruled.length === 0) return undefined;
  const mistakes: Mistake[] = [];
  const plans = ruled.map((message) => planMessage(message, model, mistakes));
  const scope = new ValidateScope(context, plans, mistakes);
  if (mistakes.length > 0) throw new GeneratorError(mistakes.toSorted(byPlace));
  return { validators: plans.map((plan) => validatorView(plan, scope)) };
}

function byPlace({ location: a }: Mistake, { location: b }: Mistake): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

function validatorView(plan: MessagePlan, scope: ValidateScope): object {
  const { context } = scope;
  const { message } = plan;
  const names = context.names.message(message);
  const init = context.init(message);
  const result = `${context.runtime("Violation")}[] | undefined`;
  const inner = scope.inner(message);
  const parts = messageParts(plan, scope);
  const parameter = `${parts.some(readsMessage) ? "" : "_"}message: ${init}`;
  const body = [
    ...(inner === undefined ? [] : [`  ${context.runtime("assertDepth")}(depth);`]),
    ...(parts.length === 0
      ? ["  return undefined;"]
      : [`  let violations: ${result};`, ...parts.flatMap((part) => ["", ...part]), "", "  return violations;"]),
  ];
  return {
    constants: scope.constants(message),
    docs: docComment(
      `Checks a {@link ${init}}, given in full or in part, against the rules of its schema.\n\n` +
        "@returns what is broken, in the order of the schema; undefined when nothing is.",
      message.deprecated,
    ),
    head: fit(`export function ${names.validate}(`, [parameter], `): ${result} {`),
    body: inner === undefined ? body : [`  return ${inner}(message, 1);`],
    inner: inner && { head: fit(`function ${inner}(`, [parameter, "depth: number"], `): ${result} {`), body },
  };
}

/** Whether any of the lines says `message` outside of strings and comments: a rule can be broken by every message. */
function readsMessage(lines: readonly string[]): boolean {
  const strings = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
  return lines.some((line) => !/^ *\/\//.test(line) && /\bmessage\b/.test(line.replaceAll(strings, "")));
}

/** The lines of a message's checks: of its fields, then of groups of fields, then of oneofs. */
function messageParts(plan: MessagePlan, scope: ValidateScope): string[][] {
  const parts: Statement[][] = [];
  scope.beginFunction();
  for (let i = 0; i < plan.fields.length;) {
    const { field } = plan.fields[i]!;
    if (field.oneof === undefined) {
      parts.push(fieldStatements(plan.fields[i]!, scope));
      i++;
    } else {
      // Members of a oneof stand together in every schema that a compiler takes.
      const members = plan.fields.slice(i).filter((one) => one.field.oneof === field.oneof);
      parts.push(oneofStatements(field.oneof, members, scope));
      i += members.length;
    }
  }
  parts.push(messageCelStatements(plan, scope));
  plan.groups.forEach((group, i) => parts.push(groupStatements(group, i, scope)));
  for (const oneof of plan.oneofs) parts.push([requiredOneof(oneof, scope)]);
  return parts.map((part) => printStatements(1, part)).filter((part) => part.length > 0);
}

function groupStatements(group: GroupPlan, index: number, scope: ValidateScope): Statement[] {
  const given = scope.local(index === 0 ? "given" : `given${index + 1}`, 0, []);
  const names = group.fields.map((field) => field.name).join(", ");
  const note = (condition: string, message: string): Statement => {
    const args = ["violations", '""', '"message.oneof"', stringLiteral(message), '""'];
    return when(only(condition), [assignCall("violations", scope.context.runtime("violate"), args)]);
  };
  const count = lines((level) => [`${"  ".repeat(level)}${given}++;`]);
  return [
    lines((level) => [`${"  ".repeat(level)}let ${given} = 0;`]),
    ...group.fields.map((field) => when(only(isSet(field, scope)), [count])),
    note(`${given} > 1`, `only one of ${names} can be set`),
    ...(group.required ? [note(`${given} === 0`, `one of ${names} must be set`)] : []),
  ];
}

function requiredOneof(oneof: OneofModel, scope: ValidateScope): Statement {
  const args = [
    "violations",
    stringLiteral(oneof.name),
    '"required"',
    '"exactly one field is required in oneof"',
    '""',
  ];
  const note = assignCall("violations", scope.context.runtime("violate"), args);
  return when(only(`${readMember(oneof, scope)}?.case === undefined`), [note]);
}

/** The condition under which a field counts as set; nothing is declared for it. */
function isSet(field: FieldModel, scope: ValidateScope): string {
  const { context } = scope;
  if (field.oneof !== undefined) {
    return `${readMember(field.oneof, scope)}?.case === ${stringLiteral(propertyName(field))}`;
  }
  const read = readMember(field, scope);
  if (field.cardinality === "list") return `(${read} ?? ${context.runtime("noItems")}).length > 0`;
  if (field.cardinality === "map") {
    return `${context.runtime("entryCount")}(${read} ?? ${context.runtime("noEntries")}) > 0`;
  }
  if (field.presence !== "implicit") return `${read} !== undefined`;
  const facts = valueFacts(field, context);
  const value = `${read} ?? ${facts.zero?.() ?? ""}`;
  if (facts.convert !== undefined) return facts.isNotZero(`${facts.convert()}(${value})`);
  return facts.isNotZero(facts.isArgument ? value : `(${value})`);
}
