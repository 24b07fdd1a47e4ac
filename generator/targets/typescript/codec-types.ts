// The types of codecs and the functions that make messages: `NoteInit`, `emptyNote`, `createNote`.
import { docComment } from "../../emit/doc.js";
import { assign, fits, quote } from "../../emit/layout.js";
import type { EnumModel, FieldModel, MessageModel, OneofModel } from "../../model/model.js";
import { defaultOf, hasDefaults, isJson, scalars, showsDefault, unwraps, wrapped } from "./codec-field.js";
import type { CodecScope } from "./codec-scope.js";
import { assignCase, call, indented, statement } from "./codec-text.js";
import { docs } from "./context.js";
import { enumKey, propertyName } from "./names.js";

/** The object with the values of an enum, and its type. */
export function enumView(model: EnumModel, { context }: CodecScope): object {
  const values = new Map(model.values.map((value) => [enumKey(value), value]));
  const object = context.enumObject(model);
  return {
    docs: docs(model),
    object,
    type: assign(`export type ${object}`, " =", `${context.shape(model)};`),
    values: [...values].map(([key, value]) => ({
      docs: docs(value, "  "),
      // Without brackets it would be the prototype.
      text: `  ${key === "__proto__" ? '["__proto__"]' : key}: ${value.number},`,
    })),
  };
}

/** The members of the type that encoding takes, as lines. */
export function initMembers(message: MessageModel, scope: CodecScope): string[] {
  return message.members.flatMap((member) => {
    const name = propertyName(member);
    if (member.kind === "field") {
      return [...lines(docs(member, "  ")), ...property(name, [...initTypes(member, scope), "undefined"])];
    }
    const cases = member.fields.map(
      (field) => `{ case: ${quote(propertyName(field))}; value: ${initType(field, scope)} }`,
    );
    const all = [...cases, "{ case?: undefined; value?: undefined }", "undefined"];
    return [...lines(oneofDocs(member)), ...property(name, all)];
  });
}

/** `name?: A | B;`, on the next line or one alternative to a line where they do not fit on one. */
function property(name: string, alternatives: readonly string[]): string[] {
  const type = alternatives.join(" | ");
  if (fits(`  ${name}?: ${type};`)) return [`  ${name}?: ${type};`];
  if (fits(`    ${type};`)) return [`  ${name}?:`, `    ${type};`];
  const last = alternatives.length - 1;
  return [`  ${name}?:`, ...alternatives.map((one, i) => `    | ${one}${i === last ? ";" : ""}`)];
}

/** The comment of a oneof, followed by those of its fields. */
function oneofDocs(oneof: OneofModel): string {
  const fields = oneof.fields
    .filter((field) => field.comment !== "" || field.deprecated)
    .map((field) => {
      const text = [field.comment, field.deprecated ? "Deprecated." : ""].filter(Boolean).join(" ");
      return `- \`${propertyName(field)}\`: ${text.replaceAll("\n", "\n  ")}`;
    });
  const parts = [oneof.comment, fields.join("\n")].filter(Boolean);
  return docComment(parts.join("\n\n"), oneof.deprecated, "  ");
}

function initTypes(field: FieldModel, scope: CodecScope): string[] {
  switch (field.cardinality) {
    case "singular":
      return [initType(field, scope)];
    case "list":
      return [`readonly ${initType(field, scope)}[]`];
    case "map":
      return [`{ readonly [key: ${keyType(field)}]: ${initType(field, scope)} }`];
  }
}

/** The type of one value. */
function initType(field: FieldModel, scope: CodecScope): string {
  const { type } = field;
  switch (type.kind) {
    case "scalar":
      return field.longAsString ? "string" : scalars[type.scalar].type;
    case "enum":
      return scope.enumType(type.enum);
    case "message":
      if (unwraps(field)) return wrapped(type.message).type;
      return isJson(field) ? jsonObject(scope) : scope.context.init(type.message);
  }
}

function jsonObject(scope: CodecScope): string {
  return scope.context.scope.import("JsonObject", "@bufbuild/protobuf", true);
}

function keyType(field: FieldModel): "string" | "number" {
  const key = scalars[field.mapKey ?? "string"].type;
  return key === "number" ? "number" : "string";
}

