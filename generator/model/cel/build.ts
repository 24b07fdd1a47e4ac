// How nodes are made, and what every part of the checker shares.
import type { LiteralValue, TimeValue } from "./ast.js";
import type { Node } from "./node.js";
import { boolType, type CelType, isDynamic } from "./types.js";

/** A constant. */
export function constantNode(type: CelType, value: LiteralValue | TimeValue): Node {
  return { kind: "constant", type, value, fails: false };
}

/** A call of a function that a target knows by name. */
export function callNode(name: string, args: readonly Node[], type: CelType, fails: boolean = false): Node {
  return { kind: "call", name, args, type, fails: fails || anyFails(args) };
}

/** What is not compiled. */
export function opaqueNode(type: CelType): Node {
  return { kind: "opaque", type, fails: true };
}

/** Whether one of them can end in an error. */
export function anyFails(nodes: readonly Node[]): boolean {
  return nodes.some((node) => node.fails);
}

/** The value of a wrapper where one is wanted: an error when it is null. */
export function unwrap(node: Node): Node {
  if (node.type.kind !== "wrapper") return node;
  return { kind: "given", operand: node, type: node.type.of, fails: true };
}

/** `true` or `false`. */
export function boolNode(value: boolean): Node {
  return constantNode(boolType, value);
}

/** Whether something is only known when it is evaluated. */
export function isOpen(node: Node): boolean {
  return isDynamic(node.type);
}
