// The cases of the switch that reads a message, one for each field.
import { fit, fits, quote } from "../../emit/layout.js";
import type { FieldModel, MessageModel } from "../../model/model.js";
import {
  declaration,
  fixedSuffix,
  isJson,
  isPackable,
  scalars,
  tagOf,
  unwraps,
  wire,
  wireType,
  wrapped,
  zeroOf,
} from "./codec-field.js";
import type { CodecScope } from "./codec-scope.js";
import { assignCase, type Call, call, flat, indented, statement, varint } from "./codec-text.js";
import { owned } from "./codec-types.js";
import { propertyName } from "./names.js";

/** The cases of all fields of a message. */
export function readCases(message: MessageModel, scope: CodecScope): string[] {
  const fields = byNumber(message);
  return fields.flatMap((field, i) => {
    const head = `      // ${declaration(field)}`;
    if (isPackable(field)) return [head, ...readPackable(field, scope)];
    if (field.cardinality === "list" && wireType(field) === wire.length) return [head, ...readItems(field, scope)];
    const next = fields[i + 1];
    const follows = next !== undefined && isFollowed(field, next) ? firstTag(next) : undefined;
    const tag = tagOf(field.number, typeOf(field));
    return [head, ...readCase(tag, readField(field, scope), typeOf(field), scope, follows)];
  });
}

/** The tag of each field, unpacked. */
export function tagsOf(message: MessageModel): number[] {
  return byNumber(message).map((field) => tagOf(field.number, typeOf(field)));
}

function byNumber(message: MessageModel): FieldModel[] {
  return message.fields.toSorted((a, b) => a.number - b.number);
}

/**
 * Whether `next` is looked for behind a field. Lists go on with themselves, of a oneof only one field is set, and what has a
 * length takes so long to read that a switch more does not show (2 % of a note on Node 24, nothing on Node 20).
 */
function isFollowed(field: FieldModel, next: FieldModel): boolean {
  const quick = field.cardinality === "singular" && wireType(field) !== wire.length && field.type.kind !== "message";
  return quick && field.oneof === undefined && next.oneof === undefined;
}

/** The tag with which writers begin a field. */
function firstTag(field: FieldModel): number {
  return tagOf(field.number, field.packed ? wire.length : typeOf(field));
}

/**
 * A case that reads the value behind a tag. Fields come in the order of their numbers, so behind a number the tag of the next
 * field is looked for, to go on with its case: GoogleMessage1 takes 85 % of the time that it takes with a switch for each field
 * (Node 20), on Node 24 90 %.
 *
 * @param follows the tag of the case below, where that field is expected next.
 */
function readCase(tag: number, { lines, short }: Value, type: number, scope: CodecScope, follows?: number): string[] {
  const size = type === wire.fixed64 ? 8 : type === wire.fixed32 ? 4 : 0;
  const next = follows === undefined ? undefined : goOn(follows);
  const body: string[] = [];
  if (next === undefined) {
    if (short !== undefined) body.push("        if (bytes[at]! < 128) {", ...short, "          continue;", "        }");
    body.push(...lines, ...(size === 0 ? [leave] : [`        at += ${size};`, "        continue;"]));
  } else {
    // Past the cursor, or past as many bytes as all values of the type take: that saves a note with 20 doubles 2 to 5 %.
    const read = [
      ...lines,
      size === 0 ? `        at = ${scope.context.runtime("cursor")}.at;` : `        at += ${size};`,
    ];
    if (short === undefined) body.push(...read, ...next);
    else
      body.push(
        "        if (bytes[at]! < 128) {",
        ...short,
        "        } else {",
        ...indented(read),
        "        }",
        ...next,
      );
  }
  const label = `      case ${tag}:`;
  const braced = body.some((line) => line.startsWith("        const "));
  return [...(next === undefined ? [] : [goesOn]), ...(braced ? [`${label} {`, ...body, "      }"] : [label, ...body])];
}

const leave = "        break;";
/** For `noFallthroughCasesInSwitch`, which knows no other way to allow it. */
const goesOn = "      // @ts-ignore: goes on with the next field where that follows";

/** The statements that let a case fall through to the one below when its tag is next; undefined when that is a long one. */
function goOn(tag: number): string[] | undefined {
  const bytes = varint(tag);
  if (bytes.length > 2) return undefined;
  const conditions = bytes.map((byte, i) => `bytes[at${i === 0 ? "" : " + 1"}] !== ${byte}`);
  return [
    `        if (at >= end || ${conditions.join(" || ")}) continue;`,
    bytes.length === 1 ? "        at++;" : "        at += 2;",
  ];
}

/** How a value is read, at a depth of eight spaces. */
interface Value {
  /** The statements that read any value. */
  readonly lines: readonly string[];
  /**
   * The shortcut for integers, enums and booleans of one byte, which most are, at ten spaces: no call and no cursor. Calls for them
   * took about 9 % of decoding GoogleMessage1 (two lines of one profile, Node 20).
   */
  readonly short?: readonly string[] | undefined;
}

