// What the operators of CEL mean for the types they are used on, and what can come out.
import { anyFails, boolNode, callNode, constantNode, isOpen, opaqueNode, unwrap } from "./build.js";
import { CelMistake } from "./mistake.js";
import type { Node, Operator } from "./node.js";
import {
  boolType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  int64,
  isNumber,
  isSameType,
  join,
  type Range,
  stringType,
  timestampType,
  typeName,
  uint64,
} from "./types.js";

/** What stops an expression from being compiled gets noted here. */
export type Refuse = (reason: string) => void;

type Arithmetic = "+" | "-" | "*" | "/" | "%";

/** `left operator right`. */
export function operatorNode(operator: Operator, left: Node, right: Node, at: number, refuse: Refuse): Node {
  switch (operator) {
    case "==":
    case "!=":
      return equality(operator, left, right, at, refuse);
    case "in":
      return membership(left, right, at);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison(operator, unwrap(left), unwrap(right), at);
    default:
      return arithmetic(operator, unwrap(left), unwrap(right), at);
  }
}

function simple(operator: Operator, left: Node, right: Node, type: CelType, fails: boolean = false): Node {
  const known =
    left.kind === "constant" && right.kind === "constant" ? fold(operator, left.value, right.value) : undefined;
  if (known !== undefined) return constantNode(type, known);
  return { kind: "operator", operator, left, right, type, fails: fails || anyFails([left, right]) };
}

/** The result of an operation on constants, where it is plain what it is. */
function fold(operator: Operator, a: unknown, b: unknown): boolean | string | undefined {
  const isText = typeof a === "string" && typeof b === "string";
  if (operator === "+") return isText ? a + b : undefined;
  if (
    !isText &&
    !(typeof a === "bigint" && typeof b === "bigint") &&
    !(typeof a === "number" && typeof b === "number")
  ) {
    return undefined;
  }
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      return undefined;
  }
}

function noOverload(operator: string, left: Node, right: Node, at: number): CelMistake {
  return new CelMistake(at, `uses ${operator} on ${typeName(left.type)} and ${typeName(right.type)}, which it cannot`);
}

function equality(operator: "==" | "!=", left: Node, right: Node, at: number, refuse: Refuse): Node {
  if (left.type.kind === "null" || right.type.kind === "null") {
    const other = left.type.kind === "null" ? right : left;
    if (isOpen(other)) return opaqueNode(boolType);
    const isNull = nullTest(other);
    if (isNull === undefined) throw new CelMistake(at, `compares ${typeName(other.type)} with null, which it never is`);
    if (isNull.kind === "constant") return boolNode((isNull.value === true) === (operator === "=="));
    return operator === "==" ? isNull : { kind: "not", operand: isNull, type: boolType, fails: isNull.fails };
  }
  if (isOpen(left) || isOpen(right)) return opaqueNode(boolType);
  const [a, b] = [left, right].map(({ type }) => (type.kind === "wrapper" ? type.of : type)) as [CelType, CelType];
  if (!isSameType(a, b) && !(isNumber(a) && isNumber(b))) {
    throw new CelMistake(at, `compares ${typeName(left.type)} with ${typeName(right.type)}, which are never equal`);
  }
  if (a.kind === "message" || a.kind === "map") {
    refuse(`it compares ${a.kind}s`);
    return opaqueNode(boolType);
  }
  return simple(operator, left, right, boolType);
}

/** Whether something is null; undefined when its type has no null. Messages count as there even when they are unset. */
function nullTest(node: Node): Node | undefined {
  switch (node.type.kind) {
    case "wrapper":
      return callNode("isNull", [node], boolType);
    case "null":
      return boolNode(true);
    case "message":
    case "timestamp":
    case "duration":
      return node.fails ? opaqueNode(boolType) : boolNode(false);
    default:
      return undefined;
  }
}

const ordered = new Set(["bool", "string", "bytes", "timestamp", "duration"]);

function comparison(operator: Operator, left: Node, right: Node, at: number): Node {
  if (isOpen(left) || isOpen(right)) return opaqueNode(boolType);
  const same = left.type.kind === right.type.kind && ordered.has(left.type.kind);
  if (!same && !(isNumber(left.type) && isNumber(right.type))) throw noOverload(operator, left, right, at);
  return simple(operator, left, right, boolType);
}

