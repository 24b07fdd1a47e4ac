// What fields can be of.
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FieldDescriptorProto_Type as Type,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";

/** A message or an enum that fields may refer to. */
export interface TypeRef {
  /** With a dot in front. */
  readonly typeName: string;
  readonly kind: "message" | "enum";
  /** For enums: whether they are closed, and the numbers they know, the first of which is the default. */
  readonly closed: boolean;
  readonly values: readonly { readonly name: string; readonly number: number }[];
}

/** The types of scalar fields. */
export const scalarTypes: readonly Type[] = [
  Type.DOUBLE,
  Type.FLOAT,
  Type.INT64,
  Type.UINT64,
  Type.INT32,
  Type.FIXED64,
  Type.FIXED32,
  Type.BOOL,
  Type.STRING,
  Type.BYTES,
  Type.UINT32,
  Type.SFIXED32,
  Type.SFIXED64,
  Type.SINT32,
  Type.SINT64,
];

/** The types that keys of maps may have. */
export const keyTypes: readonly Type[] = scalarTypes.filter(
  (type) => type !== Type.DOUBLE && type !== Type.FLOAT && type !== Type.BYTES,
);

/** Whether `jstype` may be set. */
export function isLong(type: Type): boolean {
  return [Type.INT64, Type.UINT64, Type.FIXED64, Type.SFIXED64, Type.SINT64].includes(type);
}

/** Whether lists of the type can be packed. */
export function isPackable(type: Type): boolean {
  return type === Type.ENUM || (scalarTypes.includes(type) && type !== Type.STRING && type !== Type.BYTES);
}

/** The files that come with protobuf, and what schemas use of them. */
export const wellKnownFiles: readonly FileDescriptorProto[] = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
].map(({ proto }) => proto);

/** The types in them. */
export const wellKnownTypes: readonly TypeRef[] = wellKnownFiles.flatMap((file) => [
  ...file.messageType.map(({ name }) => message(`.google.protobuf.${name}`)),
  ...file.enumType.map(({ name, value }) => ({
    typeName: `.google.protobuf.${name}`,
    kind: "enum" as const,
    closed: false,
    values: value,
  })),
]);

/** A reference to a message. */
export function message(typeName: string): TypeRef {
  return { typeName, kind: "message", closed: false, values: [] };
}
