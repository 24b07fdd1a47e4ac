// What the page of one .proto shows.
import type {
  EnumModel,
  FieldModel,
  FileModel,
  MessageModel,
  MethodModel,
  Model,
  ServiceModel,
  ValueType,
} from "../../model/model.js";
import { ruleLines } from "./rules.js";
import { anchor, code, commentLines, inlineComment } from "./text.js";

/** A block of the page: a heading with lines and a list below, as the template prints them. */
interface Section {
  /** Such as `### Query`. */
  readonly heading: string;
  /** Paragraphs, each its lines. */
  readonly paragraphs: readonly { readonly lines: readonly string[] }[];
  /** Of a list, each with its mark. */
  readonly items: readonly string[];
}

/** The view of a page. */
export function pageView(file: FileModel, model: Model): { readonly sections: readonly Section[] } {
  const intro = file.package === "" ? [] : [`Package ${code(file.package)}.`];
  return {
    sections: [
      section(1, file.path, [intro, deprecation(file)], []),
      ...file.services.flatMap((service) => [
        serviceSection(service),
        ...service.methods.map((method) => methodSection(method, file)),
      ]),
      ...(file.allMessages.length > 0 ? [section(2, "Messages", [], [])] : []),
      ...file.allMessages.map((message) => messageSection(message, file, model)),
      ...(file.allEnums.length > 0 ? [section(2, "Enums", [], [])] : []),
      ...file.allEnums.map(enumSection),
    ],
  };
}

function section(level: number, title: string, paragraphs: readonly string[][], items: readonly string[]): Section {
  return {
    heading: `${"#".repeat(level)} ${title}`,
    paragraphs: paragraphs.filter((lines) => lines.length > 0).map((lines) => ({ lines })),
    items,
  };
}

function serviceSection(service: ServiceModel): Section {
  const host =
    service.host === "plugin"
      ? "The plugin answers, the daemon calls."
      : "The daemon answers; plugins that hold the capability call.";
  return section(2, `Service ${code(service.name)}`, [commentLines(service.comment), deprecation(service), [host]], []);
}

function methodSection(method: MethodModel, file: FileModel): Section {
  const type = (stream: boolean, message: MessageModel): string =>
    `${stream ? "stream of " : ""}${messageLink(message, file)}`;
  const { shape } = method;
  const items = [
    `Takes ${type(shape === "client_stream" || shape === "bidi_stream", method.request)}`,
    `Gives ${type(shape === "server_stream" || shape === "bidi_stream", method.response)}`,
    `Wire id ${code(`0x${method.wireId.toString(16).padStart(8, "0")}`)}, of ${code(method.wireName)}`,
    method.timeoutMs === 0
      ? "No deadline unless the caller sets one"
      : `Deadline ${time(method.timeoutMs)} unless the caller sets another`,
    ...(method.sensitive ? ["Sealed: requests and responses are encrypted, and in no log"] : []),
    ...(method.capability === "" ? [] : [`Asks for the capability ${code(method.capability)}`]),
    ...(method.idempotency === "no_side_effects" ? ["Has no side effects: may be repeated"] : []),
    ...(method.idempotency === "idempotent" ? ["Idempotent: may be repeated"] : []),
    ...(method.cache === undefined ? [] : [`Answers are cached for ${time(method.cache.ttlMs)}`]),
  ];
  return section(
    3,
    code(method.name),
    [commentLines(method.comment), deprecation(method)],
    items.map((item) => `- ${item}`),
  );
}

function messageSection(message: MessageModel, file: FileModel, model: Model): Section {
  const own = [
    ...ruleLines(message.rules, model),
    ...message.oneofs.flatMap((oneof) => ruleLines(oneof.rules, model).map((line) => `${oneof.name}: ${line}`)),
  ];
  const fields = message.fields.flatMap((field) => fieldItems(field, file, model));
  const rules = own.length === 0 ? [] : [`Rules: ${own.map(code).join(", ")}`];
  return section(3, code(shortName(message)), [commentLines(message.comment), deprecation(message), rules], fields);
}

function fieldItems(field: FieldModel, file: FileModel, model: Model): string[] {
  const parts = [
    `${code(field.name)} = ${field.number}, ${fieldType(field, file)}`,
    ...(field.oneof === undefined ? [] : [`one of ${code(field.oneof.name)}`]),
    ...(field.deprecated ? ["deprecated"] : []),
  ];
  const comment = inlineComment(field.comment);
  const rules = ruleLines(field.rules, model);
  return [`- ${parts.join(", ")}${comment === "" ? "" : `: ${comment}`}`, ...rules.map((line) => `  - ${code(line)}`)];
}

function enumSection(model: EnumModel): Section {
  const items = model.values.map(({ name, number, comment, deprecated }) => {
    const text = inlineComment(comment);
    return `- ${code(name)} = ${number}${deprecated ? ", deprecated" : ""}${text === "" ? "" : `: ${text}`}`;
  });
  return section(3, code(shortName(model)), [commentLines(model.comment), deprecation(model)], items);
}

function fieldType(field: FieldModel, file: FileModel): string {
  const value = typeName(field.type, file);
  if (field.cardinality === "list") return `list of ${value}`;
  if (field.cardinality === "map") return `map from ${code(field.mapKey ?? "")} to ${value}`;
  const optional = field.presence === "explicit" && field.oneof === undefined && field.type.kind !== "message";
  return `${field.presence === "required" ? "required " : optional ? "optional " : ""}${value}`;
}

function typeName(type: ValueType, file: FileModel): string {
  if (type.kind === "scalar") return code(type.scalar);
  return messageLink(type.kind === "enum" ? type.enum : type.message, file);
}

/** The name of a type; a link where it is on this page. */
function messageLink(type: MessageModel | EnumModel, file: FileModel): string {
  if (type.file !== file) return code(type.fullName);
  return `[${code(shortName(type))}](#${anchor(shortName(type))})`;
}

/** The full name without the package. */
function shortName({ fullName, file }: MessageModel | EnumModel): string {
  return file.package === "" ? fullName : fullName.slice(file.package.length + 1);
}

function deprecation({ deprecated }: { readonly deprecated: boolean }): string[] {
  return deprecated ? ["Deprecated."] : [];
}

function time(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
