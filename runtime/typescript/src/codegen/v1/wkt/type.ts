/** The door of the codecs of google/protobuf/type.proto. */
export * from "../../../gen/google/protobuf/type_codec.js";
