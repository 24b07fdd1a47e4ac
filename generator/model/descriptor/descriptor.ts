// What descriptor.proto says of a file, as far as a model needs it. Reading it so, and not by reflection, and making no
// descriptors of protobuf-es of it, took a quarter of all time away (88,000 lines).
import type { Options } from "./options.js";

/** A `FileDescriptorProto`, without what the compiler recorded of the source. */
export interface FileProto {
  name: string;
  package: string;
  syntax: string;
  edition: number;
  readonly dependencies: string[];
  readonly messages: MessageProto[];
  readonly enums: EnumProto[];
  readonly services: ServiceProto[];
  readonly extensions: FieldProto[];
  options: Options | undefined;
  /** The encoded `SourceCodeInfo`. */
  sourceInfo: Buffer | undefined;
}

/** A `DescriptorProto`. */
export interface MessageProto {
  name: string;
  readonly fields: FieldProto[];
  readonly messages: MessageProto[];
  readonly enums: EnumProto[];
  readonly extensions: FieldProto[];
  readonly oneofs: OneofProto[];
  extendable: boolean;
  options: Options | undefined;
}

/** A `FieldDescriptorProto`. */
export interface FieldProto {
  name: string;
  number: number;
  /** 1 optional, 2 required, 3 repeated. */
  label: number;
  /** A `Type` of descriptor.proto. */
  type: number;
  /** Of messages, groups and enums: the full name. */
  typeName: string;
  extendee: string;
  defaultValue: string | undefined;
  /** -1 outside of oneofs. */
  oneof: number;
  jsonName: string;
  proto3Optional: boolean;
  options: Options | undefined;
}

/** A `OneofDescriptorProto`. */
export interface OneofProto {
  name: string;
  options: Options | undefined;
}

/** An `EnumDescriptorProto`. */
export interface EnumProto {
  name: string;
  readonly values: EnumValueProto[];
  options: Options | undefined;
}

/** An `EnumValueDescriptorProto`. */
export interface EnumValueProto {
  name: string;
  number: number;
  options: Options | undefined;
}

/** A `ServiceDescriptorProto`. */
export interface ServiceProto {
  name: string;
  readonly methods: MethodProto[];
  options: Options | undefined;
}

/** A `MethodDescriptorProto`. */
export interface MethodProto {
  name: string;
  input: string;
  output: string;
  clientStreaming: boolean;
  serverStreaming: boolean;
  options: Options | undefined;
}
