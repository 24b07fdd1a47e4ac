// `<proto>_codec.ts`: for each message its init type, `createX`, `encodeX`, `decodeX` and `XCodec`, for each enum the
// object with its values.
import { docComment } from "../../emit/doc.js";
import { fit, fitNumbers, fits, quote } from "../../emit/layout.js";
import type { EnumModel, MessageModel } from "../../model/model.js";
import { CodecScope } from "./codec-scope.js";
import { entryView, readCases, tagsOf } from "./codec-read.js";
import { type Call, call, statement } from "./codec-text.js";
import { createStatements, defaultMembers, emptyBody, enumView, hasInborn, initMembers } from "./codec-types.js";
import { writeStatements } from "./codec-write.js";
import { docs, type FileContext, hasCodecFile } from "./context.js";

/** The codecs of a file; undefined when it declares neither messages nor enums. */
export function codecView(context: FileContext): object | undefined {
  if (!hasCodecFile(context.file)) return undefined;
  const scope = new CodecScope(context);
  const shapes = context.file.allMessages.map((message) => context.names.message(message).shape);
  const pb = quote(context.specifier(context.file, "pb"));
  return {
    // The types beside what is made for them, so that users need no other import.
    shapes:
      shapes.length === 0
        ? undefined
        : fit("export type { ", shapes.toSorted(), ` } from ${pb};`, "export type {", `} from ${pb};`),
    enums: context.file.allEnums.map((model) => enumView(model, scope)),
    messages: context.file.allMessages.map((message) => messageView(message, scope)),
    closedEnums: [...scope.closedEnums()].map((model) => closedEnumView(model, scope)),
  };
}

function messageView(message: MessageModel, scope: CodecScope): object {
  const { context } = scope;
  const names = context.names.message(message);
  const shape = context.shape(message);
  const own = scope.functions(message);
  const runtime = (name: Parameters<FileContext["runtime"]>[0]): string => context.runtime(name);
  const typeName = quote(message.fullName);
  const place = ["bytes: Uint8Array", "at: number"];
  const codec = call(`/* @__PURE__ */ ${runtime("messageCodec")}`, [typeName, own.empty, own.write, own.read]);
  return {
    initDocs: initDocs(message, shape),
    init: names.init,
    typeName,
    unknownField: context.scope.import("UnknownField", "@bufbuild/protobuf", true),
    members: initMembers(message, scope),
    createDocs: docComment(
      `The message {@link ${shape}} with what \`init\` sets; a message is returned as it is.`,
      message.deprecated,
    ),
    create: fit(
      `export function ${names.create}(`,
      [`init: ${names.init} = ${hasInborn(message) ? "Object.create(null)" : "{}"}`],
      `): ${shape} {`,
    ),
    given: given(typeName, shape),
    createBody: createStatements(message, scope),
    encodeDocs: docComment(
      `Encodes the message {@link ${shape}}, given in full or in part.\n\n@throws CrucibleError reason ENCODE_INVALID when a field holds what its type cannot.`,
      message.deprecated,
    ),
    encode: fit(`export function ${names.encode}(`, [`message: ${names.init}`], "): Uint8Array {"),
    encodeCall: statement(2, "return ", call(runtime("encode"), [names.codec, "message"])),
    decodeDocs: docComment(
      `Decodes the message {@link ${shape}}. The bytes must not change afterwards.\n\n` +
        "@throws CrucibleError reason DECODE_INVALID when they are no valid encoding.",
      message.deprecated,
    ),
    decode: fit(`export function ${names.decode}(`, ["bytes: Uint8Array"], `): ${shape} {`),
    startDecoding: statement(2, "", call(runtime("startDecoding"), [names.codec, "bytes"])),
    readMessage: statement(4, "return ", call(own.read, [call(own.empty, []), "bytes", "0", "bytes.length", "1", "0"])),
    decodeFailure: statement(4, "throw ", call(runtime("decodeFailure"), [`${names.codec}.typeName`, "error"])),
    codec:
      docComment(`The codec of {@link ${shape}}.`, message.deprecated) +
      codecDeclaration(names.codec, runtime("MessageCodec"), [shape, names.init], codec),
    shape,
    defaults: scope.defaults(message),
    defaultMembers: defaultMembers(message),
    empty: fit(`function ${own.empty}(`, [], `): ${shape} {`),
    emptyBody: emptyBody(message, scope),
    emptyCall: `${own.empty}()`,
    write: fit(`function ${own.write}(`, [`message: ${names.init}`, ...place], "): number {"),
    startMessage: statement(2, "", call(runtime("startMessage"), ["message", typeName, "bytes", "at"])),
    writeBody: writeStatements(message, scope),
    writeUnknown: runtime("writeUnknown"),
    read: fit(
      `function ${own.read}(`,
      [`message: ${shape}`, ...place, "end: number", "depth: number", "group: number"],
      `): ${shape} {`,
    ),
    // Tags of two bytes are read in place where some field has one: 4 % of decoding GoogleMessage1 (Node 20 and 24).
    wide: message.fields.some((field) => field.number > 15),
    cases: readCases(message, scope),
    tags:
      message.fields.length === 0 ? undefined : fitNumbers(`const ${scope.tags(message)} = [`, tagsOf(message), "];"),
    knownTags: scope.tags(message),
    checkDepth: runtime("checkDepth"),
    checkEnd: runtime("checkEnd"),
    readTag: runtime("readTag"),
    readUnknown: runtime("readUnknown"),
    cursor: runtime("cursor"),
    entries: message.fields
      .filter((field) => field.cardinality === "map")
      .map((field) => ({
        ...entryView(field, scope),
        setEntry: runtime("setEntry"),
        skipUnknown: runtime("skipUnknown"),
      })),
  };
}

/** The line that returns what is a message already. */
function given(typeName: string, shape: string): string {
  const [condition, result] = [`  if (init.$typeName === ${typeName})`, `return init as ${shape};`];
  return fits(`${condition} ${result}`) ? `${condition} ${result}` : `${condition}\n    ${result}`;
}

/** The declaration of a codec; the parameters of its type break where the line is too long without the value. */
function codecDeclaration(name: string, generic: string, types: readonly string[], value: Call): string {
  const head = `export const ${name}: ${generic}<`;
  const line = `${head}${types.join(", ")}> =`;
  if (fits(line)) return statement(0, `${line} `, value).join("\n");
  return [head, types.map((type) => `  ${type}`).join(",\n"), ...statement(0, "> = ", value)].join("\n");
}

function initDocs(message: MessageModel, shape: string): string {
  if (message.comment === "" && !message.deprecated)
    return docComment(`What encoding takes for the message {@link ${shape}}.`, false);
  return docs(message);
}

function closedEnumView(model: EnumModel, scope: CodecScope): object {
  const numbers = [...new Set(model.values.map((value) => value.number))];
  const text = fitNumbers(`const ${scope.closedNumbers(model)}: ReadonlySet<number> = new Set([`, numbers, "]);");
  return { docs: docComment(`The numbers of ${model.fullName}; others are kept as unknown fields.`, false), text };
}
