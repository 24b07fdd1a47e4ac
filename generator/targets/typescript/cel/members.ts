// Reading the fields of messages, which may be missing themselves and hold only what is set.
import type { Node } from "../../../model/cel/node.js";
import { fieldCelType, valueCelType } from "../../../model/cel/types.js";
import type { FieldModel } from "../../../model/model.js";
import { defaultOf, hasDefaults, showsDefault } from "../codec-field.js";
import { owned } from "../codec-types.js";
import { propertyName } from "../names.js";
import { stringLiteral } from "../validate-layout.js";
import { type CelHost, heldAs, Uncompilable } from "./host.js";
import { atom, binary, binding, call, type Printed, tight, unary } from "./text.js";

type FieldNode = Extract<Node, { kind: "field" | "has" }>;

/** A field, or its default. */
export function printField({ field }: FieldNode, operand: Printed, host: CelHost): Printed {
  const source = readSource(field, operand, host);
  const value = valueCelType(field.type);
  const enums = field.type.kind === "enum";
  if (field.cardinality !== "singular") {
    const none = atom(host.runtime(field.cardinality === "list" ? "noItems" : "noEntries"));
    const items = heldAs(value.kind === "wrapper" ? value.of : value);
    return { ...binary(source, "??", none), items, enums };
  }
  const type = fieldCelType(field);
  switch (type.kind) {
    case "message":
    case "timestamp":
    case "duration":
      return { ...source, maybe: true };
    case "wrapper":
      if (field.oneof !== undefined) throw new Uncompilable(`.${field.name} is a wrapper in a oneof`);
      return { ...source, holder: heldAs(type.of), maybe: true };
  }
  if (field.longAsString) {
    return call(host.runtime("toBigInt"), [binary(source, "??", atom(defaultOf(field))).text], "bigint");
  }
  const isNoBytes = type.kind === "bytes" && (field.defaultValue as Uint8Array | undefined)?.length !== undefined;
  const fallback = isNoBytes && (field.defaultValue as Uint8Array).length > 0 ? defaultOf(field) : undefined;
  const zero = type.kind === "bytes" ? (fallback ?? host.runtime("noBytes")) : defaultOf(field);
  const read = binary(source, "??", atom(zero), heldAs(type));
  return enums ? call("Number", [read.text], "number") : read;
}

/** Whether a field is set. */
export function printHas({ field }: FieldNode, operand: Printed, host: CelHost): Printed {
  const property = propertyName(field);
  const missing = atom("undefined");
  if (field.oneof !== undefined) {
    const holder = `${access(operand)}${propertyName(field.oneof)}?.case`;
    return binary(atom(holder), "===", atom(stringLiteral(property)));
  }
  if (field.presence !== "implicit" && showsDefault(field) && hasDefaults(field.parent)) {
    return call(host.runtime("ownsField"), [operand.text, stringLiteral(property)]);
  }
  const source = readSource(field, operand, host);
  if (field.cardinality === "list") {
    const list = binary(source, "??", atom(host.runtime("noItems")));
    return binary(atom(`${tight(list)}.length`), ">", atom("0"));
  }
  if (field.cardinality === "map") {
    const map = binary(source, "??", atom(host.runtime("noEntries")));
    return binary(call(host.runtime("entryCount"), [map.text]), ">", atom("0"));
  }
  if (field.presence !== "implicit") return binary(source, "!==", missing);
  const value = printField({ field } as FieldNode, operand, host);
  switch (fieldCelType(field).kind) {
    case "bool":
      return value;
    case "double":
      // -0 is sent, so it is set.
      return unary("!", call("Object.is", [value.text, "0"]));
    case "bytes":
      return binary(atom(`${tight(value)}.length`), ">", atom("0"));
    case "string":
      return binary(value, "!==", atom('""'));
    default:
      return binary(value, "!==", atom(value.holder === "bigint" ? "0n" : zeroOf(field)));
  }
}

function zeroOf(field: FieldModel): string {
  return field.type.kind === "enum" ? String(field.type.enum.values[0]?.number ?? 0) : "0";
}

function readSource(field: FieldModel, operand: Printed, host: CelHost): Printed {
  const property = propertyName(field);
  if (field.oneof !== undefined) {
    const oneof = `${access(operand)}${propertyName(field.oneof)}`;
    return call(host.runtime("chosenValue"), [oneof, stringLiteral(property)]);
  }
  if (!owned(property)) throw new Uncompilable(`every object has something called ${property}`);
  return atom(access(operand) + property);
}

function access(operand: Printed): string {
  return tight(operand, binding.call) + (operand.maybe ? "?." : ".");
}
