// A field whose type has changed: how a value of the one becomes a value of the other in TypeScript.
import type { FieldModel } from "../model/model.js";
import { typeText } from "../compare/similar.js";

/** How expressions are put around values. */
export interface Conversion {
  /** What was and what is, for messages. */
  readonly told: string;
  /** What a value of the new type is in TypeScript; undefined for what no conversion leads to. */
  readonly to: ValueKind | undefined;
  /** Around a value that is written; undefined when only a person can tell. */
  readonly write: Wrap | undefined;
  /** Around a value that is read. */
  readonly read: Wrap | undefined;
}

/** What stands before and behind an expression, and a literal that needs nothing around it. */
export interface Wrap {
  readonly before: string;
  readonly after: string;
  /** The literal that stands for another one; undefined when it has to be wrapped. */
  readonly literal?: (text: string) => string | undefined;
}

/** What a value can be. */
export type ValueKind = Kind | "list";
type Kind = "number" | "bigint" | "string" | "bytes";

const integer = /^-?\d+$/;
const toBigint: Wrap = call("BigInt", (text) => (integer.test(text) ? `${text}n` : undefined));
const toNumber: Wrap = call("Number", (text) =>
  /^-?\d+n$/.test(text) && text.length < 17 ? text.slice(0, -1) : undefined,
);
const toText: Wrap = call("String", (text) => (integer.test(text) ? JSON.stringify(text) : undefined));
const encode: Wrap = call("new TextEncoder().encode");
const decode: Wrap = call("new TextDecoder().decode");

const wraps: Readonly<Record<string, Wrap>> = {
  "number bigint": toBigint,
  "bigint number": toNumber,
  "number string": toText,
  "bigint string": toText,
  "string number": call("Number"),
  "string bigint": call("BigInt"),
  "string bytes": encode,
  "bytes string": decode,
};

/** How values of a field are brought from its old type to its new one; undefined when both are one type in TypeScript. */
export function conversionOf(old: FieldModel, now: FieldModel): Conversion | undefined {
  const told = `is ${typeText(now)} now, was ${typeText(old)}`;
  const [from, to] = [kindOf(old), kindOf(now)];
  if (old.cardinality !== now.cardinality) {
    const listed =
      old.cardinality === "singular" &&
      now.cardinality === "list" &&
      old.presence !== "explicit" &&
      from !== undefined &&
      from === to;
    return { told, to: "list", write: listed ? { before: "[", after: "]" } : undefined, read: undefined };
  }
  if (from === undefined || to === undefined) return undefinedUnlessOther(old, now, told);
  if (from === to) return undefined;
  // An unset value would be converted too, and lists have a value for each element.
  const plain = old.cardinality === "singular" && old.presence === "implicit" && now.presence === "implicit";
  if (!plain) return { told, to: undefined, write: undefined, read: undefined };
  return { told, to, write: wraps[`${from} ${to}`], read: wraps[`${to} ${from}`] };
}

/** Messages, enums and booleans have no conversion; another one under the same field is for a person to see. */
function undefinedUnlessOther(old: FieldModel, now: FieldModel, told: string): Conversion | undefined {
  const [a, b] = [old.type, now.type];
  if (a.kind === "scalar" && b.kind === "scalar" && a.scalar === b.scalar) return undefined;
  return { told, to: undefined, write: undefined, read: undefined };
}

function kindOf({ type, longAsString }: FieldModel): Kind | undefined {
  if (type.kind !== "scalar" || type.scalar === "bool") return undefined;
  if (type.scalar === "string" || type.scalar === "bytes") return type.scalar;
  if (!type.scalar.endsWith("64")) return "number";
  return longAsString ? "string" : "bigint";
}

function call(name: string, literal?: Wrap["literal"]): Wrap {
  return { before: `${name}(`, after: ")", ...(literal === undefined ? {} : { literal }) };
}
