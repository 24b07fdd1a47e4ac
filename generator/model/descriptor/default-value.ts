import { mistake } from "../../errors.js";
import type { ScalarName } from "../model.js";

const named: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, nan: Number.NaN };
const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/**
 * The default of a field, from the text in its descriptor.
 *
 * @throws GeneratorError when the text is none of the type.
 */
export function defaultOf(type: ScalarName, text: string): boolean | number | bigint | string | Uint8Array {
  switch (type) {
    case "string":
      return text;
    case "bytes":
      return unescape(text);
    case "bool":
      return text === "true";
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      if (!/^-?\d+$/.test(text)) throw mistake(`cannot parse ${type} default value: ${text}`);
      return BigInt(text);
    case "double":
    case "float":
      return named[text] ?? Number.parseFloat(text);
    default:
      return Number.parseInt(text, 10);
  }
}

/** Bytes as compilers write them: printable characters, and escapes as in C for the others. */
function unescape(text: string): Uint8Array {
  const bytes: number[] = [];
  const escape = /\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|([\s\S]))|([^\\])/guy;
  let end = 0;
  for (const [whole, hexadecimal, octal, sign, plain] of text.matchAll(escape)) {
    end += whole.length;
    if (plain !== undefined) bytes.push(...Buffer.from(plain));
    else if (hexadecimal !== undefined) bytes.push(Number.parseInt(hexadecimal, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255);
    else bytes.push(escapes[sign!] ?? sign!.charCodeAt(0));
  }
  if (end !== text.length) throw mistake(`cannot parse bytes default value: ${text}`);
  return Uint8Array.from(bytes);
}
