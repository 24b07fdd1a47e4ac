import { mistake } from "../../errors.js";
import { depthLimit, WireReader } from "../wire.js";
import type {
  EnumProto,
  EnumValueProto,
  FieldProto,
  FileProto,
  MessageProto,
  MethodProto,
  OneofProto,
  ServiceProto,
} from "./descriptor.js";
import { Options } from "./options.js";

/** The tag of a number, bool or enum. */
const varint = (field: number): number => field << 3;
/** The tag of a text or message. */
const sized = (field: number): number => (field << 3) | 2;

// Tags in the messages of descriptor.proto.
const ofFile = {
  name: sized(1),
  package: sized(2),
  dependency: sized(3),
  message: sized(4),
  enum: sized(5),
  service: sized(6),
  extension: sized(7),
  options: sized(8),
  sourceInfo: sized(9),
  syntax: sized(12),
  edition: varint(14),
};
const ofMessage = {
  name: sized(1),
  field: sized(2),
  message: sized(3),
  enum: sized(4),
  extensionRange: sized(5),
  extension: sized(6),
  options: sized(7),
  oneof: sized(8),
};
const ofField = {
  name: sized(1),
  extendee: sized(2),
  number: varint(3),
  label: varint(4),
  type: varint(5),
  typeName: sized(6),
  defaultValue: sized(7),
  options: sized(8),
  oneof: varint(9),
  jsonName: sized(10),
  proto3Optional: varint(17),
};
const ofOneof = { name: sized(1), options: sized(2) };
const ofEnum = { name: sized(1), value: sized(2), options: sized(3) };
const ofEnumValue = { name: sized(1), number: varint(2), options: sized(3) };
const ofService = { name: sized(1), method: sized(2), options: sized(3) };
const ofMethod = {
  name: sized(1),
  input: sized(2),
  output: sized(3),
  options: sized(4),
  clientStreaming: varint(5),
  serverStreaming: varint(6),
};

/** What compilers take for a name; a descriptor can be made by hand, and names are printed. */
const identifier = /^[A-Za-z0-9_]+$/;
const packageName = /^(?:[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)?$/;
/**
 * What they take for the path of a file: it names what is written, below the folder for output, and stands in comments of it.
 * Nothing there may lead out of the folder, on whichever platform, or out of the comment.
 */
const filePath = /^(?![A-Za-z]:)(?!\.{0,2}(?:\/|$))(?!.*\/(?:\.{0,2})(?:\/|$))[^\p{Cc}\u2028\u2029\\]+$/u;
const mostPathCharacters = 4_096;
const highestNumber = 536_870_911;

/**
 * Reads a file.
 *
 * @throws GeneratorError when the bytes are no `FileDescriptorProto`, or something in it has a name or number that no
 * compiler takes.
 */
export function readFile(bytes: Uint8Array): FileProto {
  const file: FileProto = {
    name: "",
    package: "",
    syntax: "",
    edition: 0,
    dependencies: [],
    messages: [],
    enums: [],
    services: [],
    extensions: [],
    options: undefined,
    sourceInfo: undefined,
  };
  // The place of the name is for compilers to choose, and messages about other names begin with it.
  const reader = new DescriptorReader(bytes, fileName(bytes));
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === ofFile.name) file.name = reader.text();
    else if (tag === ofFile.package) file.package = reader.text();
    else if (tag === ofFile.dependency) file.dependencies.push(reader.text());
    else if (tag === ofFile.message) file.messages.push(reader.messageType(0));
    else if (tag === ofFile.enum) file.enums.push(reader.enumType());
    else if (tag === ofFile.service) file.services.push(reader.service());
    else if (tag === ofFile.extension) file.extensions.push(reader.field("extension"));
    else if (tag === ofFile.options) file.options = reader.options(file.options);
    else if (tag === ofFile.sourceInfo) {
      const part = reader.message();
      file.sourceInfo = file.sourceInfo === undefined ? part : Buffer.concat([file.sourceInfo, part]);
    } else if (tag === ofFile.syntax) file.syntax = reader.text();
    else if (tag === ofFile.edition) file.edition = reader.varint();
    else reader.skip(tag);
  }
  if (file.name.length > mostPathCharacters || !filePath.test(file.name)) {
    const shown = JSON.stringify(file.name.slice(0, 80));
    throw mistake(
      `invalid path ${shown} of a file: paths are relative, with / between names and no . or .. among them`,
    );
  }
  if (!packageName.test(file.package)) {
    throw mistake(`${file.name}: invalid package name ${JSON.stringify(file.package.slice(0, 80))}`);
  }
  return file;
}

/** The path of a file. */
export function fileName(bytes: Uint8Array): string {
  let name = "";
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === ofFile.name) name = reader.text();
    else reader.skip(tag);
  }
  return name;
}

class DescriptorReader extends WireReader {
  readonly #path: string;

  constructor(bytes: Uint8Array, path: string) {
    super(bytes);
    this.#path = path;
  }

