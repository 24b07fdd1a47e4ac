// Custom and predefined rules as a validator needs them: what each means, and what it says when it is broken.
import type { FieldRules, MessageRules, Rule } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Message } from "@bufbuild/protobuf";
import { elementName, type RuleContext } from "../checks/rule-set.js";
import type { FieldModel, MessageModel } from "../model.js";
import { type CelScope, checkCel, type RulesReader } from "./check.js";
import { ruleNode, rulesReader } from "./constants.js";
import { CelMistake } from "./mistake.js";
import type { Node } from "./node.js";
import { parseCel } from "./parse.js";
import { type CelType, doubleType, fieldCelType, scalarType, timestampType, valueCelType } from "./types.js";

/** A rule that is an expression. */
export interface CelRule {
  readonly ruleId: string;
  /** Where the rule stands, such as `cel[0]`; empty for rules of a message. */
  readonly rulePath: string;
  readonly expression: string;
  /** What is said when the rule is broken; empty when the expression says it. */
  readonly message: string;
  readonly node: Node;
  /** Why the expression cannot be compiled; empty when it can as far as the model knows. */
  readonly reasons: readonly string[];
  /** For a predefined rule, the full name of its extension and the path of the set that it stands in. */
  readonly predefined: { readonly extension: string; readonly set: string } | undefined;
}

/** Which part of a field a rule is about. */
export type Part = "value" | "items" | "keys" | "values";

/** The type of `this` for a part of a field. */
export function thisType(field: FieldModel, part: Part): CelType {
  if (part === "keys") return scalarType(field.mapKey ?? "string");
  const type = part === "value" ? fieldCelType(field) : valueCelType(field.type);
  // What a rule looks at is set.
  return type.kind === "wrapper" ? type.of : type;
}

/** The rules of a message, in the order in which they are checked. */
export function messageCel(rules: MessageRules, message: MessageModel, context: RuleContext): CelRule[] {
  const type: CelType = { kind: "message", message };
  const plain = rules.celExpression.map((one, i) => customRule(one, "", `cel_expression[${i}]`, type, context));
  return [...plain, ...rules.cel.map((one, i) => customRule(one, "", `cel[${i}]`, type, context))].flat();
}

/** The custom rules of a field, or of a part of it, in the order in which they are checked. */
export function fieldCel(rules: FieldRules, path: string, type: CelType, context: RuleContext): CelRule[] {
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const whole = (one: Rule | string, name: string): CelRule[] => customRule(one, at(name), at(name), type, context);
  return [
    ...rules.cel.flatMap((one, i) => whole(one, `cel[${i}]`)),
    ...rules.celExpression.flatMap((one, i) => whole(one, `cel_expression[${i}]`)),
  ];
}

function customRule(
  rule: Rule | string,
  rulePath: string,
  place: string,
  type: CelType,
  context: RuleContext,
): CelRule[] {
  const parts = typeof rule === "string" ? { id: rule, expression: rule, message: "" } : rule;
  return compileRule(
    parts,
    rulePath,
    place,
    new Map([["this", variable("this", type)]]),
    undefined,
    undefined,
    context,
  );
}

/**
 * The predefined rules that a set of rules such as StringRules carries.
 *
 * @param path of the set, such as `repeated.items.string`.
 */
export function predefinedCel(rules: Message, path: string, type: CelType, context: RuleContext): CelRule[] {
  // To protovalidate the value of an enum is a plain number here.
  const isEnum = rules.$typeName === "buf.validate.EnumRules";
  const variables = (value: Node | undefined): Map<string, Node> =>
    new Map([
      ["this", variable("this", isEnum ? doubleType : type)],
      ["rule", value ?? variable("rule", { kind: "dyn" })],
    ]);
  return context.model.predefined(rules).flatMap(({ extension, value, cel, set }) => {
    const name = extension.typeName;
    return cel.flatMap((rule) => {
      const rulePath = `${path}[${name}]`;
      const constants = variables(ruleNode(extension, value));
      const predefined = { extension: name, set: path };
      return compileRule(rule, rulePath, rulePath, constants, rulesReader(set), predefined, context);
    });
  });
}

function variable(name: string, type: CelType): Node {
  return { kind: "variable", name, type, fails: false };
}

function compileRule(
  { id, expression, message }: Pick<Rule, "id" | "expression" | "message">,
  rulePath: string,
  place: string,
  variables: Map<string, Node>,
  rules: RulesReader | undefined,
  predefined: CelRule["predefined"],
  context: RuleContext,
): CelRule[] {
  variables.set("now", variable("now", timestampType));
  const scope: CelScope = { variables, rules, findEnum: (name) => context.model.findEnum(name) };
  try {
    const { node, reasons } = checkCel(parseCel(expression), scope);
    const said = message === "" && node.type.kind === "bool" ? `"${expression}" returned false` : message;
    return [{ ruleId: id, rulePath, expression, message: said, node, reasons, predefined }];
  } catch (error) {
    const why = mistakeIn(error);
    context.mistakes.push({
      location: context.element.location,
      message: `the rule ${place} of ${elementName(context)} ${why}`,
    });
    return [];
  }
}

function mistakeIn(error: unknown): string {
  if (error instanceof CelMistake) return error.message;
  // The parser's tree can be deeper than what a call can reach.
  if (error instanceof RangeError) return "nests too deeply; split it";
  throw error;
}
