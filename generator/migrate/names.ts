// What generated TypeScript is called before and after: every name of the old code with what becomes of it.
import type { Matching } from "../compare/match.js";
import type {
  EnumModel,
  EnumValueModel,
  FieldModel,
  FileModel,
  MessageModel,
  MethodModel,
  OneofModel,
} from "../model/model.js";
import { enumKey, namesOf, propertyName, schemaName } from "../targets/typescript/names.js";
import { type Conversion, conversionOf } from "./convert.js";
import { replacementOf } from "./deprecated.js";

/** What becomes of one name. */
export interface Fate {
  /** What it is called now; undefined when it is gone. */
  readonly name: string | undefined;
  /** What it stands for, such as `field acme.v1.Note.title`. */
  readonly about: string;
  /** The file of the new schema that declares it; undefined for members, which are not imported. */
  readonly file?: FileModel | undefined;
  /** For a field whose type is another one. */
  readonly conversion?: Conversion | undefined;
  /** For a method: what callers should call instead. */
  readonly instead?: string | undefined;
  /** What else is to be seen to, by a person. */
  readonly note?: string | undefined;
}

/** The names of one old message: exported ones, properties, and what `case` of a oneof can be. */
export interface MemberFates {
  readonly properties: ReadonlyMap<string, Fate>;
  /** By the property of the oneof: the cases. */
  readonly cases: ReadonlyMap<string, ReadonlyMap<string, Fate>>;
}

/** Everything that the generated files of one old .proto declare. */
export interface FileFates {
  readonly old: FileModel;
  /** The file that most of it is in now; undefined when all of it is gone. */
  readonly heir: FileModel | undefined;
  /** What can be imported, by name. */
  readonly exports: ReadonlyMap<string, Fate>;
  /** By the name of a type or interface. */
  readonly members: ReadonlyMap<string, MemberFates>;
  /** Keys of enums, by the name of the object. */
  readonly keys: ReadonlyMap<string, ReadonlyMap<string, Fate>>;
  /** Methods, by the names of classes and types that declare them. */
  readonly methods: ReadonlyMap<string, ReadonlyMap<string, Fate>>;
}

/** What becomes of the names of one file. */
export function fatesOf(old: FileModel, matching: Matching): FileFates {
  const names = namesOf(old);
  const exports = new Map<string, Fate>();
  const members = new Map<string, MemberFates>();
  const keys = new Map<string, ReadonlyMap<string, Fate>>();
  const methods = new Map<string, ReadonlyMap<string, Fate>>();
  const votes = new Map<FileModel, number>();
  const vote = (file: FileModel | undefined): void => {
    if (file !== undefined) votes.set(file, (votes.get(file) ?? 0) + 1);
  };
  for (const message of old.allMessages) {
    const heir = matching.messages.get(message);
    vote(heir?.file);
    const before = names.message(message);
    const after = heir && namesOf(heir.file).message(heir);
    const about = `message ${message.fullName}`;
    for (const part of ["shape", "init", "codec", "create", "encode", "decode", "validate"] as const) {
      exports.set(before[part], { name: after?.[part], about, file: heir?.file });
    }
    exports.set(schemaName(message), { name: heir && schemaName(heir), about, file: heir?.file });
    if (heir === undefined) continue;
    const fates = memberFates(message, matching);
    members.set(before.shape, fates);
    members.set(before.init, fates);
  }
  for (const model of old.allEnums) {
    const heir = matching.enums.get(model);
    vote(heir?.file);
    const before = names.enum(model);
    const after = heir && namesOf(heir.file).enum(heir);
    for (const part of ["object", "shape"] as const) {
      exports.set(before[part], { name: after?.[part], about: `enum ${model.fullName}`, file: heir?.file });
      if (heir !== undefined) keys.set(before[part], keyFates(model, matching.values));
    }
  }
  for (const service of old.services) {
    const heir = matching.services.get(service);
    vote(heir?.file);
    const before = names.service(service);
    const after = heir && namesOf(heir.file).service(heir);
    const about = `service ${service.fullName}`;
    for (const part of ["client", "handler", "table", "methods"] as const) {
      exports.set(before[part], { name: after?.[part], about, file: heir?.file });
    }
    if (heir === undefined) continue;
    const called = new Map(service.methods.map((method) => [names.method(method), methodFate(method, matching, true)]));
    const hosted = new Map(
      service.methods.map((method) => [names.method(method), methodFate(method, matching, false)]),
    );
    methods.set(before.handler, hosted);
    for (const part of ["client", "methods", "table"] as const) methods.set(before[part], called);
  }
  const [heir] = [...votes].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return { old, heir, exports, members, keys, methods };
}

