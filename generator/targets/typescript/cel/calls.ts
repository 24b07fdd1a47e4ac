// The functions of CEL as calls of the runtime or of what JavaScript has.
import type { Node } from "../../../model/cel/node.js";
import type { CelType } from "../../../model/cel/types.js";
import { PatternError } from "../pattern/compile.js";
import { bytesLiteral } from "../validate-layout.js";
import { type CelHost, type RuntimeName, Uncompilable } from "./host.js";
import { hold } from "./numbers.js";
import { atom, binary, binding, call, type Printed, tight } from "./text.js";

type Call = Extract<Node, { kind: "call" }>;

const plain: Readonly<Record<string, RuntimeName>> = {
  isHostname: "isHostname",
  isEmail: "isEmail",
  isUri: "isUri",
  isUriRef: "isUriRef",
  lowerAscii: "lowerAscii",
  upperAscii: "upperAscii",
};

const dateParts: Readonly<Record<string, string>> = {
  getFullYear: "getUTCFullYear",
  getMonth: "getUTCMonth",
  getDate: "getUTCDate",
  getDayOfMonth: "getUTCDate",
  getDayOfWeek: "getUTCDay",
  getHours: "getUTCHours",
  getMinutes: "getUTCMinutes",
  getSeconds: "getUTCSeconds",
  getMilliseconds: "getUTCMilliseconds",
};

const ofBytes: Readonly<Record<string, RuntimeName>> = {
  contains: "containsBytes",
  startsWith: "startsWithBytes",
  endsWith: "endsWithBytes",
};

/** A call. */
export function printCall(node: Call, args: readonly Printed[], host: CelHost): Printed {
  const { name } = node;
  const [first] = args as [Printed];
  const { type } = node.args[0]!;
  const runtime = (helper: RuntimeName, holder: Printed["holder"] = "other"): Printed =>
    call(host.runtime(helper), [first.text], holder);
  const helper = plain[name];
  if (helper !== undefined) return runtime(helper);
  switch (name) {
    case "isNull":
      return binary(first, "===", atom("undefined"));
    case "size":
      return size(type, first, host);
    case "contains":
    case "startsWith":
    case "endsWith":
      return part(node, args, host);
    case "matches":
      return matches(node, first, host);
    case "isNan":
      return call("Number.isNaN", [first.text]);
    case "isInf":
      return call(host.runtime("isInfinite"), [first.text, ...args.slice(1).map((one) => hold(one, "number").text)]);
    case "isHostAndPort":
      if (literalOf(node, 1) !== true) throw new Uncompilable("it calls isHostAndPort() without a port");
      return runtime("isHostAndPort");
    case "isIp":
      return runtime(versionOf(node, { 0: "isIp", 4: "isIpv4", 6: "isIpv6" }));
    case "isIpPrefix":
      return runtime(isStrict(node) ? versionOf(node, strictPrefixes) : versionOf(node, prefixes));
    case "unique":
      return runtime(type.kind === "list" && type.item.kind === "bytes" ? "isUniqueBytes" : "isUnique");
    case "int":
    case "uint":
      return toInteger(name, type, first, host);
    case "double":
      return toDouble(type, first);
    case "string":
      return type.kind === "bytes" ? runtime("bytesToText") : toText(type, first);
    case "bool":
      return type.kind === "bool" ? first : runtime("textToBool");
    case "bytes":
      return type.kind === "bytes" ? first : runtime("textToBytes");
    case "timestamp":
    case "duration":
      return first;
    default:
      return timePart(name, type, first, host);
  }
}

function size(type: CelType, value: Printed, host: CelHost): Printed {
  if (type.kind === "string") return call(host.runtime("codePointCount"), [value.text], "number");
  if (type.kind === "map") return call(host.runtime("entryCount"), [value.text], "number");
  return atom(`${tight(value)}.length`, "number");
}

