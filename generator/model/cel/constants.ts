// Values of rules as constants of CEL, of the types that @bufbuild/protovalidate gives them.
import { type DescExtension, type DescField, type Message, ScalarType } from "@bufbuild/protobuf";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";
import type { LiteralValue, TimeValue } from "./ast.js";
import { constantNode } from "./build.js";
import type { RulesReader } from "./check.js";
import type { Node } from "./node.js";
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  intType,
  join,
  stringType,
  timestampType,
  uintType,
} from "./types.js";

/** Rules, read as `rules` reads them. */
export function rulesReader(rules: ReflectMessage): RulesReader {
  const find = (name: string): DescField | undefined => rules.fields.find((field) => field.name === name);
  return {
    has(name) {
      const field = find(name);
      return field && rules.isSet(field);
    },
    value(name) {
      const field = find(name);
      if (field === undefined) return undefined;
      if (field.fieldKind === "list" && field.listKind === "scalar") {
        return listNode([...rules.get(field)].map((item) => scalarNode(field.scalar, item)));
      }
      if (field.fieldKind === "message") return messageNode(rules.get(field).message);
      if (field.fieldKind === "scalar") return scalarNode(field.scalar, rules.get(field));
      return undefined;
    },
  };
}

/**
 * The value of an extension as `rule` has it: in lists, and for enums, numbers are what JavaScript takes them for, a
 * double or an int.
 *
 * @returns undefined when no constant says it.
 */
export function ruleNode(extension: DescExtension, value: unknown): Node | undefined {
  switch (extension.fieldKind) {
    case "scalar":
      return scalarNode(extension.scalar, value);
    case "list":
      return listNode((value as unknown[]).map(plainNode));
    case "message":
      return messageNode(value as Message);
    default:
      return plainNode(value);
  }
}

function scalarNode(scalar: ScalarType, value: unknown): Node | undefined {
  switch (scalar) {
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return integer(uintType, value);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return integer(intType, value);
    default:
      return plainNode(value);
  }
}

function integer(type: typeof intType, value: unknown): Node {
  const number = BigInt(value as number | bigint | string);
  return constantNode(type({ min: number, max: number }), number);
}

function plainNode(value: unknown): Node | undefined {
  const constant = (type: CelType): Node => constantNode(type, value as LiteralValue | TimeValue);
  switch (typeof value) {
    case "bigint":
      return integer(intType, value);
    case "number":
      return constant(doubleType);
    case "string":
      return constant(stringType);
    case "boolean":
      return constant(boolType);
    default:
      return value instanceof Uint8Array ? constant(bytesType) : undefined;
  }
}

function messageNode(message: Message): Node | undefined {
  const isTimestamp = message.$typeName === "google.protobuf.Timestamp";
  if (!isTimestamp && message.$typeName !== "google.protobuf.Duration") return undefined;
  const { seconds, nanos } = message as Message & TimeValue;
  return constantNode(isTimestamp ? timestampType : durationType, { seconds, nanos });
}

function listNode(items: readonly (Node | undefined)[]): Node | undefined {
  const [first] = items;
  if (first === undefined || items.some((item) => item === undefined)) return undefined;
  const known = items as readonly Node[];
  const item = known.map((one) => one.type).reduce(join);
  return { kind: "list", items: known, type: { kind: "list", item }, fails: false };
}
