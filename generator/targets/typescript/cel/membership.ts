// What is in a list, and what is a key of a map.
import type { Node } from "../../../model/cel/node.js";
import { isNumber } from "../../../model/cel/types.js";
import { type CelHost, Uncompilable, unwrapped } from "./host.js";
import { alike, hold } from "./numbers.js";
import { call, type Printed } from "./text.js";

type OperatorNode = Extract<Node, { kind: "operator" }>;

/** `left in right`. `print` prints what stands in it. */
export function printMembership(node: OperatorNode, print: (part: Node) => Printed, host: CelHost): Printed {
  const within = print(node.right);
  if (node.right.type.kind === "map") {
    return call("Object.hasOwn", [within.text, printKey(node.left, print(node.left))]);
  }
  const item = node.right.type.kind === "list" ? node.right.type.item : node.right.type;
  const value = print(node.left);
  const isInteger = item.kind === "int" || item.kind === "uint";
  const maybeNull = node.left.type.kind === "wrapper";
  if (item.kind === "string" || item.kind === "bool") {
    if (node.right.kind !== "list" || maybeNull) return call(host.runtime("isIn"), [value.text, within.text]);
    return call(`${within.text}.includes`, [value.text]);
  }
  if (!isNumber(item)) throw new Uncompilable(`it looks for ${item.kind} in a list`);
  const found = numberIn(node, value, within, isInteger, print, host);
  if (found === undefined || (maybeNull && !found.text.includes(`(${value.text},`)))
    throw new Uncompilable("it looks for a number among others that are held differently");
  return found;
}

function numberIn(
  node: OperatorNode,
  value: Printed,
  within: Printed,
  isInteger: boolean,
  print: (part: Node) => Printed,
  host: CelHost,
): Printed | undefined {
  const type = unwrapped(node.left.type);
  const isWhole = type.kind !== "double";
  const maybeNull = type !== node.left.type;
  if (node.right.kind === "list") {
    const items = node.right.items.map((item) => print(item));
    if (!isWhole || !isInteger) {
      if ([value, ...items].some((one) => one.holder === "bigint")) return undefined;
    }
    const [held, ...others] = alike([value, ...items]) as [Printed, ...Printed[]];
    const list = `[${others.map((item) => hold(item, undefined).text).join(", ")}]`;
    if (isWhole && isInteger && !maybeNull) return call(`${list}.includes`, [held.text]);
    return call(host.runtime("isIn"), [hold(held, undefined).text, list]);
  }
  const wanted = within.items === "bigint" ? "bigint" : "number";
  const held = hold(value, wanted);
  if (!isWhole && within.items === "bigint") return undefined;
  if (held.holder === "bigint" && within.items !== "bigint") return undefined;
  return call(host.runtime("isIn"), [held.text, within.text]);
}

/** A key as objects have it: text. */
export function printKey(node: Node, key: Printed): string {
  if (node.type.kind === "string") return key.text;
  if (node.type.kind === "double") throw new Uncompilable("a key is a double");
  return node.kind === "constant" ? `"${node.value as bigint | boolean}"` : call("String", [key.text]).text;
}
