// Statements and literals of validators, laid out as prettier would.
import { fits } from "../../emit/layout.js";

/** Conditions joined by one operator. */
export interface Condition {
  readonly operands: readonly string[];
  readonly operator: "&&" | "||";
}

/** A condition of one operand. */
export function only(operand: string): Condition {
  return { operands: [operand], operator: "&&" };
}

/** Two spaces for each level. */
export function indentOf(level: number): string {
  return "  ".repeat(level);
}

/** A statement; its lines depend on how far it is indented. */
export type Statement = If | Lines;

/** An `if`. */
export interface If {
  readonly kind: "if";
  readonly condition: Condition;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

/** Anything else. */
export interface Lines {
  readonly kind: "lines";
  print(level: number): string[];
}

/** A statement that prints itself. */
export function lines(print: (level: number) => string[]): Lines {
  return { kind: "lines", print };
}

/** An `if`; one inside of it that stands alone becomes part of its condition where that needs no parentheses. */
export function when(condition: Condition, body: readonly Statement[], otherwise: readonly Statement[] = []): If {
  const [inner] = body;
  const joins = (one: Condition): boolean => one.operator === "&&" || one.operands.length === 1;
  if (body.length === 1 && inner?.kind === "if" && inner.otherwise.length === 0 && otherwise.length === 0) {
    if (joins(condition) && joins(inner.condition)) {
      const operands = [...condition.operands, ...inner.condition.operands];
      return { ...inner, condition: { operands, operator: "&&" } };
    }
  }
  return { kind: "if", condition, body, otherwise };
}

/** Prints statements one below the other. */
export function printStatements(level: number, statements: readonly Statement[]): string[] {
  return statements.flatMap((one) => (one.kind === "if" ? printIf(level, one, "") : one.print(level)));
}

function printIf(level: number, { condition, body, otherwise }: If, before: string): string[] {
  const printed = [...ifHead(level, condition, before), ...printStatements(level + 1, body)];
  const indent = indentOf(level);
  const [alternative] = otherwise;
  if (alternative === undefined) return [...printed, `${indent}}`];
  if (otherwise.length === 1 && alternative.kind === "if") {
    return [...printed, ...printIf(level, alternative, "} else ")];
  }
  return [...printed, `${indent}} else {`, ...printStatements(level + 1, otherwise), `${indent}}`];
}

/** `if (…) {`, each operand on a line of its own where they do not fit on one. */
function ifHead(level: number, { operands, operator }: Condition, before: string): string[] {
  const indent = indentOf(level);
  const line = `${indent}${before}if (${operands.join(` ${operator} `)}) {`;
  if (fits(line)) return [line];
  const last = operands.length - 1;
  const broken = operands.map((operand, i) => `${indent}  ${operand}${i < last ? ` ${operator}` : ""}`);
  return [`${indent}${before}if (`, ...broken, `${indent}) {`];
}

/** A block with a head. */
export function block(head: string, body: readonly Statement[]): Lines {
  return lines((level) => [`${indentOf(level)}${head} {`, ...printStatements(level + 1, body), `${indentOf(level)}}`]);
}

/** `const name = left ?? right;` */
export function constant(name: string, parts: readonly string[]): Lines {
  return lines((level) => {
    const indent = indentOf(level);
    const line = `${indent}const ${name} = ${parts.join(" ?? ")};`;
    if (fits(line)) return [line];
    const whole = `${indent}  ${parts.join(" ?? ")};`;
    if (fits(whole) || parts.length === 1) return [`${indent}const ${name} =`, whole];
    return [`${indent}const ${name} =`, `${indent}  ${parts[0]} ??`, `${indent}  ${parts[1]};`];
  });
}

/** `name = callee(…);`, the arguments on lines of their own where they do not fit. */
export function assignCall(name: string, callee: string, args: readonly string[]): Lines {
  return lines((level) => {
    const indent = indentOf(level);
    const line = `${indent}${name} = ${callee}(${args.join(", ")});`;
    if (fits(line)) return [line];
    return [`${indent}${name} = ${callee}(`, ...args.map((argument) => `${indent}  ${argument},`), `${indent});`];
  });
}

/** A number as TypeScript has it. */
export function numberLiteral(value: number): string {
  // The compiler refuses to compare with a plain NaN, for nothing equals it; a schema may ask for just that.
  if (Number.isNaN(value)) return "Number.NaN";
  return Object.is(value, -0) ? "0" : String(value).replace("e+", "e");
}

/** Bytes as a string of which each character is one byte. */
export function bytesLiteral(bytes: Uint8Array): string {
  return stringLiteral(String.fromCharCode(...bytes)).replace(/[\u0080-\u00ff]/g, escapeByte);
}

/**
 * A string, in the quotes that need fewer escapes. What a reader could not see, or would see in another place than it
 * stands, is escaped.
 */
export function stringLiteral(text: string): string {
  const doubles = text.split('"').length;
  const singles = text.split("'").length;
  const quote = doubles > singles ? "'" : '"';
  const escaped = text.replace(hidden, (character) => {
    if (Object.hasOwn(escapes, character)) return escapes[character]!;
    if (character < "\u0100") return escapeByte(character);
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  });
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote;
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

// What cannot be seen or told apart: controls, formats, spaces but the usual one, combining marks, characters without a
// meaning, halves of surrogate pairs; emoji, of which nobody knows how wide they are; and the backslash.
const hidden =
  /[\\\p{C}\p{M}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u115f\u1160\u3164\uffa0\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}]/gu;

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
