// Gives every part of an expression its meaning and its type. What is wrong is a mistake; what is only known when it is
// evaluated, or is not worth compiling, becomes opaque, with the reason noted.
import type { EnumModel, FieldModel } from "../model.js";
import type { Expr } from "./ast.js";
import { anyFails, boolNode, constantNode, isOpen, opaqueNode, unwrap } from "./build.js";
import { functionNode } from "./functions.js";
import { CelMistake } from "./mistake.js";
import type { Node, Operator } from "./node.js";
import { negateNode, operatorNode } from "./operators.js";
import {
  boolType,
  type CelType,
  dynType,
  fieldCelType,
  intType,
  isNumber,
  isSameType,
  join,
  type Range,
  stringType,
  typeName,
  uintType,
} from "./types.js";

/** What an expression can refer to. */
export interface CelScope {
  /** Variables by name, such as `this`. */
  readonly variables: ReadonlyMap<string, Node>;
  /** The fields of `rules`, as constants. */
  readonly rules: RulesReader | undefined;
  /** The enum that a full name belongs to. */
  findEnum(fullName: string): EnumModel | undefined;
}

/** The set of rules that a predefined rule belongs to. */
export interface RulesReader {
  /** The value of a rule, or what it is when it is not set; undefined when there is no such rule. */
  value(name: string): Node | undefined;
  /** Whether a rule is set; undefined when there is no such rule. */
  has(name: string): boolean | undefined;
}

/** An expression with its meaning. */
export interface Checked {
  readonly node: Node;
  /** Why it cannot be compiled; empty when it can as far as is known here. */
  readonly reasons: readonly string[];
}

/**
 * Checks an expression that is to give a bool or a string.
 *
 * @throws CelMistake when it is wrong.
 */
export function checkCel(expr: Expr, scope: CelScope): Checked {
  const checker = new Checker(scope);
  const node = unwrap(checker.check(expr, scope.variables));
  const { kind } = node.type;
  if (kind !== "bool" && kind !== "string" && kind !== "dyn") {
    throw new CelMistake(expr.at, `gives ${typeName(node.type)}; a rule gives bool or string`);
  }
  if (kind === "dyn" && checker.reasons.size === 0) checker.reasons.add("its type is only known when it is evaluated");
  return { node, reasons: [...checker.reasons] };
}

type Variables = ReadonlyMap<string, Node>;

class Checker {
  readonly reasons = new Set<string>();
  readonly #scope: CelScope;
  readonly #refuse = (reason: string): void => void this.reasons.add(reason);

  constructor(scope: CelScope) {
    this.#scope = scope;
  }

  check(expr: Expr, variables: Variables): Node {
    switch (expr.kind) {
      case "literal":
        return this.#literal(expr);
      case "name":
        return this.#name(expr, variables);
      case "select":
        return this.#select(expr, variables);
      case "call":
        return this.#call(expr, variables);
      case "list":
        return this.#list(expr, variables);
      case "macro":
        return this.#macro(expr, variables);
      case "struct":
        for (const value of expr.values) this.check(value, variables);
        return this.#opaque(dynType, expr.name === "" ? "it makes a map" : `it makes a ${expr.name}`);
    }
  }

