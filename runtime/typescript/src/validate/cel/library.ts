// The functions that protovalidate adds to CEL, for rules that @bufbuild/cel runs.
import { create } from "@bufbuild/protobuf";
import { isReflectMessage } from "@bufbuild/protobuf/reflect";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { isEmail, isHostAndPort, isHostname } from "../format/host.js";
import {
  isIp,
  isIpPrefix,
  isIpv4,
  isIpv4Prefix,
  isIpv4WithPrefixLength,
  isIpv6,
  isIpv6Prefix,
  isIpv6WithPrefixLength,
  isIpWithPrefixLength,
} from "../format/ip.js";
import { isUri, isUriRef } from "../format/uri.js";
import { isUnique, isUniqueBytes } from "../unique.js";
import { compareBytes } from "./bytes.js";
import type { CelEngine } from "./engine.js";
import { isInfinite } from "./number.js";

type CelFunction = ReturnType<CelEngine["celMethod"]>;
type Versions = Readonly<Record<0 | 4 | 6, (text: string) => boolean>>;

const addresses: Versions = { 0: isIp, 4: isIpv4, 6: isIpv6 };
const prefixes: Versions = { 0: isIpWithPrefixLength, 4: isIpv4WithPrefixLength, 6: isIpv6WithPrefixLength };
const networks: Versions = { 0: isIpPrefix, 4: isIpv4Prefix, 6: isIpv6Prefix };

/** The functions, made for an engine. */
export function libraryOf({
  celFromScalar,
  celFunc,
  celMethod,
  CelScalar,
  isCelUint,
  listType,
}: CelEngine): CelFunction[] {
  const { BOOL, BYTES, DOUBLE, DYN, INT, STRING } = CelScalar;
  const ofText = (name: string, check: (text: string) => boolean) =>
    celMethod(name, STRING, [], BOOL, function (): boolean {
      return check(this);
    });
  return [
    ofText("isHostname", isHostname),
    ofText("isEmail", isEmail),
    ofText("isUri", isUri),
    ofText("isUriRef", isUriRef),
    ofText("isIp", isIp),
    ofText("isIpPrefix", isIpWithPrefixLength),
    celMethod("isIp", STRING, [INT], BOOL, function (version): boolean {
      return ofVersion(addresses, this, version);
    }),
    celMethod("isIpPrefix", STRING, [INT], BOOL, function (version): boolean {
      return ofVersion(prefixes, this, version);
    }),
    celMethod("isIpPrefix", STRING, [BOOL], BOOL, function (strict): boolean {
      return (strict ? isIpPrefix : isIpWithPrefixLength)(this);
    }),
    celMethod("isIpPrefix", STRING, [INT, BOOL], BOOL, function (version, strict): boolean {
      return ofVersion(strict ? networks : prefixes, this, version);
    }),
    celMethod("isHostAndPort", STRING, [BOOL], BOOL, function (portRequired): boolean {
      return isHostAndPort(this) || (!portRequired && isHost(this));
    }),
    celMethod("isNan", DOUBLE, [], BOOL, function (): boolean {
      return Number.isNaN(this);
    }),
    celMethod("isInf", DOUBLE, [], BOOL, function (): boolean {
      return isInfinite(this);
    }),
    celMethod("isInf", DOUBLE, [INT], BOOL, function (sign): boolean {
      return isInfinite(this, Number(sign));
    }),
    celMethod("unique", listType(DYN), [], BOOL, function (): boolean {
      const items: unknown[] = [...this].map((item) => (isCelUint(item) ? item.value : item));
      if (items.every((item) => item instanceof Uint8Array)) return isUniqueBytes(items);
      return isUnique(items as (string | number | bigint | boolean)[]);
    }),
    celMethod("contains", BYTES, [BYTES], BOOL, function (part): boolean {
      return stands(this, part, 0, this.length);
    }),
    celMethod("startsWith", BYTES, [BYTES], BOOL, function (part): boolean {
      return stands(this, part, 0, 0);
    }),
    celMethod("endsWith", BYTES, [BYTES], BOOL, function (part): boolean {
      return stands(this, part, this.length - part.length, this.length);
    }),
    celFunc("getField", [DYN, STRING], DYN, (message, name) => {
      if (!isReflectMessage(message)) throw new Error("getField() is for messages");
      const field = message.fields.find((one) => one.name === name);
      if (field === undefined) throw new Error(`${message.desc.typeName} has no field ${name}`);
      switch (field.fieldKind) {
        case "enum":
          return BigInt(message.get(field));
        case "scalar":
          return celFromScalar(field.scalar, message.get(field));
        case "message":
          if (message.isSet(field)) return message.get(field);
          return isWrapperDesc(field.message) ? null : create(field.message);
        default:
          return message.get(field);
      }
    }),
  ];
}

function ofVersion(checks: Versions, text: string, version: bigint): boolean {
  const number = Number(version);
  return number === 0 || number === 4 || number === 6 ? checks[number](text) : false;
}

function isHost(text: string): boolean {
  if (text.startsWith("[") && text.endsWith("]")) return isIpv6(text.slice(1, -1));
  return isHostname(text) || isIpv4(text);
}

/** Whether a part stands in the bytes, beginning between two places. */
function stands(bytes: Uint8Array, part: Uint8Array, from: number, to: number): boolean {
  if (from < 0) return false;
  for (let at = from; at <= to && at + part.length <= bytes.length; at++) {
    if (compareBytes(bytes.subarray(at, at + part.length), part) === 0) return true;
  }
  return false;
}
