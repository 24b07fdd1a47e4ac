/** The door of the codecs of google/protobuf/empty.proto. */
export * from "../../../gen/google/protobuf/empty_codec.js";