  #opaque(type: CelType, reason: string): Node {
    this.#refuse(reason);
    return opaqueNode(type);
  }

  #literal({ type, value }: Extract<Expr, { kind: "literal" }>): Node {
    if (typeof value === "bigint") {
      const range: Range = { min: value, max: value };
      return constantNode(type === "uint" ? uintType(range) : intType(range), value);
    }
    return constantNode({ kind: type } as CelType, value);
  }

  #name({ name, at }: Extract<Expr, { kind: "name" }>, variables: Variables): Node {
    const found = variables.get(name);
    if (found !== undefined) {
      if (found.type.kind === "dyn") this.#refuse(`the type of ${name} is only known when it is evaluated`);
      return found;
    }
    if (name === "rules" && this.#scope.rules !== undefined) return this.#opaque(dynType, "it uses rules as a whole");
    if (typeNames.has(name)) return this.#opaque(dynType, `it uses the type ${name}`);
    const known = [...variables.keys(), ...(this.#scope.rules === undefined ? [] : ["rules"])].toSorted().join(", ");
    throw new CelMistake(at, `names ${name}, which is not known; known are ${known}`);
  }

  #select(expr: Extract<Expr, { kind: "select" }>, variables: Variables): Node {
    const { at, field, test } = expr;
    const constant = this.#enumValue(expr, variables);
    if (constant !== undefined) return constant;
    if (expr.operand.kind === "name" && expr.operand.name === "rules" && !variables.has("rules") && this.#scope.rules) {
      const { rules } = this.#scope;
      const set = rules.has(field);
      if (set === undefined) throw new CelMistake(at, `reads rules.${field}, which does not exist`);
      if (test) return boolNode(set);
      return rules.value(field) ?? this.#opaque(dynType, `it reads rules.${field}`);
    }
    const operand = this.check(expr.operand, variables);
    if (operand.type.kind === "message") return this.#field(operand, field, test, at);
    if (operand.type.kind === "map") {
      const key = constantNode(stringType, field);
      if (test) return operatorNode("in", key, operand, at, this.#refuse);
      return this.#entry(operand, key, at);
    }
    if (operand.type.kind === "timestamp" || operand.type.kind === "duration") {
      return this.#opaque(test ? boolType : intType(), `it reads .${field} of a ${operand.type.kind}`);
    }
    if (isOpen(operand)) return opaqueNode(test ? boolType : dynType);
    throw new CelMistake(at, `reads .${field} of ${typeName(operand.type)}, which has no fields`);
  }

  #field(operand: Node, name: string, test: boolean, at: number): Node {
    if (operand.type.kind !== "message") throw new Error("no message");
    const { message } = operand.type;
    const field = message.fields.find((one) => one.name === name);
    if (field === undefined) throw new CelMistake(at, `reads .${name}, which ${message.fullName} does not have`);
    if (test) return { kind: "has", operand, field, type: boolType, fails: operand.fails };
    if (isJsonField(field)) return this.#opaque(dynType, `the type of .${name} is only known when it is evaluated`);
    if (holdsOthers(field)) return this.#opaque(fieldCelType(field), `.${name} holds its items as other values`);
    return { kind: "field", operand, field, type: fieldCelType(field), fails: operand.fails };
  }

  /** `acme.v1.Color.COLOR_RED`. */
  #enumValue(expr: Expr, variables: Variables): Node | undefined {
    const name = qualifiedName(expr);
    if (name === undefined) return undefined;
    const [root = ""] = name.split(".");
    if (variables.has(root)) return undefined;
    const dot = name.lastIndexOf(".");
    const model = this.#scope.findEnum(name.slice(0, dot));
    const value = model?.values.find((one) => one.name === name.slice(dot + 1));
    if (model !== undefined && value === undefined) {
      throw new CelMistake(expr.at, `names ${name}, which ${model.fullName} does not have`);
    }
    if (model === undefined || value === undefined) return undefined;
    const number = BigInt(value.number);
    return { ...constantNode(intType({ min: number, max: number }), number), of: model } as Node;
  }

  #call(expr: Extract<Expr, { kind: "call" }>, variables: Variables): Node {
    const { name, target, at } = expr;
    const all = expr.args.map((arg) => this.check(arg, variables));
    const [first, second, third] = all as [Node, Node, Node];
    switch (name) {
      case "_&&_":
      case "_||_":
        return this.#logic(name === "_&&_" ? "and" : "or", first, second, at);
      case "!_": {
        const operand = this.#bool(first, "!", at);
        if (operand.kind === "constant") return boolNode(operand.value !== true);
        return { kind: "not", operand, type: boolType, fails: operand.fails };
      }
      case "-_":
        return negateNode(first, at);
      case "_?_:_":
        return this.#choice(this.#bool(first, "?:", at), second, third, at);
      case "_[_]":
        return this.#index(first, unwrap(second), at);
      case "@in":
        return operatorNode("in", first, second, at, this.#refuse);
      case "getField":
        if (target === undefined && all.length === 2) return this.#getField(first, second, at);
        break;
    }
    const operator = /^_([-+*/%<>]|[<>=!]=)_$/.exec(name)?.[1] as Operator | undefined;
    if (operator !== undefined) return operatorNode(operator, first, second, at, this.#refuse);
    if (target?.kind === "name" && target.name === "strings" && name === "quote" && !variables.has("strings")) {
      return this.#opaque(stringType, "it calls strings.quote()");
    }
    const args = target === undefined ? all : [this.check(target, variables), ...all];
    return functionNode(name, target !== undefined, args, at, this.#refuse);
  }

  #bool(node: Node, operator: string, at: number): Node {
    const value = unwrap(node);
    if (value.type.kind === "bool") return value;
    if (isOpen(value)) return opaqueNode(boolType);
    throw new CelMistake(at, `uses ${operator} on ${typeName(value.type)}, which takes bool`);
  }

  #logic(kind: "and" | "or", left: Node, right: Node, at: number): Node {
    const operator = kind === "and" ? "&&" : "||";
    const [a, b] = [this.#bool(left, operator, at), this.#bool(right, operator, at)];
    // The other side decides, or this one does, even where the other one is an error.
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (one.kind === "constant") return (one.value === true) === (kind === "and") ? other : one;
    }
    return { kind, left: a, right: b, type: boolType, fails: anyFails([a, b]) };
  }

  #choice(condition: Node, yes: Node, no: Node, at: number): Node {
    const fails = anyFails([condition, yes, no]);
    if (!isSameType(yes.type, no.type)) {
      const mixes = [yes, no].some((one) => one.type.kind === "null" || one.type.kind === "wrapper");
      if (mixes) return this.#opaque(dynType, "it chooses between a value and null");
      const types = `${typeName(yes.type)} and ${typeName(no.type)}`;
      throw new CelMistake(at, `chooses between ${types}, which are different types`);
    }
    if (isOpen(yes) || isOpen(no)) return opaqueNode(yes.type.kind === "dyn" ? no.type : yes.type);
    if (condition.kind === "constant") return condition.value === true ? yes : no;
    return { kind: "choice", condition, yes, no, type: join(yes.type, no.type), fails };
  }

  #index(operand: Node, index: Node, at: number): Node {
    if (operand.type.kind === "map") return this.#entry(operand, index, at);
    if (operand.type.kind === "list") {
      if (index.type.kind !== "int") {
        if (isOpen(index) || isNumber(index.type)) return this.#opaque(operand.type.item, "an index is no int");
        throw new CelMistake(at, `takes item ${typeName(index.type)} of a list; use an int`);
      }
      return { kind: "item", list: operand, index, type: operand.type.item, fails: true };
    }
    if (isOpen(operand)) return opaqueNode(dynType);
    throw new CelMistake(at, `uses [] on ${typeName(operand.type)}, which it cannot`);
  }

  #entry(map: Node, key: Node, at: number): Node {
    if (map.type.kind !== "map") throw new Error("no map");
    const wanted = map.type.key;
    if (isOpen(key)) return opaqueNode(map.type.value);
    if (!isSameType(key.type, wanted) && !(isNumber(key.type) && isNumber(wanted))) {
      throw new CelMistake(at, `takes the entry of a ${typeName(key.type)}; its keys are ${typeName(wanted)}`);
    }
    return { kind: "entry", map, key, type: map.type.value, fails: true };
  }

  #getField(operand: Node, name: Node, at: number): Node {
    if (name.kind !== "constant" || typeof name.value !== "string") {
      return this.#opaque(dynType, "it calls getField() with what is no literal");
    }
    if (operand.type.kind === "message") return this.#field(operand, name.value, false, at);
    if (isOpen(operand)) return opaqueNode(dynType);
    throw new CelMistake(at, `calls getField() on ${typeName(operand.type)}, which has no fields`);
  }

  #list({ items, at }: Extract<Expr, { kind: "list" }>, variables: Variables): Node {
    const nodes = items.map((item) => this.check(item, variables));
    const [first] = nodes;
    if (nodes.some((node) => node.type.kind === "wrapper" || node.type.kind === "null")) {
      return this.#opaque({ kind: "list", item: dynType }, "a list has items that may be null");
    }
    if (first === undefined) return this.#opaque({ kind: "list", item: dynType }, "it has an empty list");
    let type = first.type;
    for (const node of nodes) {
      if (isOpen(node)) return opaqueNode({ kind: "list", item: dynType });
      if (!isSameType(type, node.type)) {
        if (isNumber(type) && isNumber(node.type))
          return this.#opaque({ kind: "list", item: dynType }, "a list mixes numbers");
        throw new CelMistake(at, `has a list of ${typeName(type)} and ${typeName(node.type)}; use one type`);
      }
      type = join(type, node.type);
    }
    return { kind: "list", items: nodes, type: { kind: "list", item: type }, fails: anyFails(nodes) };
  }

  #macro(expr: Extract<Expr, { kind: "macro" }>, variables: Variables): Node {
    const { macro, variable, at } = expr;
    const range = this.check(expr.range, variables);
    const { type } = range;
    if (type.kind !== "list" && type.kind !== "map" && type.kind !== "dyn") {
      throw new CelMistake(at, `calls ${macro}() on ${typeName(type)}, which it does not take`);
    }
    const item = type.kind === "list" ? type.item : type.kind === "map" ? type.key : dynType;
    const inner = new Map(variables);
    inner.set(variable, { kind: "variable", name: variable, type: item, fails: false });
    const body = this.check(expr.body, inner);
    const when = expr.when && this.#bool(this.check(expr.when, inner), `${macro}()`, at);
    const test = macro === "map" ? body : this.#bool(body, `${macro}()`, at);
    const gives: CelType =
      macro === "map" ? { kind: "list", item: body.type } : macro === "filter" ? { kind: "list", item } : boolType;
    if (isOpen(range) || (macro === "map" && isOpen(body))) return opaqueNode(gives);
    if (macro === "map" && body.type.kind === "wrapper")
      return this.#opaque(gives, "a list has items that may be null");
    const fails = anyFails([range, test, ...(when === undefined ? [] : [when])]);
    return { kind: "macro", macro, range, variable, body: test, when, type: gives, fails };
  }
}

const typeNames = new Set(["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"]);

function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === "name") return expr.name.replace(/^\./, "");
  if (expr.kind !== "select" || expr.test) return undefined;
  const parent = qualifiedName(expr.operand);
  return parent === undefined ? undefined : `${parent}.${expr.field}`;
}

/** Held as JSON, or as something that must be unpacked first. */
function isJsonField(field: FieldModel): boolean {
  return fieldCelType({ ...field, cardinality: "singular" }).kind === "dyn";
}

/** Lists of wrappers, and of integers held as text. */
function holdsOthers(field: FieldModel): boolean {
  if (field.cardinality === "singular") return false;
  return field.longAsString || fieldCelType({ ...field, cardinality: "singular" }).kind === "wrapper";
}
