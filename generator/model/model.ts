// What every language target sees of a .proto file: facts of the schema, no names or syntax of any language.
// Every object is frozen once built; `build.ts` makes them from descriptors.
import type { DescExtension, Message } from "@bufbuild/protobuf";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";
import type {
  FieldRules,
  MessageRules,
  OneofRules,
  Rule,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** Where an element stands in its .proto file. Line and column count from 1; both 0 when the source is unknown. */
export interface SourceLocation {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** What every named element has. */
interface Element {
  /** As declared, such as `note_id`. */
  readonly name: string;
  /** Text before and after the declaration, without comment marks; empty when there is none or the file is an import. */
  readonly comment: string;
  /** Marked as deprecated, itself or by its file or one of its parents. */
  readonly deprecated: boolean;
  readonly location: SourceLocation;
}

/** The scalar types, by their names in the schema language. */
export type ScalarName =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** One .proto file. */
export interface FileModel {
  readonly kind: "file";
  /** As the compiler knows it, such as `knowledge/v1/notes.proto`. */
  readonly path: string;
  /** `path` without `.proto`. */
  readonly basePath: string;
  /** Empty when the file declares none. */
  readonly package: string;
  readonly edition: "proto2" | "proto3" | "2023" | "2024" | "2026";
  /** Whether output is wanted for this file, not only for files that import it. */
  readonly generate: boolean;
  /** Types declared at the top level, in order. */
  readonly messages: readonly MessageModel[];
  readonly enums: readonly EnumModel[];
  readonly extensions: readonly ExtensionModel[];
  readonly services: readonly ServiceModel[];
  /** Every message, nested ones right after their parent; map entries are not among them. */
  readonly allMessages: readonly MessageModel[];
  /** Every enum, nested ones included. */
  readonly allEnums: readonly EnumModel[];
  readonly allExtensions: readonly ExtensionModel[];
  /**
   * Every type of the file in the order in which protobuf-es names them: each message followed by what is nested in
   * it, then enums, services and extensions.
   */
  readonly nestedTypes: readonly (MessageModel | EnumModel | ServiceModel | ExtensionModel)[];
  readonly dependencies: readonly FileModel[];
  readonly deprecated: boolean;
}

/** A message type. */
export interface MessageModel extends Element {
  readonly kind: "message";
  /** Such as `knowledge.v1.Note.Label`. */
  readonly fullName: string;
  readonly file: FileModel;
  readonly parent: MessageModel | undefined;
  /** In order of declaration, fields of oneofs included. */
  readonly fields: readonly FieldModel[];
  /** Real oneofs: those that stand for a proto3 `optional` are left out. */
  readonly oneofs: readonly OneofModel[];
  /** Fields outside oneofs, and oneofs, in order of declaration. */
  readonly members: readonly (FieldModel | OneofModel)[];
  readonly messages: readonly MessageModel[];
  readonly enums: readonly EnumModel[];
  readonly extensions: readonly ExtensionModel[];
  /** Declares extension ranges. */
  readonly extendable: boolean;
  /** Encoded as a MessageSet (`message_set_wire_format`). */
  readonly messageSet: boolean;
  /** The rules on the message itself, `option (buf.validate.message)`. */
  readonly rules: MessageRules | undefined;
}

/** What a value is. */
export type ValueType =
  | { readonly kind: "scalar"; readonly scalar: ScalarName }
  | { readonly kind: "enum"; readonly enum: EnumModel }
  | { readonly kind: "message"; readonly message: MessageModel };

/** What fields of messages and extensions share. */
interface FieldLike extends Element {
  readonly number: number;
  readonly jsonName: string;
  readonly cardinality: "singular" | "list" | "map";
  /** Type of the value: of an element for lists, of a value for maps. */
  readonly type: ValueType;
  /** Type of the keys, for maps. */
  readonly mapKey: ScalarName | undefined;
  /**
   * For singular fields: `explicit` knows set from unset, `implicit` drops the zero value, `required` is proto2's.
   * Message fields are explicit (or required). Lists and maps are `implicit`.
   */
  readonly presence: "explicit" | "implicit" | "required";
  /** For lists of numbers, bools and enums: written packed. Readers accept both. */
  readonly packed: boolean;
  /** For messages: written as a group (start and end tag) instead of with a length. */
  readonly delimited: boolean;
  /** For strings, map keys and values included: invalid UTF-8 is an error on reading. */
  readonly utf8: boolean;
  /** For 64-bit integers: held as text (`jstype = JS_STRING`). */
  readonly longAsString: boolean;
  /** The default that the schema states: enums as their number, 64-bit integers as bigint. */
  readonly defaultValue: boolean | number | bigint | string | Uint8Array | undefined;
}

/** A field of a message. */
export interface FieldModel extends FieldLike {
  readonly kind: "field";
  readonly parent: MessageModel;
  readonly oneof: OneofModel | undefined;
  /** The rules on the field, `[(buf.validate.field)...]`. */
  readonly rules: FieldRules | undefined;
}

/** An extension of a message. */
export interface ExtensionModel extends FieldLike {
  readonly kind: "extension";
  readonly fullName: string;
  readonly file: FileModel;
  readonly parent: MessageModel | undefined;
  readonly extendee: MessageModel;
}

/** A group of fields of which one at most is set. */
export interface OneofModel extends Element {
  readonly kind: "oneof";
  readonly parent: MessageModel;
  readonly fields: readonly FieldModel[];
  /** The rules on the oneof, `option (buf.validate.oneof)`. */
  readonly rules: OneofRules | undefined;
}

/** An enum type. */
export interface EnumModel extends Element {
  readonly kind: "enum";
  readonly fullName: string;
  readonly file: FileModel;
  readonly parent: MessageModel | undefined;
  /** Takes numbers without a name; a closed one keeps them as unknown fields. */
  readonly open: boolean;
  /** In order of declaration, aliases included. */
  readonly values: readonly EnumValueModel[];
  /** What all names begin with, such as `COLOR_` (in lower case), when the rest is an identifier each time. */
  readonly sharedPrefix: string | undefined;
}

/** A value of an enum. */
export interface EnumValueModel extends Element {
  readonly kind: "enum_value";
  readonly parent: EnumModel;
  readonly number: number;
}

/** A service. */
export interface ServiceModel extends Element {
  readonly kind: "service";
  readonly fullName: string;
  readonly file: FileModel;
  readonly methods: readonly MethodModel[];
  /** Which side answers. */
  readonly host: "plugin" | "daemon";
}

/** Shape of a method. */
export type MethodShape = "unary" | "server_stream" | "client_stream" | "bidi_stream";

/** A method of a service, its options read and checked, defaults filled in. */
export interface MethodModel extends Element {
  readonly kind: "method";
  /** `package.Service/Method`. */
  readonly wireName: string;
  /** FNV-1a-32 of `wireName`. */
  readonly wireId: number;
  readonly parent: ServiceModel;
  readonly shape: MethodShape;
  readonly request: MessageModel;
  readonly response: MessageModel;
  readonly idempotency: "unknown" | "no_side_effects" | "idempotent";
  /** Milliseconds, 0 for none. */
  readonly timeoutMs: number;
  readonly sensitive: boolean;
  /** Undefined where the schema leaves it to the session. */
  readonly compression: "never" | "always" | undefined;
  /** Empty when the plugin hosts the service. */
  readonly capability: string;
  readonly cache: CacheModel | undefined;
  /** Wire names of the cached methods of the service whose answers a call of this one outdates. */
  readonly invalidates: readonly string[];
}

/** How answers of a method are cached. */
export interface CacheModel {
  readonly ttlMs: number;
  readonly maxBytes: number;
  /** Subjects of events, each once. */
  readonly invalidatedByEvents: readonly string[];
  readonly allowSensitive: boolean;
}

/** A rule that an extension adds to a set of rules such as StringRules, as one field uses it. */
export interface PredefinedRule {
  readonly extension: DescExtension;
  /** What the field sets the extension to. */
  readonly value: unknown;
  /** The expressions of the extension. */
  readonly cel: readonly Rule[];
  /** The set that it is added to. */
  readonly set: ReflectMessage;
}

/** Everything that one request describes. */
export interface Model {
  /** Every file, imports first, as the compiler sent them. */
  readonly files: readonly FileModel[];
  /** Whether a validator of the message has anything to check: rules of its own, or of a message it can hold. */
  hasRules(message: MessageModel): boolean;
  /** The predefined rules that a set of rules carries, in the order in which they were written. */
  predefined(rules: Message): readonly PredefinedRule[];
  /** The enum of that full name. */
  findEnum(fullName: string): EnumModel | undefined;
}
