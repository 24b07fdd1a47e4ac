// The statements that check rules which are expressions.
import { fits } from "../../../emit/layout.js";
import type { MessagePlan } from "../../../model/checks/check.js";
import type { Node } from "../../../model/cel/node.js";
import type { CelRule, Part } from "../../../model/cel/rule.js";
import { thisType } from "../../../model/cel/rule.js";
import { fieldCelType } from "../../../model/cel/types.js";
import type { FieldModel } from "../../../model/model.js";
import { compilePattern } from "../pattern/compile.js";
import type { Place } from "../validate-value.js";
import {
  type Condition,
  indentOf,
  lines,
  only,
  printStatements,
  type Statement,
  stringLiteral,
  when,
} from "../validate-layout.js";
import { patternCode } from "../validate-pattern.js";
import type { ValidateScope } from "../validate-scope.js";
import { fallbackRule } from "./fallback.js";
import { type CelSubject, violation } from "./subject.js";
import { type CelHost, heldAs, Uncompilable } from "./host.js";
import { CelPrinter, type Variables } from "./print.js";
import { arrow, atom, binding, call, isComposed, type Printed, tight, unary } from "./text.js";

/** The statements for rules of a field, or of a part of it. */
export function celStatements(rules: readonly CelRule[], place: Place, scope: ValidateScope): Statement[] {
  if (rules.length === 0) return [];
  const { field, name, path, forKey } = place;
  const part = partOf(rules[0]!, place);
  const isAny = field.type.kind === "message" && field.type.message.fullName === "google.protobuf.Any";
  const whole = isAny && part !== "keys" && place.outer !== undefined ? place.outer : name;
  const target = { message: field.parent, field, part, subject: subjectOf(field, part, name), whole, path, forKey };
  return rules.flatMap((rule) => ruleStatements(rule, target, scope));
}

/** The statements for the rules of a message itself. */
export function messageCelStatements(plan: MessagePlan, scope: ValidateScope): Statement[] {
  const { message } = plan;
  const target = { message, field: undefined, part: "value" as const, subject: atom("message"), whole: "message" };
  return plan.cel.flatMap((rule) => ruleStatements(rule, { ...target, path: '""', forKey: false }, scope));
}

function partOf({ rulePath }: CelRule, { field, forKey }: Place): Part {
  if (forKey) return "keys";
  if (field.cardinality === "list" && rulePath.startsWith("repeated.items.")) return "items";
  return field.cardinality === "map" && rulePath.startsWith("map.values.") ? "values" : "value";
}

/** `this` as the local variable that holds it. */
function subjectOf(field: FieldModel, part: Part, name: string): Printed {
  const type = thisType(field, part);
  if (type.kind === "list" || type.kind === "map") {
    const whole = fieldCelType(field);
    const item = whole.kind === "list" ? whole.item : whole.kind === "map" ? whole.value : type;
    return atom(name, "other", { items: heldAs(item), enums: field.type.kind === "enum" });
  }
  return atom(name, heldAs(type));
}

function ruleStatements(rule: CelRule, target: CelSubject, scope: ValidateScope): Statement[] {
  const variables = new Map([["this", target.subject]]);
  const reason = rule.reasons[0] ?? whyNot(rule, target, variables);
  if (reason !== undefined) return fallbackRule(rule, reason, target, scope);
  const host = hostIn(target, scope);
  const printer = new CelPrinter(host);
  const verdict = settle(rule);
  if (verdict === undefined) {
    const name = scope.verdict();
    const text = decided(rule, rule.node, printer.print(rule.node, variables), host);
    return [
      ...comment(rule),
      declaration(name, text),
      when(only(`${name} !== ""`), [violation(rule, target, name, scope)]),
    ];
  }
  const { node, isBroken, message } = verdict;
  if (node.kind === "constant") {
    return node.value === isBroken ? [...comment(rule), violation(rule, target, stringLiteral(message), scope)] : [];
  }
  const condition = node.fails
    ? only(failing(rule, node, isBroken, printer.print(node, variables), host).text)
    : joined(conditionOf(node, isBroken, printer, variables));
  const body = violation(rule, target, stringLiteral(message), scope);
  return [...comment(rule), wide(when(condition, [body]))];
}

/** Why TypeScript cannot say an expression; undefined when it can. Nothing is imported or declared for it. */
function whyNot({ node }: CelRule, target: CelSubject, variables: Variables): string | undefined {
  // What the checker knows by another type than the field has: the enums of predefined rules.
  const type = target.field && thisType(target.field, target.part);
  if (type !== undefined && target.subject.holder === "bigint" && type.kind === "double") return "it mixes numbers";
  const host: CelHost = { runtime: (name) => name, parameter: (name) => name, release() {}, matches: tryPattern };
  try {
    new CelPrinter(host).print(node, variables);
    return undefined;
  } catch (error) {
    if (error instanceof Uncompilable) return error.message;
    throw error;
  }
}

