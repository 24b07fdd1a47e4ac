// What the view of one generated TypeScript file may ask for.
import { wktPublicImportPaths } from "@bufbuild/protobuf/codegenv2";
import { type SymbolName, symbols, wellKnownDoors } from "../../../runtime/typescript/src/codegen/v1/symbols.js";
import type { Note } from "../../errors.js";
import { docComment } from "../../emit/doc.js";
import { relativeImport } from "../../emit/path.js";
import { ModuleScope } from "../../emit/scope.js";
import type { EnumModel, FileModel, MessageModel, Model, ServiceModel } from "../../model/model.js";
import type { FileKindName, GeneratorOptions } from "../../options.js";
import { type FileNames, namesOf, schemaName } from "./names.js";
import { reservedIdentifiers } from "./reserved.js";

/** What the view of one generated file may ask for. Methods that return an identifier import it where that is needed. */
export interface FileContext {
  readonly file: FileModel;
  readonly kind: FileKindName;
  readonly model: Model;
  readonly options: GeneratorOptions;
  readonly names: FileNames;
  readonly scope: ModuleScope;
  /** A name of the runtime; those of daemon and plugin files come from the door of the kind of file. */
  runtime(name: SymbolName): string;
  /** The type that protobuf-es makes of a message or an enum. */
  shape(type: MessageModel | EnumModel): string;
  /** The schema that protobuf-es makes of a message, as a value: it parses the descriptors of the file. */
  schema(message: MessageModel): string;
  /** Tells the user something of a place in the schema that is not wrong. */
  note(note: Note): void;
  /** What codec files export for a message. */
  init(message: MessageModel): string;
  codec(message: MessageModel): string;
  create(message: MessageModel): string;
  encode(message: MessageModel): string;
  decode(message: MessageModel): string;
  /** The object with the values of an enum, in its codec file. */
  enumObject(model: EnumModel): string;
  /** The validator of a message, or undefined when it has no rules. */
  validator(message: MessageModel): string | undefined;
  /** The table of a service, in its service file. */
  table(service: ServiceModel): string;
  /** The type of the methods of a service, in its service file. */
  methods(service: ServiceModel): string;
  /** How this file imports a generated file: one of ours, or the `_pb` file of protobuf-es. */
  specifier(file: FileModel, kind: FileKindName | "pb"): string;
}

/** The elements that a doc comment can be made of. */
interface Documented {
  readonly comment: string;
  readonly deprecated: boolean;
}

/** The doc comment of an element with its newline, or nothing; it stands directly before the declaration. */
export function docs(element: Documented, indent = ""): string {
  return docComment(element.comment, element.deprecated, indent);
}

/** Whether a file comes with protobuf itself: its types are in @bufbuild/protobuf. */
export function isWellKnown(file: FileModel): boolean {
  return Object.hasOwn(wktPublicImportPaths, file.path);
}

/** The module of @bufbuild/protobuf that has the types of a file; undefined for one that does not come with it. */
function wellKnownTypes(file: FileModel): string | undefined {
  // Since 2.17 its table names a module for each of these, which releases before do not have. The index has them all.
  if (hasRuntimeCodec(file) || /^google\/protobuf\/(?:cpp|go|java)_features\.proto$/.test(file.path)) {
    return "@bufbuild/protobuf/wkt";
  }
  return Object.hasOwn(wktPublicImportPaths, file.path) ? wktPublicImportPaths[file.path] : undefined;
}

/** Whether the codecs of a file are in the runtime. Others of protobuf itself, such as cpp_features.proto, are generated. */
export function hasRuntimeCodec(file: FileModel): boolean {
  return Object.hasOwn(wellKnownDoors, file.path);
}

/** Whether a .proto has a codec file: one that declares a message or an enum. */
export function hasCodecFile(file: FileModel): boolean {
  return file.messages.length > 0 || file.enums.length > 0;
}

/** The path of a generated file in the output directory, without its ending. */
export function modulePath(file: FileModel, kind: FileKindName | "pb"): string {
  return `${file.basePath}_${kind}`;
}

