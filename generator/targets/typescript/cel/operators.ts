// Operators between two values, but for the arithmetic of numbers: comparing, joining, and what times have.
import type { Node } from "../../../model/cel/node.js";
import { type CelType, isNumber } from "../../../model/cel/types.js";
import { bytesLiteral } from "../validate-layout.js";
import { type CelHost, type RuntimeName, Uncompilable, unwrapped } from "./host.js";
import { printNumberComparison, sharedHolder } from "./numbers.js";
import { atom, binary, call, type Printed, unary } from "./text.js";

type OperatorNode = Extract<Node, { kind: "operator" }>;

/** `left == right` and the like. */
export function printComparison(node: OperatorNode, left: Printed, right: Printed, host: CelHost): Printed {
  const sign = { "==": "===", "!=": "!==" }[node.operator as "=="] ?? node.operator;
  const wrapped = [node.left.type, node.right.type].find((type) => type.kind === "wrapper");
  const type = unwrapped(node.left.type);
  if (isNumber(type)) {
    if (wrapped !== undefined && sharedHolder([left, right]) === "bigint") {
      if ([left, right].some((one) => one.holder === "number" || one.holder === "other")) {
        throw new Uncompilable("it compares a wrapper with another type of number");
      }
    }
    return printNumberComparison(node, left, right, host);
  }
  const compared = (helper: "compareBytes" | "compareTimes"): Printed =>
    binary(call(host.runtime(helper), [left.text, right.text]), sign, atom("0"));
  switch (type.kind) {
    case "bytes":
      if (wrapped !== undefined) throw new Uncompilable("it compares a wrapper of bytes");
      return sameBytes(node, left, sign, host) ?? compared("compareBytes");
    case "timestamp":
    case "duration":
      return compared("compareTimes");
    case "bool":
      // As numbers, which TypeScript lets be compared.
      if (sign === "===" || sign === "!==") return binary(left, sign, right);
      return binary(call("Number", [left.text]), sign, call("Number", [right.text]));
    case "list":
      return compareLists(node, type.item, left, right, host);
    default:
      return binary(left, sign, right);
  }
}

/** Whether bytes are those of a constant; undefined for anything else. */
function sameBytes(node: OperatorNode, left: Printed, sign: string, host: CelHost): Printed | undefined {
  const { right } = node;
  if (right.kind !== "constant" || !(right.value instanceof Uint8Array)) return undefined;
  if (sign !== "===" && sign !== "!==") return undefined;
  const same = call(host.runtime("equalsBytes"), [left.text, bytesLiteral(right.value)]);
  return sign === "===" ? same : unary("!", same);
}

function compareLists(node: OperatorNode, item: CelType, left: Printed, right: Printed, host: CelHost): Printed {
  const isPlain = item.kind === "string" || item.kind === "bool" || isNumber(item);
  const other = node.right.type.kind === "list" ? node.right.type.item : item;
  if (!isPlain || left.items !== right.items || item.kind !== other.kind) {
    throw new Uncompilable("it compares lists of other values");
  }
  const same = call(host.runtime("hasSameItems"), [left.text, right.text]);
  return node.operator === "==" ? same : unary("!", same);
}

/** `left + right`, and `left - right` of times. */
export function printJoin(node: OperatorNode, left: Printed, right: Printed, host: CelHost): Printed {
  const helper = (name: RuntimeName): Printed => call(host.runtime(name), [left.text, right.text]);
  const [a, b] = [node.left.type.kind, node.right.type.kind];
  switch (node.type.kind) {
    case "string":
      return binary(left, "+", right);
    case "bytes":
      return helper("concatBytes");
    case "timestamp":
      return helper(node.operator === "+" ? "timestampPlus" : "timestampMinus");
    case "duration":
      return helper(node.operator === "+" ? "durationPlus" : "durationMinus");
    default:
      if (left.items !== right.items || (left.enums ?? false) !== (right.enums ?? false)) {
        throw new Uncompilable(`it joins a ${a} and a ${b} of other values`);
      }
      return { ...left, ...atom(`[...${spread(left)}, ...${spread(right)}]`) };
  }
}

function spread(list: Printed): string {
  return list.text.includes(" ") && !list.text.startsWith("[") ? `(${list.text})` : list.text;
}
