// The functions that rules can call: those of CEL, of its strings extension as @bufbuild/cel has it, and of protovalidate.
import { callNode, constantNode, isOpen, opaqueNode, unwrap } from "./build.js";
import { CelMistake } from "./mistake.js";
import type { Node } from "./node.js";
import type { Refuse } from "./operators.js";
import { isTimeText, parseDuration, parseTimestamp } from "./time.js";
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  int64,
  intType,
  sizes,
  stringType,
  timestampType,
  typeName,
  uintType,
} from "./types.js";

type Kind = CelType["kind"];

/** One way to call a function; for methods the target is the first parameter. */
interface Overload {
  readonly takes: readonly Kind[];
  readonly gives: CelType;
  /** Can end in an error. */
  readonly fails?: boolean;
  /** Parameters from this one on have to be literals for the call to be compiled. */
  readonly literalFrom?: number;
  /** Left to @bufbuild/cel. */
  readonly opaque?: boolean;
}

const to = (gives: CelType, ...takes: Kind[]): Overload => ({ takes, gives });
const failing = (gives: CelType, ...takes: Kind[]): Overload => ({ takes, gives, fails: true });
const literal = (literalFrom: number, ...takes: Kind[]): Overload => ({ takes, gives: boolType, literalFrom });
const opaque = (gives: CelType, ...takes: Kind[]): Overload => ({ takes, gives, opaque: true });

const small = (max: bigint): CelType => intType({ min: 0n, max });
const getter = (max: bigint): Overload[] => [
  failing(small(max), "timestamp"),
  opaque(small(max), "timestamp", "string"),
];
const stringList: CelType = { kind: "list", item: stringType };
const size = intType(sizes);

const methods: Readonly<Record<string, readonly Overload[]>> = {
  size: [to(size, "string"), to(size, "bytes"), to(size, "list"), to(size, "map")],
  contains: [to(boolType, "string", "string"), to(boolType, "bytes", "bytes")],
  startsWith: [to(boolType, "string", "string"), to(boolType, "bytes", "bytes")],
  endsWith: [to(boolType, "string", "string"), to(boolType, "bytes", "bytes")],
  matches: [{ ...literal(1, "string", "string"), fails: false }],
  isNan: [to(boolType, "double")],
  isInf: [to(boolType, "double"), literal(1, "double", "int")],
  isHostname: [to(boolType, "string")],
  isHostAndPort: [literal(1, "string", "bool")],
  isEmail: [to(boolType, "string")],
  isIp: [to(boolType, "string"), literal(1, "string", "int")],
  isIpPrefix: [
    to(boolType, "string"),
    literal(1, "string", "int"),
    literal(1, "string", "bool"),
    literal(1, "string", "int", "bool"),
  ],
  isUri: [to(boolType, "string")],
  isUriRef: [to(boolType, "string")],
  unique: [to(boolType, "list")],
  lowerAscii: [to(stringType, "string")],
  upperAscii: [to(stringType, "string")],
  charAt: [opaque(stringType, "string", "int")],
  indexOf: [opaque(intType(), "string", "string"), opaque(intType(), "string", "string", "int")],
  lastIndexOf: [opaque(intType(), "string", "string"), opaque(intType(), "string", "string", "int")],
  replace: [opaque(stringType, "string", "string", "string"), opaque(stringType, "string", "string", "string", "int")],
  split: [opaque(stringList, "string", "string"), opaque(stringList, "string", "string", "int")],
  substring: [opaque(stringType, "string", "int"), opaque(stringType, "string", "int", "int")],
  trim: [opaque(stringType, "string")],
  join: [opaque(stringType, "list"), opaque(stringType, "list", "string")],
  format: [opaque(stringType, "string", "list")],
  getFullYear: [failing(intType({ min: -9999n, max: 9999n }), "timestamp"), opaque(intType(), "timestamp", "string")],
  getMonth: getter(11n),
  getDate: getter(31n),
  getDayOfMonth: getter(30n),
  getDayOfWeek: getter(6n),
  getDayOfYear: getter(365n),
  getHours: [to(intType(), "duration"), ...getter(23n)],
  getMinutes: [to(intType(), "duration"), ...getter(59n)],
  getSeconds: [to(intType(), "duration"), ...getter(59n)],
  getMilliseconds: [to(intType({ min: -999n, max: 999n }), "duration"), ...getter(999n)],
};

