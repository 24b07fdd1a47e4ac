// A descriptor back into the text of a .proto file: for schemas that reach us compiled only.
import { type DescExtension, getExtension, type Message, type Registry, ScalarType } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldOptions,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileOptionsSchema,
} from "@bufbuild/protobuf/wkt";

/** The largest field number plus one: the end of `extensions 1000 to max`. */
const beyondMax = 536_870_912;

/**
 * Renders a file of proto2 with messages, enums, oneofs, extensions and options. Comments are not in descriptors.
 *
 * @param registry has the extensions that the options use.
 * @param header comment lines for the top, without marks.
 * @throws Error for what it cannot render (services, maps, groups, defaults, nested types, other syntaxes): a file that
 * lacks something must not come into being.
 */
export function renderProto(file: FileDescriptorProto, registry: Registry, header: string): string {
  if (file.syntax !== "" && file.syntax !== "proto2") throw new Error(`cannot render ${file.syntax} (${file.name})`);
  if (file.service.length > 0) throw new Error(`cannot render services (${file.name})`);
  const renderer = new Renderer(file.package, registry);
  const options = file.options === undefined ? [] : renderer.options(reflect(FileOptionsSchema, file.options));
  const sections = [
    header.split("\n").map((line) => (line === "" ? "//" : `// ${line}`)),
    ['syntax = "proto2";'],
    [`package ${file.package};`],
    file.dependency.map((path) => `import ${quote(path)};`),
    options.map((option) => `option ${option};`),
    ...groupExtensions(file.extension).map((fields) => renderer.extend(fields)),
    ...file.messageType.map((message) => renderer.message(message)),
    ...file.enumType.map((one) => renderer.enum(one)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

class Renderer {
  readonly #package: string;
  readonly #registry: Registry;

  constructor(packageName: string, registry: Registry) {
    this.#package = packageName;
    this.#registry = registry;
  }

  extend(fields: readonly FieldDescriptorProto[]): string[] {
    return [
      `extend ${this.#name(fields[0]!.extendee)} {`,
      ...fields.flatMap((field) => indent(this.#field(field))),
      "}",
    ];
  }

  message(message: DescriptorProto): string[] {
    if (message.nestedType.length + message.enumType.length + message.extension.length > 0 || message.options) {
      throw new Error(`cannot render nested types or options (${message.name})`);
    }
    const lines = message.field.flatMap((field) => {
      if (!hasOneof(field)) return this.#field(field);
      const members = message.field.filter((one) => hasOneof(one) && one.oneofIndex === field.oneofIndex);
      if (members[0] !== field) return [];
      const name = message.oneofDecl[field.oneofIndex]?.name;
      return [`oneof ${name} {`, ...members.flatMap((one) => indent(this.#field(one))), "}"];
    });
    const reserved = message.reservedRange.map(({ start, end }) => rangeText(start, end - 1));
    const extensions = message.extensionRange.map(({ start, end }) => {
      return `extensions ${end === beyondMax ? `${start} to max` : rangeText(start, end - 1)};`;
    });
    return [
      `message ${message.name} {`,
      ...indent([...lines, ...reservedText(reserved, message.reservedName), ...extensions]),
      "}",
    ];
  }

  enum(one: EnumDescriptorProto): string[] {
    if (one.options) throw new Error(`cannot render options of an enum (${one.name})`);
    const reserved = one.reservedRange.map(({ start, end }) => rangeText(start, end));
    return [
      `enum ${one.name} {`,
      ...indent([
        ...one.value.map(({ name, number }) => `${name} = ${number};`),
        ...reservedText(reserved, one.reservedName),
      ]),
      "}",
    ];
  }

  /** What an options message sets, as `name = value`. */
  options(options: ReflectMessage): string[] {
    const own = options.fields
      .filter((field) => options.isSet(field))
      .map((field) => `${field.name} = ${this.#value(field, options.get(field))}`);
    const extensions = (options.getUnknown() ?? []).map(({ no }) => this.#registry.getExtensionFor(options.desc, no));
    const custom = [...new Set(extensions)].flatMap((extension) => {
      if (extension === undefined) throw new Error(`${options.desc.typeName} has an option that nobody declares`);
      return this.#customOption(extension, getExtension(options.message, extension));
    });
    return [...own, ...custom];
  }

  /** `(name).field = value`, once for each element of a list. */
  #customOption(extension: DescExtension, value: unknown): string[] {
    if (extension.fieldKind !== "message") throw new Error(`cannot render the option ${extension.typeName}`);
    const message = reflect(extension.message, value as Message);
    return extension.message.fields
      .filter((field) => message.isSet(field))
      .flatMap((field) => {
        if (field.fieldKind !== "list" || field.listKind !== "message") {
          throw new Error(`cannot render ${field.toString()}`);
        }
        const name = `(${this.#name(`.${extension.typeName}`)}).${field.name}`;
        return [...message.get(field)].map((item) => `${name} = ${this.#aggregate(item as ReflectMessage)}`);
      });
  }

  #aggregate(message: ReflectMessage): string {
    const fields = message.fields.filter((field) => message.isSet(field));
    const lines = fields.map((field) => `${field.name}: ${this.#value(field, message.get(field))}`);
    return ["{", ...indent(lines), "}"].join("\n");
  }

  #value(field: ReflectMessage["fields"][number], value: unknown): string {
    if (field.fieldKind === "enum") return field.enum.value[value as number]?.name ?? String(value);
    if (field.fieldKind !== "scalar") throw new Error(`cannot render ${field.toString()}`);
    return field.scalar === ScalarType.STRING ? quote(value as string) : String(value);
  }

  #field(field: FieldDescriptorProto): string[] {
    if (field.type === Type.GROUP || field.defaultValue !== "" || field.proto3Optional) {
      throw new Error(`cannot render groups and defaults (${field.name})`);
    }
    const label = hasOneof(field) ? "" : `${Label[field.label].toLowerCase()} `;
    const type = field.typeName === "" ? Type[field.type].toLowerCase() : this.#name(field.typeName);
    const head = `${label}${type} ${field.name} = ${field.number}`;
    const options = field.options === undefined ? [] : this.#fieldOptions(field.options);
    if (options.length === 0) return [`${head};`];
    if (options.length === 1) return `${head} [${options[0]}];`.split("\n");
    return [`${head} [`, ...indent(options.join(",\n").split("\n")), "];"];
  }

  #fieldOptions(options: FieldOptions): string[] {
    return this.options(reflect(FieldOptionsSchema, options));
  }

  /** A full name without what the file's own package makes superfluous. */
  #name(typeName: string): string {
    const name = typeName.slice(1);
    return name.startsWith(`${this.#package}.`) ? name.slice(this.#package.length + 1) : name;
  }
}

/** Extensions of the same message share a block. */
function groupExtensions(fields: readonly FieldDescriptorProto[]): FieldDescriptorProto[][] {
  const groups: FieldDescriptorProto[][] = [];
  for (const field of fields) {
    const last = groups.at(-1);
    if (last?.[0]?.extendee === field.extendee) last.push(field);
    else groups.push([field]);
  }
  return groups;
}

function hasOneof(field: FieldDescriptorProto): boolean {
  return Object.hasOwn(field, "oneofIndex");
}

function rangeText(first: number, last: number): string {
  return first === last ? String(first) : `${first} to ${last}`;
}

function reservedText(ranges: readonly string[], names: readonly string[]): string[] {
  return [
    ...(ranges.length === 0 ? [] : [`reserved ${ranges.join(", ")};`]),
    ...(names.length === 0 ? [] : [`reserved ${names.map(quote).join(", ")};`]),
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split("\n")).map((line) => `  ${line}`);
}

/** A string literal; only what a descriptor of today holds is escaped. */
function quote(text: string): string {
  const escaped = text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
  return `"${escaped.replace(/[^\u0020-\u007e]/gu, octal)}"`;
}

function octal(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
