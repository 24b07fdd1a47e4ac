/** The door of the codecs of google/protobuf/struct.proto. */
export * from "../../../gen/google/protobuf/struct_codec.js";