  messageType(depth: number): MessageProto {
    if (depth > depthLimit) throw mistake(`${this.#path}: messages are nested too deep`);
    const stop = this.stop();
    const message: MessageProto = {
      name: "",
      fields: [],
      messages: [],
      enums: [],
      extensions: [],
      oneofs: [],
      extendable: false,
      options: undefined,
    };
    while (this.at < stop) {
      const tag = this.varint();
      if (tag === ofMessage.field) message.fields.push(this.field("field"));
      else if (tag === ofMessage.name) message.name = this.text();
      else if (tag === ofMessage.message) message.messages.push(this.messageType(depth + 1));
      else if (tag === ofMessage.enum) message.enums.push(this.enumType());
      else if (tag === ofMessage.extension) message.extensions.push(this.field("extension"));
      else if (tag === ofMessage.oneof) message.oneofs.push(this.#oneof());
      else if (tag === ofMessage.options) message.options = this.options(message.options);
      else {
        if (tag === ofMessage.extensionRange) message.extendable = true;
        this.skip(tag);
      }
    }
    this.#close(stop);
    return this.#named("message", message);
  }

  field(kind: "field" | "extension"): FieldProto {
    const stop = this.stop();
    const field: FieldProto = {
      name: "",
      number: 0,
      label: 1,
      type: 1,
      typeName: "",
      extendee: "",
      defaultValue: undefined,
      oneof: -1,
      jsonName: "",
      proto3Optional: false,
      options: undefined,
    };
    while (this.at < stop) {
      const tag = this.varint();
      if (tag === ofField.name) field.name = this.text();
      else if (tag === ofField.number) field.number = this.varint() | 0;
      else if (tag === ofField.label) field.label = this.varint();
      else if (tag === ofField.type) field.type = this.varint();
      else if (tag === ofField.typeName) field.typeName = withoutDot(this.text());
      else if (tag === ofField.jsonName) field.jsonName = this.text();
      else if (tag === ofField.options) field.options = this.options(field.options);
      else if (tag === ofField.oneof) field.oneof = this.varint() | 0;
      else if (tag === ofField.proto3Optional) field.proto3Optional = this.varint() !== 0;
      else if (tag === ofField.defaultValue) field.defaultValue = this.text();
      else if (tag === ofField.extendee) field.extendee = withoutDot(this.text());
      else this.skip(tag);
    }
    this.#close(stop);
    if (field.number < 1 || field.number > highestNumber) {
      throw mistake(`${this.#path}: invalid number ${field.number} of ${kind} ${JSON.stringify(field.name)}`);
    }
    return this.#named(kind, field);
  }

  enumType(): EnumProto {
    const stop = this.stop();
    const model: EnumProto = { name: "", values: [], options: undefined };
    while (this.at < stop) {
      const tag = this.varint();
      if (tag === ofEnum.value) model.values.push(this.#enumValue());
      else if (tag === ofEnum.name) model.name = this.text();
      else if (tag === ofEnum.options) model.options = this.options(model.options);
      else this.skip(tag);
    }
    this.#close(stop);
    return this.#named("enum", model);
  }

  service(): ServiceProto {
    const stop = this.stop();
    const service: ServiceProto = { name: "", methods: [], options: undefined };
    while (this.at < stop) {
      const tag = this.varint();
      if (tag === ofService.method) service.methods.push(this.#method());
      else if (tag === ofService.name) service.name = this.text();
      else if (tag === ofService.options) service.options = this.options(service.options);
      else this.skip(tag);
    }
    this.#close(stop);
    return this.#named("service", service);
  }

  /** @param before what was read of them already. */
  options(before: Options | undefined): Options {
    const options = new Options(this.message());
    return before === undefined ? options : before.joined(options);
  }

  #oneof(): OneofProto {
    const stop = this.stop();
    const oneof: OneofProto = { name: "", options: undefined };
    while (this.at < stop) {
      const tag = this.varint();
      if (tag === ofOneof.name) oneof.name = this.text();
      else if (tag === ofOneof.options) oneof.options = this.options(oneof.options);
      else this.skip(tag);
    }
    this.#close(stop);
    return this.#named("oneof", oneof);
  }

  #enumValue(): EnumValueProto {
    const stop = this.stop();
    const value: EnumValueProto = { name: "", number: 0, options: undefined };
    while (this.at < stop) {
      const tag = this.varint();
      if (tag === ofEnumValue.name) value.name = this.text();
      else if (tag === ofEnumValue.number) value.number = this.varint() | 0;
      else if (tag === ofEnumValue.options) value.options = this.options(value.options);
      else this.skip(tag);
    }
    this.#close(stop);
    return this.#named("enum value", value);
  }

  #method(): MethodProto {
    const stop = this.stop();
    const method: MethodProto = {
      name: "",
      input: "",
      output: "",
      clientStreaming: false,
      serverStreaming: false,
      options: undefined,
    };
    while (this.at < stop) {
      const tag = this.varint();
      if (tag === ofMethod.name) method.name = this.text();
      else if (tag === ofMethod.input) method.input = withoutDot(this.text());
      else if (tag === ofMethod.output) method.output = withoutDot(this.text());
      else if (tag === ofMethod.options) method.options = this.options(method.options);
      else if (tag === ofMethod.clientStreaming) method.clientStreaming = this.varint() !== 0;
      else if (tag === ofMethod.serverStreaming) method.serverStreaming = this.varint() !== 0;
      else this.skip(tag);
    }
    this.#close(stop);
    return this.#named("method", method);
  }

  /** What lies in a message must not reach beyond it. */
  #close(stop: number): void {
    if (this.at !== stop) throw mistake("the message ends inside a field");
  }

  #named<T extends { readonly name: string }>(kind: string, element: T): T {
    if (identifier.test(element.name)) return element;
    throw mistake(`${this.#path}: invalid ${kind} name ${JSON.stringify(element.name)}`);
  }
}

/** A full name as it is written, without the dot that says that it is full. */
function withoutDot(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}
