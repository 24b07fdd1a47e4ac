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
import { assignCase, type Call, call, flat, indented, statement } from "./codec-text.js";
import { owned } from "./codec-types.js";
import { propertyName } from "./names.js";

/** The cases of all fields of a message. */
export function readCases(message: MessageModel, scope: CodecScope): string[] {
  return message.fields.toSorted((a, b) => a.number - b.number).flatMap((field) => readCase(field, scope));
}

function readCase(field: FieldModel, scope: CodecScope): string[] {
  const head = [`      // ${declaration(field)}`];
  const label = `      case ${field.number}:`;
  const body = [...caseBody(field, scope), ...(isPackable(field) ? [leave] : afterValue(typeOf(field)))];
  if (!body.some((line) => line.startsWith("        const "))) return [...head, label, ...body];
  return [...head, `${label} {`, ...body, "      }"];
}

const leave = "        break;";

/**
 * Goes on behind a value: past the cursor, or past as many bytes as all values of its type take. A note with 20 doubles takes
 * 95 to 98 % of the time that it took with the cursor for all (Node 20 and 24).
 */
function afterValue(type: number): string[] {
  const size = type === wire.fixed64 ? 8 : type === wire.fixed32 ? 4 : 0;
  return size === 0 ? [leave] : [`        at += ${size};`, "        continue;"];
}

/** The statements of a case, at their depth of eight spaces as all of the following. */
function caseBody(field: FieldModel, scope: CodecScope): string[] {
  if (isPackable(field)) return readPackable(field, scope);
  return [...typeCheck(8, tagOf(field.number, typeOf(field)), ["message"], scope), ...readField(field, scope)];
}

/** The wire type of a field that is not packed. */
function typeOf(field: FieldModel): number {
  return field.cardinality === "map" ? wire.length : wireType(field);
}

/** The line that refuses other wire types than that of `tag`. */
function typeCheck(indent: number, tag: number, owner: readonly string[], { context }: CodecScope): string[] {
  const condition = `if (tag !== ${tag})`;
  const refuse = call(context.runtime("refuseType"), ["tag", String(tag), ...owner]);
  const line = statement(indent, `${condition} `, refuse);
  return line.length === 1 ? line : [`${" ".repeat(indent)}${condition}`, ...statement(indent + 2, "", refuse)];
}

function readField(field: FieldModel, scope: CodecScope): string[] {
  const { context } = scope;
  const target = `message.${propertyName(field.oneof ?? field)}`;
  if (field.cardinality === "map") {
    return [
      ...readStop(scope),
      ...assign(
        "",
        call(scope.entryReader(field), [target, "bytes", `${context.runtime("cursor")}.at`, "stop", "depth"]),
      ),
    ];
  }
  if (field.type.kind === "message") return readMessage(field, target, scope);
  const value = readValue(field, "end", scope);
  if (field.cardinality === "list") return assign("", call(`${target}.push`, [value]));
  const { type } = field;
  if (type.kind !== "enum" || type.enum.open)
    return [...readByte(field, target, scope), ...store(field, target, value)];
  const known = `${scope.closedNumbers(type.enum)}.has(value)`;
  return [
    ...assign("const value = ", call(`${context.runtime("readEnum")}<${scope.enumType(type.enum)}>`, ["bytes", "at"])),
    `        if (${known}) {`,
    ...indented(store(field, target, "value")),
    "        } else {",
    ...indented(assign("", call(context.runtime("keepUnknownEnum"), ["message", String(field.number), "value"]))),
    "        }",
  ];
}

/**
 * The shortcut for integers, enums and booleans of one byte, which most are: no call and no cursor. Calls for them took
 * about 9 % of decoding GoogleMessage1 (two lines of one profile, Node 20).
 */
function readByte(field: FieldModel, target: string, scope: CodecScope): string[] {
  const { type } = field;
  let value = "bytes[at++]!";
  if (type.kind === "enum") value += ` as ${scope.enumType(type.enum)}`;
  else if (type.kind === "scalar" && type.scalar === "bool") value += " !== 0";
  else if (type.kind !== "scalar" || (type.scalar !== "int32" && type.scalar !== "uint32")) return [];
  const lines = indented(store(field, target, value));
  // Where a line would have to break, the call alone reads better.
  return lines.every((line) => fits(line))
    ? ["        if (bytes[at]! < 128) {", ...lines, "          continue;", "        }"]
    : [];
}