/** The wire type of a field that is not packed. */
function typeOf(field: FieldModel): number {
  return field.cardinality === "map" ? wire.length : wireType(field);
}

function readField(field: FieldModel, scope: CodecScope): Value {
  const { context } = scope;
  const target = `message.${propertyName(field.oneof ?? field)}`;
  if (field.cardinality === "map") {
    const args = [target, "bytes", `${context.runtime("cursor")}.at`, "stop", "depth"];
    return { lines: [...readStop(scope), ...assign("", call(scope.entryReader(field), args))] };
  }
  if (field.type.kind === "message") return { lines: readMessage(field, target, scope) };
  const value = readValue(field, "end", scope);
  const { type } = field;
  if (type.kind !== "enum" || type.enum.open)
    return { lines: store(field, target, value), short: readByte(field, target, scope) };
  const known = `${scope.closedNumbers(type.enum)}.has(value)`;
  const lines = [
    ...assign("const value = ", call(`${context.runtime("readEnum")}<${scope.enumType(type.enum)}>`, ["bytes", "at"])),
    `        if (${known}) {`,
    ...indented(store(field, target, "value")),
    "        } else {",
    ...indented(assign("", call(context.runtime("keepUnknownEnum"), ["message", String(field.number), "value"]))),
    "        }",
  ];
  return { lines };
}

function readByte(field: FieldModel, target: string, scope: CodecScope): string[] | undefined {
  const { type } = field;
  let value = "bytes[at++]!";
  if (type.kind === "enum") value += ` as ${scope.enumType(type.enum)}`;
  else if (type.kind === "scalar" && type.scalar === "bool") value += " !== 0";
  else if (type.kind !== "scalar" || (type.scalar !== "int32" && type.scalar !== "uint32")) return undefined;
  const lines = indented(store(field, target, value));
  // Where a line would have to break, the call alone reads better.
  return [...lines, ...indented(store(field, target, readValue(field, "end", scope)))].every((line) => fits(line))
    ? lines
    : undefined;
}

/** The assignment of a value to the property of a field, or to that of its oneof. */
function store(field: FieldModel, target: string, value: string | Call): string[] {
  if (field.oneof === undefined) return assign(`${target} = `, value);
  return assignCase(8, target, propertyName(field), value);
}

function readStop({ context }: CodecScope, indent = 8): string[] {
  return statement(indent, "const stop = ", call(context.runtime("readLength"), ["bytes", "at", "end"]));
}

/** What reads a message that is the value of a field: the function, what makes an empty one, and where the bytes are. */
function nested(field: FieldModel, scope: CodecScope): { read: string; empty: string; place: string[] } {
  if (field.type.kind !== "message") throw new Error(`${field.name} holds no message`);
  const place =
    wireType(field) === wire.start
      ? ["bytes", "at", "end", "depth + 1", String(tagOf(field.number, wire.end))]
      : ["bytes", `${scope.context.runtime("cursor")}.at`, "stop", "depth + 1", "0"];
  if (isJson(field)) return { read: scope.context.runtime("readStruct"), empty: "{}", place };
  const { read, empty } = scope.functions(field.type.message);
  return { read, empty: `${empty}()`, place };
}

function readMessage(field: FieldModel, target: string, scope: CodecScope): string[] {
  if (field.type.kind !== "message") throw new Error(`${field.name} holds no message`);
  const { read, empty, place } = nested(field, scope);
  if (field.cardinality === "list") return assign("", call(`${target}.push`, [call(read, [empty, ...place])]));
  const before = wireType(field) === wire.start ? [] : readStop(scope);
  const set = owned(propertyName(field))
    ? target
    : flat(call(scope.context.runtime("ownProperty"), ["message", quote(propertyName(field))]));
  if (unwraps(field)) {
    const zero = wrapped(field.type.message).zero;
    const earlier = `{ $typeName: ${quote(field.type.message.fullName)}, value: ${set} ?? ${zero} }`;
    return [...before, ...assign(`${target} = `, call(read, [earlier, ...place], ".value"))];
  }
  if (field.oneof === undefined) {
    return [...before, ...assign(`${target} = `, call(read, [`${set} ?? ${empty}`, ...place]))];
  }
  const key = quote(propertyName(field));
  return [
    ...before,
    `        const earlier = ${target};`,
    ...assign("const value = ", call(read, [`earlier.case === ${key} ? earlier.value : ${empty}`, ...place])),
    `        ${target} = { case: ${key}, value };`,
  ];
}

/**
 * The case of a list of strings, bytes or messages. Its items stand one behind the other: the case reads all that follow, with
 * room made for them at once (`extendList`).
 */
function readItems(field: FieldModel, scope: CodecScope): string[] {
  const { context } = scope;
  const tag = tagOf(field.number, wire.length);
  const first = `${context.runtime("extendList")}(list, bytes, at, end, ${tag})`;
  const next = `${context.runtime("nextItem")}(bytes, end, ${tag})`;
  const lines: string[] = [];
  let item: Call;
  if (field.type.kind === "message") {
    const { read, empty, place } = nested(field, scope);
    lines.push(...readStop(scope, 10));
    item = call(read, [empty, ...place]);
  } else {
    item = readValue(field, "end", scope);
  }
  return [
    `      case ${tag}: {`,
    `        const list = message.${propertyName(field)};`,
    `        for (let i = ${first}; at !== 0; at = ${next}) {`,
    ...lines,
    ...statement(10, "list[i++] = ", item),
    "        }",
    leave,
    "      }",
  ];
}

