// How a validator holds a value: what it looks like when unset, and how to tell.
import type { FieldModel, ScalarName, ValueType } from "../../model/model.js";
import type { FileContext } from "./context.js";
import { scalars, unwraps, zeroOf } from "./codec-field.js";

/** A value of one type, apart from the place it is read from. Functions import what their text names. */
export interface ValueFacts {
  /** What stands behind `??` when the value is missing; undefined for messages. */
  readonly zero: (() => string) | undefined;
  /** For constants that must be declared with a type: enums are compared with any number. */
  readonly annotation: string;
  /** A property of the value that is checked in its place: that of a wrapper, the type URL of an Any, paths of a mask. */
  readonly inner: string | undefined;
  /** For keys, an expression; else a function: what makes the value that is checked out of the one that is held. */
  readonly convert: (() => string) | undefined;
  /** In `isZero` and `isNotZero` the value stands alone, without an operator beside it. */
  readonly isArgument: boolean;
  readonly isZero: (name: string) => string;
  readonly isNotZero: (name: string) => string;
}

/** A value at hand: where it is, and whose rules it has to keep. */
export interface Place {
  readonly field: FieldModel;
  /** The identifier that holds the value. */
  readonly name: string;
  /** The expression for its path. */
  readonly path: string;
  /** It is the key of an entry. */
  readonly forKey: boolean;
  readonly isBytes: boolean;
  /** The expression for the message that `name` is a part of, such as an Any; undefined when it is no part. */
  readonly outer?: string;
  /** Known not to be zero or empty. */
  readonly isNotZero: boolean;
}

/** The facts of a field's value, or of one of its items or values. */
export function valueFacts(field: FieldModel, context: FileContext): ValueFacts {
  const { type } = field;
  if (type.kind === "enum") return enumFacts(zeroOf(type.enum));
  if (type.kind === "scalar") {
    const facts = scalarFacts(type.scalar, context);
    return field.longAsString ? { ...facts, zero: () => '"0"', convert: () => context.runtime("toBigInt") } : facts;
  }
  if (type.message.fullName === "google.protobuf.FieldMask") {
    return { ...messageFacts, zero: () => context.runtime("noItems"), inner: "paths" };
  }
  const inner = innerOf(type);
  if (inner === undefined) return messageFacts;
  const facts = scalarFacts(inner.scalar, context);
  return unwraps(field) ? facts : { ...facts, inner: inner.property };
}

/** The facts of a map's keys. Objects have text as keys, whatever the schema says. */
export function keyFacts(field: FieldModel, context: FileContext): ValueFacts {
  const key = field.mapKey ?? "string";
  const facts = scalarFacts(key, context);
  switch (scalars[key].type) {
    case "number":
      return { ...facts, convert: () => "Number(key)" };
    case "bigint":
      return { ...facts, convert: () => `${context.runtime("toBigInt")}(key)` };
    case "boolean":
      return { ...facts, convert: () => 'key === "true"' };
    default:
      return facts;
  }
}

function innerOf(type: ValueType): { readonly scalar: ScalarName; readonly property: string } | undefined {
  if (type.kind !== "message") return undefined;
  if (type.message.fullName === "google.protobuf.Any") return { scalar: "string", property: "typeUrl" };
  const value = type.message.file.path === "google/protobuf/wrappers.proto" ? type.message.fields[0]?.type : undefined;
  return value?.kind === "scalar" ? { scalar: value.scalar, property: "value" } : undefined;
}

const messageFacts: ValueFacts = {
  zero: undefined,
  annotation: "",
  inner: undefined,
  convert: undefined,
  isArgument: false,
  isZero: (name) => `${name} === undefined`,
  isNotZero: (name) => `${name} !== undefined`,
};

function enumFacts(zero: number): ValueFacts {
  return {
    zero: () => String(zero),
    annotation: ": number",
    inner: undefined,
    convert: undefined,
    isArgument: false,
    isZero: (name) => `${name} === ${zero}`,
    isNotZero: (name) => `${name} !== ${zero}`,
  };
}

function scalarFacts(scalar: ScalarName, context: FileContext): ValueFacts {
  const facts = { annotation: "", inner: undefined, convert: undefined, isArgument: false };
  switch (scalar) {
    case "bytes":
      return {
        ...facts,
        zero: () => context.runtime("noBytes"),
        isZero: (name) => `${name}.length === 0`,
        isNotZero: (name) => `${name}.length > 0`,
      };
    case "bool":
      return {
        ...facts,
        zero: () => "false",
        isArgument: true,
        isZero: (name) => `!${name}`,
        isNotZero: (name) => name,
      };
    case "double":
    case "float":
      // -0 is sent, so it is set.
      return {
        ...facts,
        zero: () => "0",
        isArgument: true,
        isZero: (name) => `Object.is(${name}, 0)`,
        isNotZero: (name) => `!Object.is(${name}, 0)`,
      };
    default: {
      const { zero } = scalars[scalar];
      return {
        ...facts,
        zero: () => zero,
        isZero: (name) => `${name} === ${zero}`,
        isNotZero: (name) => `${name} !== ${zero}`,
      };
    }
  }
}