const functions: Readonly<Record<string, readonly Overload[]>> = {
  size: methods["size"]!,
  int: [
    to(intType(), "int"),
    failing(intType(), "uint"),
    failing(intType(), "double"),
    failing(intType(), "string"),
    to(intType(), "timestamp"),
    to(intType(), "duration"),
  ],
  uint: [
    to(uintType(), "uint"),
    failing(uintType(), "int"),
    failing(uintType(), "double"),
    failing(uintType(), "string"),
  ],
  double: [to(doubleType, "double"), to(doubleType, "int"), to(doubleType, "uint"), to(doubleType, "string")],
  bool: [to(boolType, "bool"), failing(boolType, "string")],
  bytes: [to(bytesType, "bytes"), to(bytesType, "string")],
  string: [
    to(stringType, "string"),
    to(stringType, "bool"),
    to(stringType, "int"),
    to(stringType, "uint"),
    to(stringType, "double"),
    failing(stringType, "bytes"),
    opaque(stringType, "timestamp"),
    opaque(stringType, "duration"),
  ],
  timestamp: [to(timestampType, "timestamp"), opaque(timestampType, "string"), opaque(timestampType, "int")],
  duration: [to(durationType, "duration"), opaque(durationType, "string"), opaque(durationType, "int")],
  dyn: [opaque(dynType, "dyn")],
  type: [opaque(dynType, "dyn")],
};

/** A call of a function, or of a method with its target as the first argument. */
export function functionNode(
  name: string,
  isMethod: boolean,
  given: readonly Node[],
  at: number,
  refuse: Refuse,
): Node {
  const table = isMethod ? methods : functions;
  const overloads = Object.hasOwn(table, name) ? table[name]! : undefined;
  if (overloads === undefined) throw new CelMistake(at, `calls ${name}(), which CEL does not have here`);
  if (name === "dyn" || name === "type") {
    refuse(`it calls ${name}()`);
    return opaqueNode(dynType);
  }
  const args = given.map(unwrap);
  if (args.some(isOpen)) return opaqueNode(commonType(overloads));
  const found = overloads.find(
    ({ takes }) => takes.length === args.length && takes.every((kind, i) => args[i]!.type.kind === kind),
  );
  if (found === undefined) {
    const types = args.map((arg) => typeName(arg.type)).join(", ");
    throw new CelMistake(at, `calls ${name}() with ${types || "nothing"}, which it does not take`);
  }
  const folded = foldTime(name, args, at);
  if (folded !== undefined) return folded;
  const [first] = args;
  if (name === "string" && first?.kind === "constant" && /^(?:bigint|string|boolean)$/.test(typeof first.value)) {
    return constantNode(stringType, String(first.value));
  }
  const isVariable =
    found.literalFrom !== undefined && args.slice(found.literalFrom).some((arg) => arg.kind !== "constant");
  if (found.opaque || isVariable) {
    refuse(isVariable ? `it calls ${name}() with what is no literal` : `it calls ${name}()`);
    return opaqueNode(found.gives);
  }
  if (name === "unique") checkUnique(args[0]!, at);
  return callNode(name, args, exactType(name, found.gives, args), found.fails);
}

function commonType(overloads: readonly Overload[]): CelType {
  const [first] = overloads;
  return first !== undefined && overloads.every(({ gives }) => gives.kind === first.gives.kind) ? first.gives : dynType;
}

/** What a conversion that changes nothing can give. */
function exactType(name: string, gives: CelType, args: readonly Node[]): CelType {
  const from = args[0]!.type;
  if ((name === "int" || name === "uint") && (from.kind === "int" || from.kind === "uint")) {
    const limits = name === "int" ? int64 : { min: 0n, max: (1n << 64n) - 1n };
    const fits = from.range.min >= limits.min && from.range.max <= limits.max;
    return fits ? { kind: name, range: from.range } : gives;
  }
  return gives;
}

/** `timestamp("…")` and `duration("…")` with a literal are constants; one that cannot be read is a mistake. */
function foldTime(name: string, args: readonly Node[], at: number): Node | undefined {
  const [arg] = args;
  if (arg?.kind !== "constant" || typeof arg.value !== "string" || args.length !== 1) return undefined;
  if (name !== "timestamp" && name !== "duration") return undefined;
  const value = name === "timestamp" ? parseTimestamp(arg.value) : parseDuration(arg.value);
  if (value === undefined || !isTimeText(arg.value)) {
    throw new CelMistake(at, `has ${JSON.stringify(arg.value.slice(0, 64))}, which is no ${name}`);
  }
  return constantNode(name === "timestamp" ? timestampType : durationType, value);
}

const countable = new Set(["int", "uint", "double", "string", "bool", "bytes"]);

function checkUnique({ type }: Node, at: number): void {
  if (type.kind !== "list" || countable.has(type.item.kind)) return;
  throw new CelMistake(at, `calls unique() on ${typeName(type)}, which it does not take`);
}