function part(node: Call, [value, other]: readonly Printed[], host: CelHost): Printed {
  if (node.args[0]!.type.kind === "string") {
    const method = node.name === "contains" ? "includes" : node.name;
    return call(`${tight(value!)}.${method}`, [other!.text]);
  }
  const constant = literalOf(node, 1);
  if (!(constant instanceof Uint8Array)) throw new Uncompilable(`it calls ${node.name}() with bytes of the message`);
  return call(host.runtime(ofBytes[node.name]!), [value!.text, bytesLiteral(constant)]);
}

function matches(node: Call, value: Printed, host: CelHost): Printed {
  const pattern = String(literalOf(node, 1));
  try {
    return atom(host.matches(pattern, value.text));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new Uncompilable(`its pattern ${JSON.stringify(pattern)} ${error.message}`);
  }
}

const prefixes = { 0: "isIpWithPrefixLength", 4: "isIpv4WithPrefixLength", 6: "isIpv6WithPrefixLength" } as const;
const strictPrefixes = { 0: "isIpPrefix", 4: "isIpv4Prefix", 6: "isIpv6Prefix" } as const;

function isStrict(node: Call): boolean {
  return literalOf(node, node.args.length - 1) === true;
}

/** The helper for the version of the Internet Protocol that a call names; 0 is both. */
function versionOf(node: Call, helpers: Readonly<Record<0 | 4 | 6, RuntimeName>>): RuntimeName {
  const given = literalOf(node, 1);
  const version = typeof given === "bigint" ? Number(given) : 0;
  if (version !== 0 && version !== 4 && version !== 6) throw new Uncompilable(`there is no version ${version} of IP`);
  return helpers[version];
}

function literalOf(node: Call, index: number): unknown {
  const arg = node.args[index];
  return arg?.kind === "constant" ? arg.value : undefined;
}

function toInteger(name: "int" | "uint", from: CelType, value: Printed, host: CelHost): Printed {
  const limit = host.runtime.bind(host, name === "int" ? "toInt64" : "toUint64");
  switch (from.kind) {
    case "int":
    case "uint": {
      const fits = name === from.kind || (from.range.min >= 0n && from.range.max < 1n << 63n);
      return fits ? value : call(limit(), [hold(value, "bigint").text], "bigint");
    }
    case "double":
      return call(host.runtime(name === "int" ? "doubleToInt" : "doubleToUint"), [value.text], "bigint");
    case "string":
      return call(limit(), [call(host.runtime("textToInteger"), [value.text]).text], "bigint");
    default:
      return call(host.runtime("secondsOf"), [value.text], "bigint");
  }
}

function toDouble(from: CelType, value: Printed): Printed {
  if (from.kind === "double") return value;
  if (from.kind === "string" || value.holder === "bigint") return call("Number", [value.text]);
  if (value.holder === "literal") return atom(value.text.replace(/n$/, ""));
  // An integer is never -0, a number may be.
  const isRead = value.binds === binding.nullish || (value.binds === binding.call && !value.text.startsWith("Math."));
  return { ...(isRead ? value : binary(value, "+", atom("0"))), holder: "other" };
}

function toText(from: CelType, value: Printed): Printed {
  return from.kind === "string" ? value : call("String", [hold(value, undefined).text]);
}

function timePart(name: string, type: CelType, value: Printed, host: CelHost): Printed {
  if (type.kind === "timestamp") {
    if (name === "getDayOfYear") return call(host.runtime("dayOfYear"), [value.text], "number");
    const date = call(host.runtime("dateOf"), [value.text]).text;
    const read = call(`${date}.${dateParts[name]!}`, [], "number");
    return name === "getDayOfMonth" ? binary(read, "-", atom("1"), "number") : read;
  }
  if (name === "getMilliseconds") return call(host.runtime("millisOf"), [value.text], "number");
  const seconds = call(host.runtime("secondsOf"), [value.text], "bigint");
  if (name === "getSeconds") return seconds;
  return binary(seconds, "/", atom(name === "getHours" ? "3600n" : "60n"), "bigint");
}