function hostIn({ message, field }: CelSubject, scope: ValidateScope): CelHost {
  const hidden = ["i", "item", "key", "keyValue", "nested", "value", "verdict"];
  return {
    runtime: (name) => scope.context.runtime(name),
    parameter: (preferred) => scope.local(preferred, 0, hidden),
    release: (name) => scope.release(name),
    matches(pattern, text) {
      const code = patternCode(pattern, scope.context);
      const label = `${scope.label(message, field)}Pattern`;
      return code.test(
        scope.declareConstant(message, label, (name) => code.declare(name)),
        text,
      );
    },
  };
}

/** What @bufbuild/re2 would have to run goes to @bufbuild/cel as a whole, which brings it. */
function tryPattern(pattern: string, text: string): string {
  const compiled = compilePattern(pattern);
  if (compiled.kind === "re2") throw new Uncompilable(`of its pattern ${JSON.stringify(pattern)}: ${compiled.reason}`);
  return text;
}

interface Verdict {
  readonly node: Node;
  /** The rule is broken when the node is true, not when it is false. */
  readonly isBroken: boolean;
  readonly message: string;
}

/** The rule as a condition and a message that is known; undefined when the expression makes the message. */
function settle({ node, message }: CelRule): Verdict | undefined {
  if (node.type.kind === "bool") return { node, isBroken: false, message };
  if (node.kind === "choice") {
    const [yes, no] = [node.yes, node.no].map((one) => (one.kind === "constant" ? one.value : undefined));
    if (yes === "" && typeof no === "string" && no !== "") {
      return { node: node.condition, isBroken: false, message: message || no };
    }
    if (no === "" && typeof yes === "string" && yes !== "") {
      return { node: node.condition, isBroken: true, message: message || yes };
    }
  }
  if (message === "") return undefined;
  const empty: Node = { kind: "constant", type: { kind: "string" }, value: "", fails: false };
  const holds: Node = {
    kind: "operator",
    operator: "==",
    left: node,
    right: empty,
    type: { kind: "bool" },
    fails: node.fails,
  };
  return { node: holds, isBroken: false, message };
}

/** A condition whose operands have no parentheses yet. */
interface Parts {
  readonly operands: readonly Printed[];
  readonly operator: "&&" | "||";
}

function joined({ operands, operator }: Parts): Condition {
  const [first] = operands;
  if (operands.length === 1 && first !== undefined) return only(first.text);
  return { operands: operands.map((one) => tight(one, binding.equal)), operator };
}

/** The condition under which a node is true, or false. */
function conditionOf(node: Node, wanted: boolean, printer: CelPrinter, variables: Variables): Parts {
  if (node.kind === "not") return conditionOf(node.operand, !wanted, printer, variables);
  if (node.kind === "and" || node.kind === "or") {
    const operator = (node.kind === "and") === wanted ? "&&" : "||";
    const operands = [node.left, node.right].flatMap((part) => {
      const inner = conditionOf(part, wanted, printer, variables);
      if (inner.operands.length === 1 || inner.operator === operator) return inner.operands;
      return [atom(`(${joined(inner).operands.join(` ${inner.operator} `)})`)];
    });
    return { operands, operator };
  }
  const printed = wanted ? printer.print(node, variables) : printer.negation(node, variables);
  return { operands: [printed], operator: "&&" };
}

function decided(rule: CelRule, node: Node, printed: Printed, host: CelHost): string {
  if (!node.fails) return printed.text;
  return call(host.runtime("decideRule"), [stringLiteral(rule.ruleId), arrow("", printed)]).text;
}

function failing(rule: CelRule, node: Node, wanted: boolean, printed: Printed, host: CelHost): Printed {
  const decision = atom(decided(rule, node, printed, host));
  return wanted ? decision : unary("!", decision);
}

/** The expression as the schema has it, where a line can show it. */
function comment({ expression }: CelRule): Statement[] {
  const text = expression.trim().replace(/\s*\n\s*/g, " ");
  if (!/^[\x20-\x7e]+$/.test(text)) return [];
  return [lines((level) => (fits(`${indentOf(level)}// ${text}`) ? [`${indentOf(level)}// ${text}`] : []))];
}

/** A statement whose head may be too long for its line. */
function wide(statement: Statement): Statement {
  return lines((level) => {
    const printed = printStatements(level, [statement]);
    const head = printed.slice(0, printed.findIndex((line) => line.endsWith(") {")) + 1);
    return head.every((line) => fits(line) && !isComposed(line))
      ? printed
      : [`${indentOf(level)}// prettier-ignore`, ...printed];
  });
}

function declaration(name: string, text: string): Statement {
  return lines((level) => {
    const line = `${indentOf(level)}const ${name} = ${text};`;
    return fits(line) && !isComposed(line) ? [line] : [`${indentOf(level)}// prettier-ignore`, line];
  });
}
