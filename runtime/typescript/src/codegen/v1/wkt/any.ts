/** The door of the codecs of google/protobuf/any.proto. */
export * from "../../../gen/google/protobuf/any_codec.js";