function membership(left: Node, right: Node, at: number): Node {
  const { type } = right;
  // Null is in no list, but no key either: that is an error.
  const value = type.kind === "list" ? left : unwrap(left);
  const sought = value.type.kind === "wrapper" ? value.type.of : value.type;
  if (isOpen(left) || isOpen(right)) return opaqueNode(boolType);
  const inside = type.kind === "list" ? type.item : type.kind === "map" ? type.key : undefined;
  if (inside === undefined) throw noOverload("in", left, right, at);
  if (!isSameType(sought, inside) && !(isNumber(sought) && isNumber(inside))) {
    throw noOverload("in", left, right, at);
  }
  return simple("in", value, right, boolType);
}

function arithmetic(operator: Arithmetic, left: Node, right: Node, at: number): Node {
  const [a, b] = [left.type, right.type];
  if (isOpen(left) || isOpen(right))
    return opaqueNode(a.kind === "list" || b.kind === "list" ? dynType : openType(a, b));
  if ((a.kind === "int" && b.kind === "int") || (a.kind === "uint" && b.kind === "uint")) {
    const limits = a.kind === "int" ? int64 : uint64;
    const range = rangeOf(operator, a.range, b.range);
    const divides = operator === "/" || operator === "%";
    const byZero = divides && b.range.min <= 0n && b.range.max >= 0n;
    const fails = byZero || range.min < limits.min || range.max > limits.max;
    return simple(operator, left, right, { kind: a.kind, range: clamp(range, limits) }, fails);
  }
  if (a.kind === "double" && b.kind === "double" && operator !== "%") return simple(operator, left, right, doubleType);
  const result = otherResult(operator, a, b);
  if (result === undefined) throw noOverload(operator, left, right, at);
  const isTime = result.kind === "timestamp" || result.kind === "duration";
  return simple(operator, left, right, result, isTime);
}

function openType(a: CelType, b: CelType): CelType {
  const known = a.kind === "dyn" ? b : a;
  return isNumber(known) || known.kind === "string" || known.kind === "bytes" ? known : dynType;
}

function otherResult(operator: Arithmetic, a: CelType, b: CelType): CelType | undefined {
  const pair = `${a.kind} ${operator} ${b.kind}`;
  switch (pair) {
    case "string + string":
      return stringType;
    case "bytes + bytes":
      return a;
    case "list + list":
      return isSameType(a, b) ? join(a, b) : undefined;
    case "duration + duration":
    case "duration - duration":
    case "timestamp - timestamp":
      return durationType;
    case "timestamp + duration":
    case "duration + timestamp":
    case "timestamp - duration":
      return timestampType;
    default:
      return undefined;
  }
}

/** What an operation on integers can give, before limits. A division by zero gives nothing. */
function rangeOf(operator: Arithmetic, a: Range, b: Range): Range {
  switch (operator) {
    case "+":
      return { min: a.min + b.min, max: a.max + b.max };
    case "-":
      return { min: a.min - b.max, max: a.max - b.min };
    case "*":
      return hull([a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max]);
    case "/": {
      const divisors = [b.min, b.max, -1n, 1n].filter((one) => one !== 0n && one >= b.min && one <= b.max);
      if (divisors.length === 0) return { min: 0n, max: 0n };
      return hull([0n, ...divisors.flatMap((one) => [a.min / one, a.max / one])]);
    }
    case "%": {
      const most = larger(magnitude(b), 1n) - 1n;
      return { min: a.min < 0n ? -most : 0n, max: a.max > 0n ? most : 0n };
    }
  }
}

function hull(values: readonly bigint[]): Range {
  return { min: values.reduce((a, b) => (a < b ? a : b)), max: values.reduce(larger) };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function magnitude({ min, max }: Range): bigint {
  return larger(max < 0n ? -max : max, min < 0n ? -min : min);
}

function clamp(range: Range, limits: Range): Range {
  return {
    min: range.min < limits.min ? limits.min : range.min > limits.max ? limits.max : range.min,
    max: range.max > limits.max ? limits.max : range.max < limits.min ? limits.min : range.max,
  };
}

/** `-operand`. */
export function negateNode(operand: Node, at: number): Node {
  const inner = unwrap(operand);
  const { type } = inner;
  if (isOpen(inner)) return opaqueNode(dynType);
  if (type.kind === "double") return { kind: "negate", operand: inner, type, fails: inner.fails };
  if (type.kind !== "int") throw new CelMistake(at, `uses - on ${typeName(type)}, which it cannot`);
  const range = { min: -type.range.max, max: -type.range.min };
  if (inner.kind === "constant" && typeof inner.value === "bigint" && range.max <= int64.max) {
    return constantNode({ kind: "int", range }, -inner.value);
  }
  const fails = inner.fails || range.max > int64.max;
  return { kind: "negate", operand: inner, type: { kind: "int", range: clamp(range, int64) }, fails };
}
