// Rules of buf.validate as the schema states them: `string.min_len = 1`.
import type { Message } from "@bufbuild/protobuf";
import type { Model } from "../../model/model.js";

/** `Ignore` of buf/validate/validate.proto. */
const ignores: Readonly<Record<number, string>> = { 1: "IGNORE_IF_ZERO_VALUE", 3: "IGNORE_ALWAYS" };

/** A line for each rule of a field, a message or a oneof. */
export function ruleLines(rules: Message | undefined, model: Model): string[] {
  return rules === undefined ? [] : walk(rules, "", model);
}

function walk(rules: Message, path: string, model: Model): string[] {
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const lines: string[] = [];
  for (const [key, value] of Object.entries(rules)) {
    if (key.startsWith("$") || value === undefined) continue;
    if (isChoice(value)) {
      if (value.case !== undefined) lines.push(...lineOf(at(snakeCase(value.case)), value.value, model));
    } else lines.push(...lineOf(at(snakeCase(key)), value, model));
  }
  for (const { extension, value } of model.predefined(rules)) {
    lines.push(`${at(`[${extension.typeName}]`)} = ${shown(value)}`);
  }
  return lines;
}

function lineOf(path: string, value: unknown, model: Model): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    if (value.every(isMessage))
      return value.flatMap((one) => (isCel(one) ? [celLine(path, one)] : walk(one, path, model)));
    return [`${path} = [${value.map(shown).join(", ")}]`];
  }
  if (isMessage(value) && !isTime(value)) {
    const below = walk(value, path, model);
    return below.length > 0 ? below : [];
  }
  return [path === "ignore" ? `ignore = ${ignores[Number(value)] ?? String(value)}` : `${path} = ${shown(value)}`];
}

/** A rule in CEL: what it says to people, and the expression. */
interface CelRule extends Message {
  readonly id: string;
  readonly message: string;
  readonly expression: string;
}

function celLine(path: string, { message, expression }: CelRule): string {
  return message === "" ? `${path}: ${expression}` : `${path}: ${expression} (${JSON.stringify(message)})`;
}

function isCel(value: Message): value is CelRule {
  return value.$typeName === "buf.validate.Rule";
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "$typeName" in value;
}

function isTime(value: Message): boolean {
  return value.$typeName === "google.protobuf.Duration" || value.$typeName === "google.protobuf.Timestamp";
}

/** A oneof as protobuf-es holds it. */
function isChoice(value: unknown): value is { readonly case: string | undefined; readonly value: unknown } {
  return typeof value === "object" && value !== null && !("$typeName" in value) && "case" in value;
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (isMessage(value) && isTime(value)) {
    const { seconds, nanos } = value as unknown as { readonly seconds: bigint; readonly nanos: number };
    const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
    return `${seconds}${fraction}s`;
  }
  return typeof value === "object"
    ? JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}` : part))
    : String(value);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
