// Statements of codecs, laid out as prettier would.
import { fits, quote } from "../../emit/layout.js";

/** A call whose arguments may be calls themselves. */
export interface Call {
  readonly name: string;
  readonly args: readonly (string | Call)[];
  /** What stands behind the closing parenthesis, such as `.value`. */
  readonly suffix?: string;
}

/** A call, as an argument of another one or of `statement`. */
export function call(name: string, args: readonly (string | Call)[], suffix = ""): Call {
  return { name, args, suffix };
}

/**
 * One statement that ends in a call: on one line where it fits, else with each argument on a line of its own.
 *
 * @param indent how many spaces the statement is indented.
 * @param head what stands before the call, such as `at = `.
 */
export function statement(indent: number, head: string, expression: Call | string, tail = ";"): string[] {
  const space = " ".repeat(indent);
  if (typeof expression === "string") return [`${space}${head}${expression}${tail}`];
  const line = `${space}${head}${flat(expression)}${tail}`;
  if (fits(line)) return [line];
  if (head.endsWith("= ") && !fits(`${space}${head}${expression.name}(`)) {
    return [`${space}${head.trimEnd()}`, ...statement(indent + 2, "", expression, tail)];
  }
  return [
    `${space}${head}${expression.name}(`,
    ...expression.args.flatMap((argument) => statement(indent + 2, "", argument, ",")),
    `${space})${expression.suffix ?? ""}${tail}`,
  ];
}

/** An assignment of `{ case: "…", value: … }`, on lines of its own where it does not fit on one. */
export function assignCase(indent: number, target: string, name: string, value: string | Call): string[] {
  const space = " ".repeat(indent);
  const line = `${space}${target} = { case: ${quote(name)}, value: ${flat(value)} };`;
  if (fits(line)) return [line];
  return [
    `${space}${target} = {`,
    `${space}  case: ${quote(name)},`,
    ...statement(indent + 2, "value: ", value, ","),
    `${space}};`,
  ];
}

/** The expression on one line. */
export function flat(expression: Call | string): string {
  if (typeof expression === "string") return expression;
  const { name, args, suffix = "" } = expression;
  let text = `${name}(`;
  for (let i = 0; i < args.length; i++) text += i === 0 ? flat(args[i]!) : `, ${flat(args[i]!)}`;
  return `${text})${suffix}`;
}

/** `if (…) {` with conditions that all have to hold. */
export function ifAll(indent: number, conditions: readonly string[]): string[] {
  const space = " ".repeat(indent);
  const line = `${space}if (${conditions.join(" && ")}) {`;
  if (fits(line)) return [line];
  const last = conditions.length - 1;
  return [`${space}if (`, ...conditions.map((one, i) => `${space}  ${one}${i < last ? " &&" : ""}`), `${space}) {`];
}

/** Lines indented further. */
export function indented(lines: readonly string[], by = 2): string[] {
  const space = " ".repeat(by);
  return lines.map((line) => (line === "" ? line : space + line));
}

/** Stores to the bytes being written: the parts of a tag. */
export function storeTag(indent: number, offset: string, tag: number): string[] {
  const space = " ".repeat(indent);
  return varint(tag).map((byte) => `${space}bytes[${offset}++] = ${byte};`);
}

/** The bytes of a varint of up to 32 bits. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}