/** A function that answers the same question once: views ask for each name again and again. */
function remembered<Question, Answer extends string | ((question: never) => string)>(
  answer: (question: Question) => Answer,
): (question: Question) => Answer {
  const answers = new Map<Question, Answer>();
  return (question) => {
    let known = answers.get(question);
    if (known === undefined) answers.set(question, (known = answer(question)));
    return known;
  };
}

const extensions = { js: ".js", ts: ".ts", none: "" } as const;

/** The context of one file to write. */
export function createContext(
  file: FileModel,
  kind: FileKindName,
  model: Model,
  options: GeneratorOptions,
  note: (note: Note) => void,
): FileContext {
  const names = namesOf(file);
  const scope = new ModuleScope(reservedIdentifiers, names.taken);
  const here = modulePath(file, kind);
  const extension = extensions[options.importExtension];

  const specifiers = remembered((target: FileModel) =>
    remembered((targetKind: FileKindName | "pb"): string => {
      const wellKnown = targetKind === "pb" ? wellKnownTypes(target) : undefined;
      return wellKnown ?? relativeImport(here, modulePath(target, targetKind) + extension);
    }),
  );
  const specifier = (target: FileModel, targetKind: FileKindName | "pb"): string => specifiers(target)(targetKind);

  /** A file of the runtime: by package, or from the output directory on when the runtime generates its own. */
  const door = (name: string): string => {
    if (!options.runtimeImport.startsWith(".")) return `${options.runtimeImport}/${name}`;
    const up = here
      .split("/")
      .slice(1)
      .map(() => "../")
      .join("");
    const path = up + options.runtimeImport.replace(/^\.\//, "");
    return `${path.startsWith(".") ? path : `./${path}`}/${name}${extension}`;
  };

  /** What tells a name from its namesake in this file: the package. */
  const hint = (owner: FileModel): string => (owner === file ? "" : owner.package.replaceAll(".", "_"));

  const exported = (owner: FileModel, ownerKind: FileKindName, name: string, typeOnly: boolean): string => {
    if (owner === file) {
      return ownerKind === kind ? name : scope.importReserved(name, specifier(owner, ownerKind), typeOnly);
    }
    if (hasRuntimeCodec(owner) && !options.bootstrapWkt) {
      return scope.import(name, door(wellKnownDoors[owner.path]!), typeOnly, hint(owner));
    }
    return scope.import(name, specifier(owner, ownerKind), typeOnly, hint(owner));
  };

  const shape = remembered((type: MessageModel | EnumModel): string => {
    const owner = namesOf(type.file);
    const name = type.kind === "message" ? owner.message(type).shape : owner.enum(type).shape;
    const from = specifier(type.file, "pb");
    const clashes =
      type.file !== file || reservedIdentifiers.has(name) || (kind === "codec" && names.enumObjects.has(name));
    return clashes ? scope.import(name, from, true, hint(type.file)) : scope.importReserved(name, from, true);
  });

  const ofMessage = (part: "init" | "codec" | "create" | "encode" | "decode") =>
    remembered((message: MessageModel) =>
      exported(message.file, "codec", namesOf(message.file).message(message)[part], part === "init"),
    );

  return {
    file,
    kind,
    model,
    options,
    names,
    scope,
    runtime: remembered((name: SymbolName) => {
      const symbol = symbols[name];
      return scope.import(name, door(symbol.door === "daemon|plugin" ? kind : symbol.door), symbol.typeOnly);
    }),
    shape,
    schema: (message) => scope.import(schemaName(message), specifier(message.file, "pb"), false),
    init: ofMessage("init"),
    codec: ofMessage("codec"),
    create: ofMessage("create"),
    encode: ofMessage("encode"),
    decode: ofMessage("decode"),
    enumObject: (type) => exported(type.file, "codec", namesOf(type.file).enum(type).object, false),
    validator(message) {
      if (!model.hasRules(message)) return undefined;
      return exported(message.file, "validate", namesOf(message.file).message(message).validate, false);
    },
    table: (service) => exported(service.file, "service", namesOf(service.file).service(service).table, false),
    methods: (service) => exported(service.file, "service", namesOf(service.file).service(service).methods, true),
    note,
    specifier,
  };
}
