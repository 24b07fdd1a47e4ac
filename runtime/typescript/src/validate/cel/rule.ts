// One rule that @bufbuild/cel runs on the messages of protobuf-es.
import {
  create,
  type DescField,
  type DescFile,
  type DescMessage,
  type Message,
  type Registry,
} from "@bufbuild/protobuf";
import { createRegistry, getExtension, ScalarType } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { CrucibleError } from "../../error/index.js";
import { type CelEngine, celEngine } from "./engine.js";
import { undecided } from "./fault.js";
import { libraryOf } from "./library.js";

/** A rule, as its schema states it. */
export interface CelRuleOptions {
  /** The field that the rule is on, by its name in the schema; default: the rule is on the message itself. */
  readonly field?: string;
  /** What of the field the rule looks at: all of it (default), or each item, key or value. */
  readonly part?: "items" | "keys" | "values";
  readonly id: string;
  /** What is said when the rule is broken; default: what the expression gives. */
  readonly message?: string;
  readonly expression: string;
  /** For a predefined rule, the full name of its extension. */
  readonly extension?: string;
  /** For a predefined rule, where the set of rules stands that has it, such as `repeated.items.string`. */
  readonly rules?: string;
}

/**
 * Makes the function that checks a rule. The expression is parsed when it is first called.
 *
 * @returns a function that takes what the rule looks at, and returns what is wrong, undefined when nothing is. It throws
 * CrucibleError reason VALIDATION_FAILED when the expression ends in an error.
 * @throws CrucibleError reason PACKAGE_MISSING when @bufbuild/cel cannot be loaded.
 */
export function celRule(schema: DescMessage, options: CelRuleOptions): (value: unknown) => string | undefined {
  const engine = celEngine();
  const { id, message, expression } = options;
  let evaluate: ((value: unknown) => unknown) | undefined;
  return (value) => {
    let result: unknown;
    try {
      evaluate ??= evaluator(engine, schema, options);
      result = evaluate(value);
    } catch (error) {
      if (error instanceof CrucibleError) throw error;
      throw undecided(id, error instanceof Error ? error.message : String(error), error);
    }
    if (engine.isCelError(result)) throw undecided(id, result.message, result);
    if (result === true || result === "") return undefined;
    if (typeof result === "string") return message ?? result;
    if (result === false) return message ?? `"${expression}" returned false`;
    throw undecided(id, "it gives neither bool nor string", undefined);
  };
}

type Evaluate = (value: unknown) => unknown;

function evaluator(engine: CelEngine, schema: DescMessage, options: CelRuleOptions): Evaluate {
  const environment = environmentOf(engine, schema.file);
  const run = engine.plan(environment, engine.parse(options.expression));
  const field = schema.fields.find((one) => one.name === options.field);
  const toThis = field === undefined ? asMessage(schema) : asPart(engine, schema, field, options.part);
  const constants = field === undefined ? {} : predefined(engine, field, options);
  const isEnumRule = options.rules !== undefined && field?.enum !== undefined && /(?:^|\.)enum$/.test(options.rules);
  return (value) =>
    run({
      ...constants,
      // To protovalidate the value of an enum is a plain number in predefined rules.
      this: (isEnumRule ? value : toThis(value)) as never,
      now: now(),
    });
}

function now(): Message {
  const ms = Date.now();
  const seconds = Math.floor(ms / 1000);
  const timestamp = { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
  return { $typeName: "google.protobuf.Timestamp", ...timestamp } as Message;
}

function asMessage(schema: DescMessage): Evaluate {
  return (value) => reflect(schema, create(schema, value as Record<string, unknown>));
}

/** How a part of a field is given to CEL. What is no scalar is put into a message of its own, to be read from there. */
function asPart(
  { celFromScalar }: CelEngine,
  schema: DescMessage,
  field: DescField,
  part: CelRuleOptions["part"],
): Evaluate {
  if (part === "keys" && field.fieldKind === "map") return (value) => celFromScalar(field.mapKey, value as never);
  const whole = part === undefined;
  if (!whole || (field.fieldKind !== "list" && field.fieldKind !== "map")) {
    const wrapped = field.message !== undefined && isWrapperDesc(field.message) ? field.message.fields[0] : undefined;
    const scalar = field.scalar ?? wrapped?.scalar ?? (field.enum === undefined ? undefined : ScalarType.INT32);
    if (scalar !== undefined) return (value) => celFromScalar(scalar, value as never);
  }
  const read = (message: ReflectMessage): unknown => {
    const value = message.get(field) as Iterable<unknown>;
    if (whole) return value;
    const [first] = value;
    return part === "values" ? (first as [unknown, unknown])[1] : first;
  };
  const hold = (value: unknown): unknown => (whole ? value : part === "items" ? [value] : { 1: value });
  const { oneof, localName } = field;
  return (value) => {
    const held = oneof === undefined ? hold(value) : { case: localName, value };
    return read(reflect(schema, create(schema, { [oneof?.localName ?? localName]: held } as Record<string, unknown>)));
  };
}

/** The variables `rules` and `rule` of a predefined rule, read from the options of the field. */
function predefined({ celFromScalar }: CelEngine, field: DescField, options: CelRuleOptions): Record<string, never> {
  const { extension: name, rules: path } = options;
  if (name === undefined || path === undefined) return {};
  const registry = registryOf(field.parent.file);
  const option = registry.getExtension("buf.validate.field");
  const extension = registry.getExtension(name);
  if (option?.message === undefined || extension === undefined || field.proto.options === undefined) {
    throw new Error("the schema has lost its rules; generate it with include_imports: true");
  }
  let rules = reflect(option.message, getExtension(field.proto.options, option) as Message);
  for (const step of path.split(".")) {
    rules = rules.get(rules.fields.find((one) => one.name === step)!) as ReflectMessage;
  }
  const value: unknown = getExtension(rules.message, extension);
  const rule = extension.fieldKind === "scalar" ? celFromScalar(extension.scalar, value as never) : value;
  return { rules: rules.message as never, rule: rule as never };
}

const registries = new WeakMap<DescFile, Registry>();

/** The types of a file and of all it imports. */
function registryOf(file: DescFile): Registry {
  let registry = registries.get(file);
  if (registry === undefined) {
    const files = new Set([file]);
    // A Set visits what is added while it is walked.
    for (const one of files) for (const dependency of one.dependencies) files.add(dependency);
    registries.set(file, (registry = createRegistry(...files)));
  }
  return registry;
}

const environments = new WeakMap<DescFile, ReturnType<CelEngine["celEnv"]>>();

function environmentOf(engine: CelEngine, file: DescFile): ReturnType<CelEngine["celEnv"]> {
  let environment = environments.get(file);
  if (environment === undefined) {
    environment = engine.celEnv({ registry: registryOf(file), funcs: [...engine.strings, ...libraryOf(engine)] });
    environments.set(file, environment);
  }
  return environment;
}