/** The assignment of a value to the property of a field, or to that of its oneof. */
function store(field: FieldModel, target: string, value: string | Call): string[] {
  if (field.oneof === undefined) return assign(`${target} = `, value);
  return assignCase(8, target, propertyName(field), value);
}

function readStop({ context }: CodecScope): string[] {
  return assign("const stop = ", call(context.runtime("readLength"), ["bytes", "at", "end"]));
}

function readMessage(field: FieldModel, target: string, scope: CodecScope): string[] {
  if (field.type.kind !== "message") throw new Error(`${field.name} holds no message`);
  const { message } = field.type;
  const group = wireType(field) === wire.start;
  const before = group ? [] : readStop(scope);
  const place = group
    ? ["bytes", "at", "end", "depth + 1", String(tagOf(field.number, wire.end))]
    : ["bytes", `${scope.context.runtime("cursor")}.at`, "stop", "depth + 1", "0"];
  const json = isJson(field);
  const read = json ? scope.context.runtime("readStruct") : scope.functions(message).read;
  const empty = json ? "{}" : `${scope.functions(message).empty}()`;
  if (field.cardinality === "list") {
    return [...before, ...assign("", call(`${target}.push`, [call(read, [empty, ...place])]))];
  }
  const set = owned(propertyName(field))
    ? target
    : flat(call(scope.context.runtime("ownProperty"), ["message", quote(propertyName(field))]));
  if (unwraps(field)) {
    const zero = wrapped(message).zero;
    const earlier = `{ $typeName: ${quote(message.fullName)}, value: ${set} ?? ${zero} }`;
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

function readPackable(field: FieldModel, scope: CodecScope): string[] {
  const target = `message.${propertyName(field)}`;
  return [
    `        if (tag === ${tagOf(field.number, wire.length)}) {`,
    ...readPacked(field, target, scope),
    "        } else {",
    ...typeCheck(10, tagOf(field.number, wireType(field)), ["message"], scope),
    ...indented(assign("", call(`${target}.push`, [readValue(field, "end", scope)]))),
    ...indented(afterValue(wireType(field)).filter((line) => line !== leave)),
    "        }",
  ];
}

/** The statement that reads a packed list: by a loop for the type, or one that is handed the reader of a value. */
function readPacked(field: FieldModel, target: string, { context }: CodecScope): string[] {
  const suffix = field.type.kind === "scalar" ? scalars[field.type.scalar].suffix : "Int32";
  const place = [target, "bytes", "at", "end"];
  if (field.longAsString) {
    const read = `(bytes, at) => String(${context.runtime(`read${suffix}`)}(bytes, at))`;
    return statement(10, "", call(context.runtime("readPacked"), [...place, read]));
  }
  const fixed = fixedSuffix(suffix);
  if (fixed !== undefined) return statement(10, `${target} = `, call(context.runtime(`readPacked${fixed}`), place));
  if (suffix === "Int32" || suffix === "Uint32" || suffix === "Sint32")
    return statement(10, "", call(context.runtime(`readPacked${suffix}`), place));
  return statement(10, "", call(context.runtime("readPacked"), [...place, context.runtime(`read${suffix}`)]));
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
  const expect = (number: number, type: number): string[] => typeCheck(8, tagOf(number, type), [], scope);
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
    readKey: [...expect(1, key.wire), ...statement(8, "key = ", readKey), ...afterValue(key.wire)],
    readValue: [...expect(2, wireType(field)), ...entryReadValue(field, scope), ...afterValue(wireType(field))],
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
  const { context } = scope;
  const read = isJson(field) ? context.runtime("readStruct") : scope.functions(field.type.message).read;
  const args = ["value", "bytes", `${context.runtime("cursor")}.at`, "stop", "depth + 1", "0"];
  return [
    ...statement(8, "const stop = ", call(context.runtime("readLength"), ["bytes", "at", "end"])),
    ...statement(8, "", call(read, args)),
  ];
}

/** A statement of a case. */
function assign(head: string, value: string | Call): string[] {
  return statement(8, head, value);
}
