/** The door of the codecs of google/protobuf/wrappers.proto. */
export * from "../../../gen/google/protobuf/wrappers_codec.js";
