// Operations on numbers. Integers that are exact as numbers are computed as numbers, all others as bigint.
import type { Node, Operator } from "../../../model/cel/node.js";
import { type CelType, int64, uint64 } from "../../../model/cel/types.js";
import { type CelHost, isExactNumber } from "./host.js";
import { atom, binary, call, type Holder, type Printed, unary } from "./text.js";

/** A literal that is not held by anything yet; {@link hold} decides. */
export function literal(value: bigint): Printed {
  const text = String(value);
  return value < 0n ? { ...unary("-", atom(text.slice(1))), holder: "literal" } : atom(text, "literal");
}

/** The integer as it is to be held; undefined when it does not matter. */
export function hold(value: Printed, holder: "number" | "bigint" | undefined): Printed {
  if (value.holder === "literal") {
    const isLarge = BigInt(value.text) !== BigInt(Number(value.text));
    if (holder === "bigint" || isLarge) return { ...value, text: `${value.text}n`, holder: "bigint" };
    return { ...value, holder: "number" };
  }
  if (holder === "bigint" && value.holder === "number") return call("BigInt", [value.text], "bigint");
  return value;
}

/** How several integers are best held together. */
export function sharedHolder(values: readonly Printed[]): Holder {
  const held = new Set(values.map((value) => hold(value, undefined).holder));
  if (held.has("bigint")) return "bigint";
  return held.has("number") ? "number" : "other";
}

/** All values held alike. */
export function alike(values: readonly Printed[]): Printed[] {
  const holder = sharedHolder(values);
  return holder === "other"
    ? [...values]
    : values.map((value) => hold(value, holder === "bigint" ? "bigint" : "number"));
}

type Binary = Extract<Node, { kind: "operator" }>;

/** `+ - * / %` on integers or doubles. */
export function printArithmetic(node: Binary, left: Printed, right: Printed, host: CelHost): Printed {
  const { operator, type } = node;
  if (type.kind === "double") return binary(left, operator, right);
  const isExact = [type, node.left.type, node.right.type].every(isExactNumber);
  const isNumber = sharedHolder([left, right]) !== "bigint" && isExact && fitsUnchecked(node);
  const [a, b] = [left, right].map((one) => hold(one, isNumber ? "number" : "bigint")) as [Printed, Printed];
  const divides = operator === "/" || operator === "%";
  const divisor = divides && mayBeZero(node.right.type) ? call(host.runtime("nonZero"), [b.text], b.holder) : b;
  const result = binary(a, operator, divisor, isNumber ? "number" : "bigint");
  if (isNumber) return operator === "/" ? call("Math.trunc", [result.text], "number") : result;
  if (fitsUnchecked(node)) return result;
  return call(host.runtime(type.kind === "uint" ? "toUint64" : "toInt64"), [result.text], "bigint");
}

/** Whether the result fits into 64 bits whatever the operands are. */
function fitsUnchecked({ operator, left, right }: Binary): boolean {
  const [a, b] = [left.type, right.type];
  if ((a.kind !== "int" && a.kind !== "uint") || (b.kind !== "int" && b.kind !== "uint")) return false;
  const limits = a.kind === "int" ? int64 : uint64;
  const inside = (value: bigint): boolean => value >= limits.min && value <= limits.max;
  const [l, r] = [a.range, b.range];
  switch (operator) {
    case "+":
      return inside(l.min + r.min) && inside(l.max + r.max);
    case "-":
      return inside(l.min - r.max) && inside(l.max - r.min);
    case "*":
      return [l.min * r.min, l.min * r.max, l.max * r.min, l.max * r.max].every(inside);
    case "/":
      return l.min > limits.min || r.min > -1n || r.max < -1n || a.kind === "uint";
    default:
      return true;
  }
}

function mayBeZero(type: CelType): boolean {
  return (type.kind === "int" || type.kind === "uint") && type.range.min <= 0n && type.range.max >= 0n;
}

const signs: Partial<Record<Operator, string>> = { "==": "===", "!=": "!==" };

/** A comparison of two numbers. */
export function printNumberComparison(node: Binary, left: Printed, right: Printed, host: CelHost): Printed {
  const { operator } = node;
  const doubles = [node.left.type, node.right.type].map((type) => isDouble(type));
  if (!doubles.includes(true)) {
    const [a, b] = alike([left, right]) as [Printed, Printed];
    return binary(a, signs[operator] ?? operator, b);
  }
  const [a, b] = [left, right].map((one) => hold(one, undefined)) as [Printed, Printed];
  if (signs[operator] === undefined) {
    // A bigint is rounded first, as in @bufbuild/cel.
    const [x, y] = [a, b].map((one) => (one.holder === "bigint" ? call("Number", [one.text]) : one)) as [
      Printed,
      Printed,
    ];
    return binary(x, operator, y);
  }
  if (a.holder !== "bigint" && b.holder !== "bigint") return binary(a, signs[operator], b);
  const same = call(host.runtime("isSameNumber"), [a.text, b.text]);
  return operator === "==" ? same : unary("!", same);
}

function isDouble(type: CelType): boolean {
  return type.kind === "double" || (type.kind === "wrapper" && type.of.kind === "double");
}

/** `-value`. */
export function printNegation(node: Extract<Node, { kind: "negate" }>, operand: Printed, host: CelHost): Printed {
  if (node.type.kind === "double") return unary("-", operand);
  const { type } = node.operand;
  const value = hold(operand, undefined);
  const negated = unary("-", value, value.holder);
  const overflows = type.kind === "int" && -type.range.min > int64.max;
  return overflows ? call(host.runtime("toInt64"), [negated.text], "bigint") : negated;
}
