// Every name that generated TypeScript declares or must meet. All files made from one .proto share one namespace, so
// that any of them can re-export another; a name that is taken gets `$`, then `$1`, `$2` … behind it.
import { protoCamelCase, safeObjectProperty } from "@bufbuild/protobuf/reflect";
import { mistake } from "../../errors.js";
import type {
  EnumModel,
  EnumValueModel,
  FieldModel,
  FileModel,
  MessageModel,
  MethodModel,
  OneofModel,
  ServiceModel,
} from "../../model/model.js";
import { protobufEsIdentifier, reservedIdentifiers, reservedMembers } from "./reserved.js";

/** The names around one message; for `Note`: */
export interface MessageNames {
  /** `Note`, the type in `notes_pb.ts`. */
  readonly shape: string;
  /** `NoteInit`, the type that encoding takes. */
  readonly init: string;
  /** `NoteCodec`, the codec as a value. */
  readonly codec: string;
  /** `createNote`. */
  readonly create: string;
  /** `encodeNote`. */
  readonly encode: string;
  /** `decodeNote`. */
  readonly decode: string;
  /** `validateNote`; exists only for messages with rules. */
  readonly validate: string;
}

/** The names around one enum; for `Color`: */
export interface EnumNames {
  /** `Color`, the type in `notes_pb.ts`. */
  readonly shape: string;
  /** `Color`, the object with its values in `notes_codec.ts`; `Promise$` for an enum called Promise. */
  readonly object: string;
}

/** The names around one service; for `SearchProvider`: */
export interface ServiceNames {
  /** `SearchProviderService`, the table. */
  readonly table: string;
  /** `SearchProviderMethods`, its type. */
  readonly methods: string;
  /** `SearchProvider`, the stub. */
  readonly client: string;
  /** The base of handlers: `SearchProviderPlugin` when the plugin hosts it, `SearchProviderHost` when the daemon does. */
  readonly handler: string;
}

/** The names of everything that one .proto declares. */
export interface FileNames {
  /** Every name that the generated files of this .proto and its `_pb.ts` types use. */
  readonly taken: ReadonlySet<string>;
  /** The names of its enum objects. */
  readonly enumObjects: ReadonlySet<string>;
  message(message: MessageModel): MessageNames;
  enum(model: EnumModel): EnumNames;
  service(service: ServiceModel): ServiceNames;
  method(method: MethodModel): string;
}

const cache = new WeakMap<FileModel, FileNames>();

/** The names of a file. They depend on that file alone. */
export function namesOf(file: FileModel): FileNames {
  let names = cache.get(file);
  if (names === undefined) cache.set(file, (names = allocate(file)));
  return names;
}

function allocate(file: FileModel): FileNames {
  const taken = new Set<string>();
  const shapes = new Map<MessageModel | EnumModel, string>();
  for (const type of file.nestedTypes) {
    if (type.kind !== "message" && type.kind !== "enum") continue;
    const name = firstFree(localName(type), taken, protobufEsIdentifier);
    taken.add(name);
    shapes.set(type, name);
  }
  const claim = (preferred: string): string => {
    const name = firstFree(preferred, taken, (candidate) => candidate, reservedIdentifiers);
    taken.add(name);
    return name;
  };

  const messages = new Map<MessageModel, MessageNames>();
  const enums = new Map<EnumModel, EnumNames>();
  const services = new Map<ServiceModel, ServiceNames>();
  const methods = new Map<MethodModel, string>();
  // The stub is what people write most, so services choose before messages do.
  for (const service of file.services) {
    services.set(service, {
      client: claim(service.name),
      handler: claim(service.name + (service.host === "plugin" ? "Plugin" : "Host")),
      table: claim(`${service.name}Service`),
      methods: claim(`${service.name}Methods`),
    });
    nameMethods(service, methods);
  }
  for (const message of file.allMessages) {
    const name = localName(message);
    messages.set(message, {
      shape: found(shapes.get(message)),
      init: claim(`${name}Init`),
      codec: claim(`${name}Codec`),
      create: claim(`create${name}`),
      encode: claim(`encode${name}`),
      decode: claim(`decode${name}`),
      validate: claim(`validate${name}`),
    });
  }
  for (const model of file.allEnums) {
    const shape = found(shapes.get(model));
    enums.set(model, { shape, object: reservedIdentifiers.has(shape) ? claim(shape) : shape });
  }
  return {
    taken,
    enumObjects: new Set([...enums.values()].map((names) => names.object)),
    message: (message) => found(messages.get(message)),
    enum: (model) => found(enums.get(model)),
    service: (service) => found(services.get(service)),
    method: (method) => found(methods.get(method)),
  };
}

/** `getNote` for `GetNote`. Names that differ in nothing but their first letter are told apart by `$`. */
function nameMethods(service: ServiceModel, names: Map<MethodModel, string>): void {
  const taken = new Set<string>();
  for (const method of service.methods) {
    const preferred = method.name.charAt(0).toLowerCase() + method.name.slice(1);
    const name = firstFree(preferred, taken, (candidate) => candidate, reservedMembers);
    taken.add(name);
    names.set(method, name);
  }
}

/** Properties by the names of fields and oneofs: few names serve many fields, and each is asked for some ten times. */
const properties = { own: new Map<string, string>(), inOneof: new Map<string, string>() };

/**
 * The property that protobuf-es gives a field (inside the oneof's object, the value of `case`) or a oneof.
 *
 * @throws GeneratorError for names of which nothing but digits is left at the front, such as `_2nd`: the types that
 * protobuf-es writes for them do not compile either.
 */
export function propertyName(member: FieldModel | OneofModel): string {
  const isInOneof = member.kind === "field" && member.oneof !== undefined;
  const known = isInOneof ? properties.inOneof : properties.own;
  const property = known.get(member.name);
  if (property !== undefined) return property;
  const name = protoCamelCase(member.name);
  if (!/^[A-Za-z]/.test(name)) {
    const fact = `${member.kind} ${member.name} would become the property "${name}"`;
    throw mistake(`${fact}, which TypeScript cannot write; give it a name that begins with a letter`, member.location);
  }
  const safe = isInOneof ? name : safeObjectProperty(name);
  known.set(member.name, safe);
  return safe;
}

/** `NoteSchema`, the schema that protobuf-es makes of a message; a name of its `_pb` file alone. */
export function schemaName(message: MessageModel): string {
  return protobufEsIdentifier(`${localName(message)}Schema`);
}

/** The key of an enum value in protobuf-es: its name without the prefix that all values share. */
export function enumKey(value: EnumValueModel): string {
  const prefix = value.parent.sharedPrefix;
  return safeObjectProperty(prefix === undefined ? value.name : value.name.slice(prefix.length));
}

/** `Outer_Inner` for a nested type. */
function localName(type: MessageModel | EnumModel): string {
  return type.parent === undefined ? type.name : `${localName(type.parent)}_${type.name}`;
}

function firstFree(
  preferred: string,
  taken: ReadonlySet<string>,
  escape: (name: string) => string,
  reserved?: ReadonlySet<string>,
): string {
  for (let i = 0; ; i++) {
    const salt = i === 0 ? "" : i === 1 ? "$" : `$${i - 1}`;
    const name = escape(preferred + salt);
    if (!taken.has(name) && reserved?.has(name) !== true) return name;
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a name was asked for that belongs to another file");
  return value;
}