/** The body of the function that makes a message with nothing set. */
export function emptyBody(message: MessageModel, scope: CodecScope): string[] {
  const typeName = quote(message.fullName);
  const own = message.members.flatMap((member) => {
    const zero = zeroOf(member);
    return zero === undefined ? [] : [{ name: propertyName(member), zero }];
  });
  if (!hasDefaults(message)) {
    if (hidesInborn(message)) {
      // No literal has the type: what it inherits has another. `Object.create` gives any.
      const members = [{ name: "$typeName", zero: typeName }, ...own].map(({ name, zero }) => `    ${name}: ${zero},`);
      return ["  return Object.assign(Object.create(Object.prototype), {", ...members, "  });"];
    }
    if (own.length === 0) return [`  return { $typeName: ${typeName} };`];
    return [
      "  return {",
      `    $typeName: ${typeName},`,
      ...own.map(({ name, zero }) => `    ${name}: ${zero},`),
      "  };",
    ];
  }
  const shape = scope.context.shape(message);
  const inherited = call(`${scope.context.runtime("inherit")}<${shape}>`, [scope.defaults(message), typeName]);
  return [
    ...statement(2, own.length === 0 ? "return " : "const message = ", inherited),
    ...own.map(({ name, zero }) => `  message.${name} = ${zero};`),
    ...(own.length === 0 ? [] : ["  return message;"]),
  ];
}

/** The properties of the prototype with defaults; undefined when messages of the type need none. */
export function defaultMembers(message: MessageModel): string[] | undefined {
  if (!hasDefaults(message)) return undefined;
  return message.fields
    .filter((field) => field.cardinality === "singular" && field.oneof === undefined && field.type.kind !== "message")
    .map((field) => `  ${propertyName(field)}: ${defaultOf(field)},`);
}

/** What a member of a message with nothing set holds; undefined when it is not there. */
function zeroOf(member: FieldModel | OneofModel): string | undefined {
  if (member.kind === "oneof") return "{ case: undefined }";
  if (member.cardinality === "list") return "[]";
  if (member.cardinality === "map") return "{}";
  if (member.type.kind === "message" || showsDefault(member) || member.presence === "explicit") return undefined;
  return defaultOf(member);
}

/** The statements that take what an init object sets over into a new message. */
export function createStatements(message: MessageModel, scope: CodecScope): string[] {
  return message.members.flatMap((member) => {
    const name = propertyName(member);
    if (member.kind === "oneof") return createOneof(member, scope);
    const value = owned(name) ? `init.${name}` : scope.context.runtime("ownProperty");
    if (value !== `init.${name}`) {
      const local = scope.local(name);
      return [
        `  const ${local} = ${value}(init, ${quote(name)});`,
        `  if (${local} !== undefined) {`,
        ...indented(assignment(member, name, local, scope)),
        "  }",
      ];
    }
    return [`  if (${value} !== undefined) {`, ...indented(assignment(member, name, value, scope)), "  }"];
  });
}

/** Whether the message has a property that `{}` has too, with another type. */
export function hasInborn(message: MessageModel): boolean {
  return message.members.some((member) => inborn.has(propertyName(member)));
}

/** Whether a member that a message with nothing set does not hold is one of those. */
function hidesInborn(message: MessageModel): boolean {
  return message.members.some((member) => inborn.has(propertyName(member)) && zeroOf(member) === undefined);
}

/** Names that every object has by birth would be found where nothing is set. */
const inborn = new Set(["hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString"]);

/** Whether reading the property can only find what the message itself holds. */
export function owned(name: string): boolean {
  return !inborn.has(name);
}

function assignment(field: FieldModel, name: string, value: string, scope: CodecScope): string[] {
  const target = `message.${name} = `;
  const convert = converter(field, scope);
  switch (field.cardinality) {
    case "singular":
      return statement(2, target, convert === undefined ? value : call(convert, [value]));
    case "list":
      return statement(
        2,
        target,
        convert === undefined ? `[...${value}]` : call(`${value}.map`, [`(item) => ${convert}(item)`]),
      );
    case "map":
      return statement(
        2,
        target,
        convert === undefined ? `{ ...${value} }` : call(scope.context.runtime("mapValues"), [value, convert]),
      );
  }
}

/** The function that makes a message of an init object; undefined for values that are taken as they are. */
function converter(field: FieldModel, scope: CodecScope): string | undefined {
  if (field.type.kind !== "message" || unwraps(field) || isJson(field)) return undefined;
  return scope.context.create(field.type.message);
}

function createOneof(oneof: OneofModel, scope: CodecScope): string[] {
  const name = propertyName(oneof);
  const source = `init.${name}`;
  const plain = oneof.fields.filter((field) => converter(field, scope) === undefined);
  const messages = oneof.fields.filter((field) => converter(field, scope) !== undefined);
  return [
    `  switch (${source}?.case) {`,
    ...plain.map((field) => `    case ${quote(propertyName(field))}:`),
    ...(plain.length === 0 ? [] : [`      message.${name} = { ...${source} };`, "      break;"]),
    ...messages.flatMap((field) => {
      const key = quote(propertyName(field));
      return [
        `    case ${key}:`,
        ...assignCase(
          6,
          `message.${name}`,
          propertyName(field),
          call(converter(field, scope) ?? "", [`${source}.value`]),
        ),
        "      break;",
      ];
    }),
    "  }",
  ];
}

function lines(text: string): string[] {
  return text === "" ? [] : text.trimEnd().split("\n");
}
