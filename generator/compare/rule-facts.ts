// The rules of buf.validate on a field, a oneof or a message as plain facts, so that two versions can be compared.
import type { Message } from "@bufbuild/protobuf";
import type { FieldModel, MessageModel, Model, OneofModel } from "../model/model.js";

/** Rules by their paths, such as `string.min_len` or `repeated.items.string.pattern`. */
export type RuleFacts = ReadonlyMap<string, RuleValue>;
/** What a rule is set to; lists as their members in text. */
export type RuleValue = string | number | bigint | boolean | ReadonlySet<string>;

/** The rules of one field. */
export function fieldFacts({ rules }: FieldModel, model: Model | undefined): RuleFacts {
  return factsOf(rules, model);
}

/** The rules of a message itself. */
export function messageFacts({ rules }: MessageModel, model: Model | undefined): RuleFacts {
  return factsOf(rules, model);
}

/** The rules of a oneof. */
export function oneofFacts({ rules }: OneofModel, model: Model | undefined): RuleFacts {
  return factsOf(rules, model);
}

function factsOf(rules: Message | undefined, model: Model | undefined): RuleFacts {
  const facts = new Map<string, RuleValue>();
  if (rules !== undefined) collect(rules, "", facts, model);
  return facts;
}

/** Only what is set is a property of its own: buf.validate is proto2, unset fields stand in the prototype. */
function collect(rules: Message, prefix: string, facts: Map<string, RuleValue>, model: Model | undefined): void {
  for (const [name, value] of Object.entries(rules)) {
    if (name === "$typeName" || name === "$unknown" || value === undefined) continue;
    if (name === "cel") collectExpressions(value as unknown as readonly ExpressionRule[], prefix, facts);
    else if (isOneof(value)) {
      if (value.case !== undefined) set(`${prefix}${snake(value.case)}`, value.value, facts, model);
    } else set(`${prefix}${snake(name)}`, value, facts, model);
  }
  for (const { extension, value } of model?.predefined(rules) ?? []) {
    facts.set(`${prefix}(${extension.typeName})`, textOf(value));
  }
}

interface ExpressionRule {
  readonly id: string;
  readonly expression: string;
}

function collectExpressions(rules: readonly ExpressionRule[], prefix: string, facts: Map<string, RuleValue>): void {
  for (const { id, expression } of rules) facts.set(`${prefix}cel ${id === "" ? expression : id}`, expression);
}

function set(path: string, value: unknown, facts: Map<string, RuleValue>, model: Model | undefined): void {
  if (Array.isArray(value)) {
    // A list of messages is one of rules: `oneof` of a message. What they say is their text.
    if (value.length > 0) facts.set(path, new Set(value.map(textOf)));
  } else if (typeof value === "object" && value !== null && "$typeName" in value) {
    const message = value as Message;
    const moment = momentOf(message);
    if (moment === undefined) collect(message, `${path}.`, facts, model);
    else facts.set(path, moment);
  } else if (value instanceof Uint8Array) facts.set(path, Buffer.from(value).toString("hex"));
  else facts.set(path, value as RuleValue);
}

/** Durations and timestamps as nanoseconds, so that they can be compared. */
function momentOf(message: Message): bigint | undefined {
  if (!/^google\.protobuf\.(?:Duration|Timestamp)$/.test(message.$typeName)) return undefined;
  const { seconds, nanos } = message as unknown as { seconds: bigint; nanos: number };
  return seconds * 1_000_000_000n + BigInt(nanos);
}

function isOneof(value: unknown): value is { case: string | undefined; value?: unknown } {
  return typeof value === "object" && value !== null && "case" in value && !("$typeName" in value);
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value !== "object" || value === null) return String(value);
  const plain = (key: string, part: unknown): unknown =>
    key === "$typeName" || key === "$unknown" ? undefined : typeof part === "bigint" ? String(part) : part;
  return JSON.stringify(value, plain);
}

/** `min_len` for `minLen`. */
function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