function memberFates(message: MessageModel, matching: Matching): MemberFates {
  const properties = new Map<string, Fate>();
  const cases = new Map<string, Map<string, Fate>>();
  const fieldFate = (field: FieldModel): Fate => {
    const heir = matching.fields.get(field);
    const about = `field ${message.fullName}.${field.name}`;
    // In or out of a oneof it is reached in another way.
    const reachable = heir !== undefined && (heir.oneof === undefined) === (field.oneof === undefined);
    if (!reachable) return { name: undefined, about };
    return { name: propertyName(heir), about, conversion: changedType(field, heir, matching) };
  };
  for (const field of message.fields)
    if (field.oneof === undefined) properties.set(propertyName(field), fieldFate(field));
  for (const oneof of message.oneofs) {
    const heir: OneofModel | undefined = matching.oneofs.get(oneof);
    const property = propertyName(oneof);
    properties.set(property, { name: heir && propertyName(heir), about: `oneof ${message.fullName}.${oneof.name}` });
    cases.set(property, new Map(oneof.fields.map((field) => [propertyName(field), fieldFate(field)])));
  }
  return { properties, cases };
}

function changedType(old: FieldModel, now: FieldModel, matching: Matching): Conversion | undefined {
  const [a, b] = [old.type, now.type];
  const same = old.cardinality === now.cardinality;
  if (same && a.kind === "message" && b.kind === "message") {
    if (a.message.fullName === b.message.fullName || matching.messages.get(a.message) === b.message) return undefined;
  }
  if (same && a.kind === "enum" && b.kind === "enum") {
    if (a.enum.fullName === b.enum.fullName || matching.enums.get(a.enum) === b.enum) return undefined;
  }
  return conversionOf(old, now);
}

function keyFates(model: EnumModel, values: ReadonlyMap<EnumValueModel, EnumValueModel>): Map<string, Fate> {
  return new Map(
    model.values.map((value) => {
      const heir = values.get(value);
      return [enumKey(value), { name: heir && enumKey(heir), about: `value ${model.fullName}.${value.name}` }];
    }),
  );
}

function methodFate(method: MethodModel, matching: Matching, called: boolean): Fate {
  const heir = matching.methods.get(method);
  const about = `method ${method.wireName}`;
  if (heir === undefined) return { name: undefined, about };
  const names = namesOf(heir.parent.file);
  const replacement = called ? replacementOf(heir) : undefined;
  return {
    name: names.method(heir),
    about,
    instead: replacement && names.method(replacement),
    note: methodNote(method, heir, matching),
  };
}

/** What of a method no other name can mend. */
function methodNote(old: MethodModel, now: MethodModel, { messages }: Matching): string | undefined {
  if (old.shape !== now.shape)
    return `is ${shapeText[now.shape]} now, was ${shapeText[old.shape]}: change how it is used`;
  for (const part of ["request", "response"] as const) {
    const [before, after] = [old[part], now[part]];
    if (before.fullName === after.fullName || messages.get(before) === after) continue;
    return `has the ${part} ${after.fullName} now, was ${before.fullName}: change how it is used`;
  }
  return undefined;
}

const shapeText = {
  unary: "unary",
  server_stream: "a stream of responses",
  client_stream: "a stream of requests",
  bidi_stream: "a stream both ways",
} as const;