/** Readers take both forms; the one that writers of the schema use stands first. */
function readPackable(field: FieldModel, scope: CodecScope): string[] {
  const target = `message.${propertyName(field)}`;
  const one = readCase(
    tagOf(field.number, wireType(field)),
    { lines: assign("", call(`${target}.push`, [readValue(field, "end", scope)])) },
    wireType(field),
    scope,
  );
  const all = [`      case ${tagOf(field.number, wire.length)}:`, ...readPacked(field, target, scope), leave];
  return field.packed ? [...all, ...one] : [...one, ...all];
}

/** The statement that reads a packed list: by a loop for the type, or one that is handed the reader of a value. */
function readPacked(field: FieldModel, target: string, { context }: CodecScope): string[] {
  const suffix = field.type.kind === "scalar" ? scalars[field.type.scalar].suffix : "Int32";
  const place = [target, "bytes", "at", "end"];
  if (field.longAsString) {
    const read = `(bytes, at) => String(${context.runtime(`read${suffix}`)}(bytes, at))`;
    return assign("", call(context.runtime("readPacked"), [...place, read]));
  }
  const fixed = fixedSuffix(suffix);
  if (fixed !== undefined) return assign(`${target} = `, call(context.runtime(`readPacked${fixed}`), place));
  if (suffix === "Int32" || suffix === "Uint32" || suffix === "Sint32")
    return assign("", call(context.runtime(`readPacked${suffix}`), place));
  return assign("", call(context.runtime("readPacked"), [...place, context.runtime(`read${suffix}`)]));
}

function readFunction(field: FieldModel, scope: CodecScope): string {
  // With its type: of a field that may be undefined, TypeScript before 6 does not find it.
  if (field.type.kind === "enum") return `${scope.context.runtime("readEnum")}<${scope.enumType(field.type.enum)}>`;
  if (field.type.kind !== "scalar") throw new Error(`${field.name} has no value of its own`);
  if (field.type.scalar === "string" && !field.utf8) return scope.context.runtime("readLenientString");
  return scope.context.runtime(`read${scalars[field.type.scalar].suffix}`);
}

function readValue(field: FieldModel, end: string, scope: CodecScope): Call {
  const args = ["bytes", "at", ...(wireType(field) === wire.length ? [end] : [])];
  const value = call(readFunction(field, scope), args);
  return field.longAsString ? call("String", [value]) : value;
}

/** The view of the function that reads an entry of a map. */
export function entryView(field: FieldModel, scope: CodecScope): object {
  const { context } = scope;
  const keyName = field.mapKey ?? "string";
  const key = scalars[keyName];
  const keyTag = tagOf(1, key.wire);
  const valueTag = tagOf(2, wireType(field));
  const readKey =
    keyName === "string"
      ? call(context.runtime(field.utf8 ? "readKey" : "readLenientString"), ["bytes", "at", "end"])
      : call(context.runtime(`read${key.suffix}`), ["bytes", "at"]);
  return {
    declaration: declaration(field),
    head: fit(
      `function ${scope.entryReader(field)}(`,
      [
        `map: ${context.shape(field.parent)}[${quote(propertyName(field))}]`,
        "bytes: Uint8Array",
        "at: number",
        "end: number",
        "depth: number",
      ],
      "): void {",
    ),
    keyZero: key.zero,
    value: entryValue(field, scope),
    tags: `[${keyTag}, ${valueTag}]`,
    cases: [
      ...readCase(keyTag, { lines: assign("key = ", readKey) }, key.wire, scope),
      ...readCase(valueTag, { lines: entryReadValue(field, scope) }, wireType(field), scope),
    ],
  };
}

/** The declaration of the variable that holds the value of an entry. */
function entryValue(field: FieldModel, scope: CodecScope): string {
  const { type } = field;
  switch (type.kind) {
    case "scalar":
      return type.scalar === "bytes"
        ? "let value: Uint8Array = new Uint8Array(0);"
        : `let value = ${scalars[type.scalar].zero};`;
    case "enum":
      return `let value: ${scope.enumType(type.enum)} = ${zeroOf(type.enum)};`;
    case "message":
      return isJson(field)
        ? `let value: ${scope.context.scope.import("JsonObject", "@bufbuild/protobuf", true)} = {};`
        : `let value = ${scope.functions(type.message).empty}();`;
  }
}

function entryReadValue(field: FieldModel, scope: CodecScope): string[] {
  if (field.type.kind !== "message") return statement(8, "value = ", readValue(field, "end", scope));
  const { read, place } = nested(field, scope);
  return [...readStop(scope), ...assign("", call(read, ["value", ...place]))];
}

/** A statement of a case. */
function assign(head: string, value: string | Call): string[] {
  return statement(8, head, value);
}
